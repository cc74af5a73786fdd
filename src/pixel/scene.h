// How much one picture is another scene than the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vsmlrt::pixel {

// Rows of 8-bit luma, `stride` bytes apart.
struct Luma {
    const std::uint8_t *data;
    std::ptrdiff_t stride;
    int width;
    int height;
};

// 0 (the same picture) to 1 (black against white), of two pictures of one size: the geometric mean of the
// mean absolute difference and of the part of the samples whose brightness went elsewhere (histograms of 64
// steps). Motion moves samples and leaves the histogram, a fade moves the histogram and few samples far; a
// cut does both. Of tall pictures every second or n-th row is looked at, some 270 in all. Thread-safe.
[[nodiscard]] double scene_change(const Luma &a, const Luma &b);

} // namespace vsmlrt::pixel
