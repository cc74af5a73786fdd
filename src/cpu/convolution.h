// A 3x3 convolution of stride 1 with what follows it, its constants packed for one set of kernels.
#pragma once

#include "cpu/convolution_kernels.h"
#include "tensor/buffer.h"

#include <span>

namespace vsmlrt::cpu {

struct Pads {
    std::int64_t top = 0;
    std::int64_t left = 0;
    std::int64_t bottom = 0;
    std::int64_t right = 0;
};

struct ConvolutionDesc {
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    Pads pads = {};
    std::span<const float> weights; // [outputs, inputs, 3, 3]
    std::span<const float> bias;    // [outputs], or empty
    std::span<const float> slopes;  // [outputs] of PReLU (all zero: ReLU), or empty
};

// Whether the filters are transformed once; else for every frame, to save memory.
[[nodiscard]] bool keeps_transformed(const ConvolutionDesc &desc);

// How many tiles of the layer are best computed at a time.
[[nodiscard]] std::int64_t most_tiles_at_a_time(const ConvolutionDesc &desc);

// Immutable, so that any number of threads may run it at once.
class Convolution {
public:
    // Filters that have to be transformed for every frame are kept in `storage`.
    Convolution(const ConvolutionDesc &desc, const Kernels &kernels, Storage storage);

    [[nodiscard]] std::int64_t inputs() const { return packed_.inputs; }
    [[nodiscard]] std::int64_t outputs() const { return packed_.outputs; }
    [[nodiscard]] Extent result(Extent input) const {
        return {input.height + pads_.top + pads_.bottom - 2, input.width + pads_.left + pads_.right - 2};
    }
    [[nodiscard]] const Packed &packed() const { return packed_; }

    [[nodiscard]] std::int64_t most_tiles_at_a_time() const { return most_tiles_; }
    // The same where so many threads share `all` of them.
    [[nodiscard]] std::int64_t tiles_at_a_time(std::int64_t all, int threads) const;

private:
    void keep_transformed(const ConvolutionDesc &desc);
    void keep_taps(const ConvolutionDesc &desc, Storage storage);

    const Kernels &kernels_;
    Pads pads_;
    std::int64_t most_tiles_;
    Packed packed_;
    HostBuffer filters_;
    HostBuffer bias_;
    HostBuffer slopes_;
};

} // namespace vsmlrt::cpu
