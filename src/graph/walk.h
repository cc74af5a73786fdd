// Walking over all rows of a tensor together with N others that are read with strides of their own.
#pragma once

#include "graph/shape.h"

#include <array>

namespace vsmlrt::graph {

// Calls row(offset, length, offsets) for each run along the last axis: `offset` counts the elements walked so
// far, `offsets` are those of the N others, whose steps inside of the row are the last of their strides.
template <std::size_t N, typename Row>
void for_each_row(const Shape &dims, const std::array<Shape, N> &strides, Row row) {
    const std::int64_t total = count(dims);
    if (total == 0)
        return;
    const std::int64_t length = dims.empty() ? 1 : dims.back();
    const std::size_t outer = dims.empty() ? 0 : dims.size() - 1;
    std::vector<std::int64_t> index(outer, 0);
    std::array<std::int64_t, N> offsets{};
    for (std::int64_t offset = 0; offset < total; offset += length) {
        row(offset, length, offsets);
        for (std::size_t axis = outer; axis-- > 0;) {
            const bool wraps = ++index[axis] == dims[axis];
            for (std::size_t n = 0; n < N; ++n)
                offsets[n] += strides[n][axis] * (wraps ? 1 - dims[axis] : 1);
            if (!wraps)
                break;
            index[axis] = 0;
        }
    }
}

// The step along the last axis.
[[nodiscard]] inline std::int64_t last_step(const Shape &strides) {
    return strides.empty() ? 0 : strides.back();
}

} // namespace vsmlrt::graph
