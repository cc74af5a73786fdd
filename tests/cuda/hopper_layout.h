// The convolution that packed weights have to give, and what the hardware reads of them.
#pragma once

#include "cuda/hopper_problems.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vsmlrt::cuda {

// std::out_of_range where there is none.
[[nodiscard]] const ConvCandidate &candidate_named(const char *name);

// Whole numbers, so that sums are exact in any order.
[[nodiscard]] std::vector<float> filters_of(const Asked &asked);
[[nodiscard]] float input_at(int channel, std::int64_t y, std::int64_t x, std::int64_t height,
                             std::int64_t width);

// ONNX's definition, one output.
[[nodiscard]] float expected(const Asked &asked, const std::vector<float> &filters, int out, std::int64_t y,
                             std::int64_t x, std::int64_t height, std::int64_t width);

[[nodiscard]] float half_at(const std::vector<std::byte> &image, std::size_t byte);

// What the hardware reads as row and k of an operand at `base`: address bits 4 and up are exchanged with bits
// 7 and up.
[[nodiscard]] float operand_at(const std::vector<std::byte> &image, std::size_t base, int row, int k,
                               int row_bytes);

} // namespace vsmlrt::cuda
