// Shapes of tensors inside a graph, and the arithmetic on them that ONNX defines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vsmlrt::graph {

using Shape = std::vector<std::int64_t>;

// Product of the sizes; BadModel if memory cannot hold that many elements.
[[nodiscard]] std::int64_t count(const Shape &shape);

// Row-major strides in elements.
[[nodiscard]] Shape strides_of(const Shape &shape);

// "1x3x64x48"; "scalar" for rank 0.
[[nodiscard]] std::string describe(const Shape &shape);

// `axis` counted from the end where negative; BadModel outside of [-rank, rank).
[[nodiscard]] std::size_t axis_index(std::int64_t axis, std::size_t rank);

// NumPy's rule: sizes are aligned at the last axis and must be equal or 1. BadModel otherwise.
[[nodiscard]] Shape broadcast(const Shape &a, const Shape &b);

// The strides with which a dense tensor of `shape` is read as if it had shape `target`: 0 along broadcast
// axes.
[[nodiscard]] Shape broadcast_strides(const Shape &shape, const Shape &target);

} // namespace vsmlrt::graph
