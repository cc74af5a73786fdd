// The sizes that one program serves.
#pragma once

#include "vsmlrt/backend.h"

#include <optional>
#include <string>

namespace vsmlrt::engine {

struct PictureSize {
    int width = 0;
    int height = 0;
};

// Static when all three are equal.
struct ShapeRange {
    vsmlrt_extent min = {0, 0};
    vsmlrt_extent opt = {0, 0};
    vsmlrt_extent max = {0, 0};

    [[nodiscard]] bool is_static() const { return min.width == max.width && min.height == max.height; }
};

// What a script asks for.
struct ShapeOptions {
    bool is_static = true;
    std::optional<PictureSize> min; // absent: the smallest size that the network takes
    std::optional<PictureSize> opt; // absent: the tile
    std::optional<PictureSize> max; // absent: opt
};

// The range of a program that will run tiles of this size; `minimum` and `multiple` are the network's.
// BadArgument for sizes that contradict each other or the tile.
[[nodiscard]] ShapeRange make_shape_range(const ShapeOptions &options, vsmlrt_extent tile, int minimum,
                                          int multiple);

[[nodiscard]] std::string extent_text(vsmlrt_extent extent); // "1920x1080"

} // namespace vsmlrt::engine
