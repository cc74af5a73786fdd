// Frames through a network tile by tile: each tile read into the bound input tensors, run, and its result
// laid into the output. What the engine does with frames of floats, and a backend with those that it
// converts.
#pragma once

#include "pixel/codec.h"
#include "vsmlrt/frame.h"

#include <functional>
#include <span>

namespace vsmlrt::pixel {

struct Tiling {
    Border border = Border::mirror;
    std::span<const vsmlrt_tile_span> columns;
    std::span<const vsmlrt_tile_span> rows;

    [[nodiscard]] bool single() const { return columns.size() == 1 && rows.size() == 1; }
};

// One channel of an NCHW tensor as a plane.
[[nodiscard]] Plane channel_of(const vsmlrt_tensor &tensor, std::int64_t channel);

// `inputs`: one plane a channel of the input tensors, in their order. `outputs`: one a channel of `result`.
// `run` runs the network on what stands in the input tensors. Blending adds up in float32: with more than one
// tile, half outputs take sums of their own size while this runs.
SampleFindings run_tiles(const Tiling &tiling, std::span<const ConstPlane> inputs,
                         std::span<const Plane> outputs, std::span<const vsmlrt_tensor> tensors,
                         const vsmlrt_tensor &result, const std::function<void()> &run);

} // namespace vsmlrt::pixel
