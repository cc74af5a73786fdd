// Weights as Hopper's kernels read them: the image of an operand in shared memory, block after block.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/kernels/hopper/layout.cuh"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace vsmlrt::cuda {

// Filters in ONNX order: M C kH kW, of a transposed convolution C M kH kW; 0 outside.
class Filters {
public:
    Filters(const ConvProblem &problem, std::span<const float> values) : problem_(problem), values_(values) {}

    [[nodiscard]] float at(int out, int in, int y, int x) const {
        if (out >= problem_.out_channels || in >= problem_.in_channels || y < 0 || x < 0 ||
            y >= problem_.kernel[0] || x >= problem_.kernel[1])
            return 0.0f;
        const std::int64_t pair = problem_.transposed ? std::int64_t{in} * problem_.out_channels + out
                                                      : std::int64_t{out} * problem_.in_channels + in;
        return values_[static_cast<std::size_t>((pair * problem_.kernel[0] + y) * problem_.kernel[1] + x)];
    }

private:
    const ConvProblem &problem_;
    std::span<const float> values_;
};

// A block of `rows` filters and their k: what one copy brings to shared memory. value(row, k) in fp32.
template <typename Value>
void pack_block(std::byte *to, int rows, int row_bytes, Element storage, Value value) {
    for (int row = 0; row < rows; ++row)
        for (int k = 0; k < row_bytes / 2; ++k) {
            const std::uint16_t bits = storage_bits(storage, value(row, k));
            std::memcpy(to + swizzled_byte(row, k, row_bytes), &bits, sizeof bits);
        }
}

} // namespace vsmlrt::cuda
