// Convolutions of 3x3 by mma.sync with two thirds of the products (kernels/mma_winograd.cuh): as the kernel
// sees them.
#pragma once

#include "backends/cuda/mma_problem.h"

namespace vsmlrt::cuda {

// Of a column's positions, in what the kernel takes for one tap.
inline constexpr int winograd_at_once = 2;

// Whether it is one: float16 and fp32 sums, taps and lines next to each other.
[[nodiscard]] bool has_winograd_taps(const ConvProblem &problem);

// What the kernel takes for taps: where the columns begin.
[[nodiscard]] Taps winograd_taps_of(const ConvProblem &problem);

// Whether float16 holds them so.
[[nodiscard]] bool winograd_holds(std::span<const float> weights);

// For each column its positions, as mma_weights() has taps: twice the weights, rounded once.
[[nodiscard]] std::vector<std::byte> winograd_weights(const ConvProblem &problem,
                                                      std::span<const float> weights, int chunk, int blocks);

} // namespace vsmlrt::cuda
