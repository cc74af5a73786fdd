// Feature maps as the convolutions here read and write them.
#pragma once

#include <cstdint>

namespace vsmlrt::cpu {

enum class Storage : std::uint8_t { fp32, bf16 };

[[nodiscard]] constexpr std::int64_t storage_size(Storage storage) {
    return storage == Storage::bf16 ? 2 : 4;
}

struct Extent {
    std::int64_t height = 0;
    std::int64_t width = 0;
    bool operator==(const Extent &) const = default;
};

// A view: row after row of pixels, of each pixel its channels one after another (NHWC).
struct Image {
    void *data = nullptr;
    Storage storage = Storage::fp32;
    Extent extent = {};
    std::int64_t channels = 0;
    std::int64_t pixel = 0; // elements from one pixel to the next; what is behind the channels is zero
    // At `data`. Of the rows before it none is read, of a ring none behind twice its rows.
    std::int64_t first_row = 0;
    // Of a result: 0, or it is written as the picture that DepthToSpace makes of it (ONNX, mode CRD: channel
    // (c * shuffle + y) * shuffle + x is pixel (y, x) of a block of channel c), fp32, plane after plane.
    std::int64_t shuffle = 0;
    std::int64_t gap = 0;  // elements between the end of a row and the begin of the next
    std::int64_t ring = 0; // 0, or rows there is room for: row y lies where row y % ring does
    // Of each channel, what its values are multiplied by where they are read; null: by nothing.
    const float *gates = nullptr;

    // Elements from one row to the next.
    [[nodiscard]] constexpr std::int64_t row() const { return extent.width * pixel + gap; }
    // Where row y begins, in elements behind `data`.
    [[nodiscard]] constexpr std::int64_t row_begin(std::int64_t y) const {
        const std::int64_t place = y - first_row;
        return (ring > 0 && place >= ring ? place - ring : place) * row();
    }
};

} // namespace vsmlrt::cpu
