// A convolution with what follows it, its constants packed for one set of kernels.
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

[[nodiscard]] constexpr bool has_pads_up_to(std::int64_t most, const Pads &pads) {
    const auto fits = [&](std::int64_t pad) { return pad >= 0 && pad <= most; };
    return fits(pads.top) && fits(pads.left) && fits(pads.bottom) && fits(pads.right);
}

// A window of `side` x `side` pixels; transposed, it makes so many pixels of one.
struct Form {
    std::int64_t side = 3;
    std::int64_t stride = 1;
    bool transposed = false;
    bool operator==(const Form &) const = default;
};

struct ConvolutionDesc {
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    Pads pads = {};
    std::span<const float> weights; // [outputs, inputs, side, side]
    std::span<const float> bias;    // [outputs], or empty
    std::span<const float> slopes;  // [outputs] of PReLU (all zero: ReLU), or empty
    Form form = {};                 // transposed ones have no pads
};

// The size of what the convolution makes of a picture.
[[nodiscard]] constexpr Extent result_of(const Form &form, const Pads &pads, Extent input) {
    if (form.transposed)
        return {(input.height - 1) * form.stride + form.side, (input.width - 1) * form.stride + form.side};
    return {(input.height + pads.top + pads.bottom - form.side) / form.stride + 1,
            (input.width + pads.left + pads.right - form.side) / form.stride + 1};
}

// Whether the filters are transformed once; else for every frame, to save memory.
[[nodiscard]] bool keeps_transformed(const ConvolutionDesc &desc);

// How many tiles of the layer are best computed at a time.
[[nodiscard]] std::int64_t most_tiles_at_a_time(const ConvolutionDesc &desc);

// One of 3x3 pixels. Immutable, so that any number of threads may run it at once.
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
