// Convolutions that feed each other, computed without leaving their own layout in between.
#pragma once

#include "cpu/bands.h"
#include "cpu/convolution_method.h"
#include "cpu/workspace.h"

#include <memory>
#include <mutex>
#include <vector>

namespace vsmlrt::cpu {

// Values are numbered: first the chain's inputs, then one result a step.
struct ConvolutionStepDesc {
    ConvolutionDesc layer;
    std::int64_t input = 0;
    std::int64_t added_before = -1; // to the sums, before the slopes; -1: nothing
    std::int64_t added_after = -1;
    // The result is an output, written as a picture: see Image::shuffle. What is added after it, repeated
    // over the block, then has as many channels as the picture.
    std::int64_t shuffle = 0;
};

struct ConvolutionChainDesc {
    std::vector<std::int64_t> inputs; // channels of each
    std::vector<ConvolutionStepDesc> steps;
    std::vector<std::int64_t> outputs; // values, each once and none of them an input
    // Of these outputs the means over all pixels are given, too: by methods that have them, of layers that
    // are neither transposed nor shuffled.
    std::vector<std::int64_t> means = {};
};

// Any number of calls at once, each with its own workspace.
class ConvolutionChain {
public:
    // A step's input and what is added to it must be values before its own; what is added has the size and
    // the channels of its result.
    ConvolutionChain(const ConvolutionChainDesc &desc, std::shared_ptr<const ConvolutionMethod> method);

    // The input whose size a value's follows from.
    [[nodiscard]] std::int64_t origin(std::int64_t value) const { return made(value).origin; }
    [[nodiscard]] Extent extent(std::int64_t value, std::span<const Extent> inputs) const;
    [[nodiscard]] const std::vector<std::int64_t> &outputs() const { return outputs_; }
    [[nodiscard]] const std::vector<std::int64_t> &means() const { return means_; }
    [[nodiscard]] Storage storage() const { return method_->storage(); }
    [[nodiscard]] bool has_gates() const { return method_->has_gates_and_means(); } // for inputs' channels
    [[nodiscard]] std::int64_t channels(std::int64_t value) const { return made(value).channels; }
    [[nodiscard]] std::int64_t shuffle(std::int64_t value) const; // 0: it stays as it is

    // What a call for inputs of these sizes takes of its workspace.
    struct Memory {
        Bands plan;
        std::vector<Image> windows;      // of the steps' results
        std::vector<std::int64_t> sizes; // bytes of the windows
        std::int64_t scratch = 0;        // bytes a thread, at their end its sums
        std::int64_t bytes = 0;          // all of them
    };
    // Worked out when first asked for; of the sizes and threads that were asked for last it is kept.
    [[nodiscard]] std::shared_ptr<const Memory> workspace(std::span<const Extent> inputs, int threads) const;

    // Images of the inputs' and outputs' channels, outputs and means in the order of the description; of each
    // mean a number for each channel is written.
    void run(std::span<const Image> inputs, std::span<const Image> outputs, std::span<float *const> means,
             Workspace &workspace) const;
    void run(std::span<const Image> inputs, std::span<const Image> outputs, Workspace &workspace) const {
        run(inputs, outputs, {}, workspace);
    }

private:
    // Values are numbered anew inside, since there are steps that take in what lies with the caller.
    struct Value {
        std::int64_t origin = 0;
        std::int64_t channels = 0;
        std::int64_t output = -1; // its place among the outputs
    };
    struct Step {
        std::unique_ptr<const Layer> layer;
        std::int64_t input = -1;
        std::int64_t added_before = -1;
        std::int64_t added_after = -1;
        std::int64_t shuffle = 0;
        std::int64_t sums = -1; // where they begin among a thread's; -1: none are asked for
    };

    void add(Step step, std::int64_t output);
    struct Turn;
    [[nodiscard]] const Step &step_of(const Turn &turn) const;
    void run_alone(std::span<Turn> turns, std::span<const Image> values, double *sums,
                   std::byte *scratch) const;
    // So many by columns, few enough for threads to keep them in a cache.
    [[nodiscard]] std::int64_t parts(std::span<const Turn> round) const;
    void run_round(std::span<Turn> round, std::span<std::int64_t> columns, double *sums,
                   std::byte *scratch) const;
    // From the sums of all threads.
    void write_mean(std::int64_t value, std::span<const Image> values, std::span<const double> sums,
                    float *to) const;
    // The value that layers read for this one of the description's.
    [[nodiscard]] std::int64_t readable(std::int64_t value);
    [[nodiscard]] const Value &made(std::int64_t value) const {
        return values_[static_cast<std::size_t>(numbers_[static_cast<std::size_t>(value)])];
    }
    // Of all values, as they are numbered inside.
    [[nodiscard]] std::vector<Extent> extents(std::span<const Extent> inputs) const;
    [[nodiscard]] Bands plan(std::span<const Extent> extents, int threads) const;
    [[nodiscard]] Memory plan_memory(std::span<const Extent> inputs, int threads) const;

    std::shared_ptr<const ConvolutionMethod> method_;
    std::size_t inputs_;
    std::vector<Value> values_; // the inputs, then a result a step
    std::vector<Step> steps_;
    std::vector<std::int64_t> numbers_;  // of the description's values
    std::vector<std::int64_t> taken_in_; // of the description's values, -1: not
    std::vector<std::int64_t> outputs_;  // as described
    std::vector<std::int64_t> means_;    // the same
    std::int64_t sums_ = 0;              // of the results whose means are given

    struct LastAsked {
        std::vector<Extent> inputs;
        int threads = 0;
        std::shared_ptr<const Memory> memory;
    };
    mutable std::mutex mutex_;
    mutable LastAsked last_; // under the mutex
};

} // namespace vsmlrt::cpu
