// What the files that emit steps share: arguments and launches of plain kernels.
#pragma once

#include "backends/cuda/plan.h"

#include <span>

namespace vsmlrt::cuda {

// A size as kernels take it; Unsupported beyond 2^31 - 1.
[[nodiscard]] int size_argument(std::int64_t size);

// One thread for each of `threads`.
[[nodiscard]] Launch plain_launch(std::int64_t threads, std::vector<Argument> arguments);

[[nodiscard]] std::vector<std::byte> bytes_of_floats(std::span<const float> values);

// A row-major tensor under other sizes.
[[nodiscard]] Tensor dense_as(const Tensor &tensor, const Shape &dims);

// Axes in the order of the output's memory, the outermost first.
[[nodiscard]] std::vector<std::size_t> memory_order(const Tensor &output);

} // namespace vsmlrt::cuda
