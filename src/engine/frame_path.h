// The way of frames of one size through a network: how they are cut into tiles and what it makes of a tile.
#pragma once

#include "pixel/tiling.h"
#include "tile/plan.h"
#include "vsmlrt/frame.h"
#include "vsmlrt/tensor.h"

#include <span>
#include <vector>

namespace vsmlrt::engine {

// How frames of one size are laid out for a network.
struct Layout {
    int width = 0; // of the frame
    int height = 0;
    vsmlrt_extent tile = {0, 0}; // what one execution reads
    pixel::Border border = pixel::Border::mirror;
    tile::Plan plan;
};

// How frames of a clip cross the door of a backend that converts them on its device.
struct FrameFormats {
    std::vector<vsmlrt_frame_input> inputs; // in the order of the network's channels
    int output_channels = 0;                // of the network's result
    vsmlrt_frame_format output = {};
    bool limit = false; // the network's samples are limited to [0, 1] before they are converted
};

// What a network makes of a picture. Size of the output / size of the input, in width and in height; they
// differ for networks that lay several pictures above each other (SAFA).
struct Measured {
    int scale = 1;
    int height_scale = 1;
    int channels = 0;                        // of the result
    vsmlrt_type input_type = VSMLRT_FLOAT32; // of the first input
    vsmlrt_type output_type = VSMLRT_FLOAT32;
};

// By the types and sizes of its tensors for a tile. BadModel if its output is not a whole multiple of that,
// or is not one picture.
[[nodiscard]] Measured measure(std::span<const vsmlrt_tensor> inputs, std::span<const vsmlrt_tensor> outputs,
                               vsmlrt_extent tile);

// The tiles of a layout in the network's result, with the weights by which they are laid together.
class FramePath {
public:
    FramePath(const Layout &layout, const Measured &network);
    FramePath(const FramePath &) = delete; // spans point to weights
    FramePath &operator=(const FramePath &) = delete;

    [[nodiscard]] std::span<const vsmlrt_tile_span> columns() const { return columns_.spans; }
    [[nodiscard]] std::span<const vsmlrt_tile_span> rows() const { return rows_.spans; }
    // What a backend that converts frames is given; points into this and into `frames`.
    [[nodiscard]] vsmlrt_frame_plan plan(const FrameFormats &frames) const;

private:
    // The spans of one direction, with their weights.
    struct Direction {
        std::vector<std::vector<float>> weights;
        std::vector<vsmlrt_tile_span> spans;

        void add(const tile::Span &span, int scale, int limit);
    };

    vsmlrt_extent tile_;
    pixel::Border border_;
    vsmlrt_extent result_; // of a frame
    Direction columns_;
    Direction rows_;
};

} // namespace vsmlrt::engine
