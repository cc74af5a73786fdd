// Copying a tensor element by element where source and target axes go through one table each: slicing,
// transposing, broadcasting, tiling, padding and nearest-neighbour resizing are all this.
#pragma once

#include "graph/view.h"

namespace vsmlrt::graph {

// For each axis of the target and each index on it: where that is in the source, in elements. The offsets of
// all axes add up; `outside` on any axis means the fill value.
using AxisTable = std::vector<std::int64_t>;
inline constexpr std::int64_t outside = INT64_MIN;

// start, start + step, ...: `size` of them.
[[nodiscard]] AxisTable steps(std::int64_t size, std::int64_t start, std::int64_t step);

// `fill` is one element of the target's type; null: zero bytes.
void select(const ConstView &source, const View &target, const std::vector<AxisTable> &tables,
            const std::byte *fill = nullptr);

} // namespace vsmlrt::graph
