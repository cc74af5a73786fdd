// Convolutions that feed each other, computed without leaving their own layout in between.
#pragma once

#include "convolution/crew.h"
#include "convolution/layer.h"

#include <vector>

namespace vsmlrt::convolution {

// Values are numbered: first the chain's inputs, then one result a step.
struct StepDesc {
    LayerDesc layer;
    std::int64_t input = 0;
    std::int64_t added_before = -1; // to the sums, before the slopes; -1: nothing
    std::int64_t added_after = -1;
};

struct ChainDesc {
    std::vector<std::int64_t> inputs; // channels of each
    std::vector<StepDesc> steps;
    std::vector<std::int64_t> outputs; // values, each once and none of them an input
};

// Where a step's result lies until its last use.
struct Place {
    std::int64_t slot = -1;   // of the workspace; values in one slot never live at the same time
    std::int64_t output = -1; // or of the caller's
};

// The slots of a chain's values, each taken again as soon as its value has had its last use.
[[nodiscard]] std::vector<Place> plan_places(const ChainDesc &desc);

// What one call needs beside the images: kept between calls, and grown as they need.
class Workspace {
public:
    explicit Workspace(int threads) : crew_(threads - 1) {}

    [[nodiscard]] Crew &crew() { return crew_; }
    [[nodiscard]] std::byte *memory(std::size_t bytes);

private:
    Crew crew_;
    HostBuffer memory_;
};

// Immutable; any number of calls at once, each with its own workspace.
class Chain {
public:
    // Values between the steps are stored in `storage` where the kernels can. A step's input and what is added
    // to it must be values before its own; what is added has the size and the channels of its result.
    Chain(const ChainDesc &desc, const Kernels &kernels, Storage storage);

    // A value is its input's size and so much larger.
    struct Origin {
        std::int64_t input = 0;
        Extent larger = {};
    };
    [[nodiscard]] const Origin &origin(std::int64_t value) const {
        return origins_[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] Extent extent(std::int64_t value, std::span<const Image> inputs) const;
    [[nodiscard]] const std::vector<std::int64_t> &outputs() const { return outputs_; }
    [[nodiscard]] std::int64_t channels(std::int64_t value) const;
    [[nodiscard]] std::size_t num_inputs() const { return inputs_.size(); }

    // Images of the inputs' and outputs' channels, outputs in the order of the description.
    void run(std::span<const Image> inputs, std::span<const Image> outputs, Workspace &workspace) const;

private:
    struct Step {
        Layer layer;
        std::int64_t input;
        std::int64_t added_before;
        std::int64_t added_after;
    };

    const Kernels &kernels_;
    Storage storage_;
    std::vector<std::int64_t> inputs_;
    std::vector<Step> steps_;
    std::vector<std::int64_t> outputs_;
    std::vector<Place> places_; // of the steps
    std::vector<Origin> origins_;
};

} // namespace vsmlrt::convolution
