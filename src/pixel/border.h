// Where a position outside of a plane takes its sample from.
#pragma once

#include "pixel/codec.h"

#include <algorithm>
#include <cstdint>

namespace vsmlrt::pixel {

// The index in [0, size) that stands for `index` in one direction; negative where the sample is zero.
[[nodiscard]] inline int inside_index(std::int64_t index, int size, Border border) {
    if (index >= 0 && index < size)
        return static_cast<int>(index);
    if (border == Border::zero)
        return -1;
    if (border == Border::edge || size == 1)
        return static_cast<int>(std::clamp<std::int64_t>(index, 0, size - 1));
    // One reflection nearly always does, and takes no division.
    const std::int64_t reflected = index < 0 ? -index : 2 * (std::int64_t{size} - 1) - index;
    if (reflected >= 0 && reflected < size)
        return static_cast<int>(reflected);
    // 0 1 2 3 2 1 | 0 1 2 3 2 1 | ...: the reflections repeat with this period.
    const std::int64_t period = 2 * (std::int64_t{size} - 1);
    const std::int64_t phase = ((index % period) + period) % period;
    return static_cast<int>(std::min(phase, period - phase));
}

} // namespace vsmlrt::pixel
