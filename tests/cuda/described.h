// What tests ask of the cuda backend: programs, and plans of frames.
#pragma once

#include "vsmlrt/backend.h"
#include "vsmlrt/frame.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vsmlrt::test {

// A program of one stream for sizes from `smallest` to `largest`, timed at the largest; valid while the bytes
// live.
inline vsmlrt_program_desc described(const std::vector<std::byte> &onnx, vsmlrt_extent smallest,
                                     vsmlrt_extent largest,
                                     vsmlrt_precision precision = VSMLRT_PRECISION_FP32) {
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = precision;
    desc.min_extent = smallest;
    desc.opt_extent = desc.max_extent = largest;
    desc.num_streams = 1;
    return desc;
}

// Frames of an extent, to one of it, as one tile; valid while this and the inputs live.
struct WholeFrames {
    WholeFrames(std::span<const vsmlrt_frame_input> inputs, const vsmlrt_frame_format &to,
                vsmlrt_extent extent)
        : ones(static_cast<std::size_t>(std::max(extent.width, extent.height)), 1.0F),
          column{0, 0, 0, extent.width, ones.data()}, row{0, 0, 0, extent.height, ones.data()} {
        plan.inputs = inputs.data();
        plan.num_inputs = static_cast<std::int32_t>(inputs.size());
        plan.output = to;
        plan.output_extent = plan.tile = extent;
        plan.columns = &column;
        plan.rows = &row;
        plan.num_columns = plan.num_rows = 1;
    }
    WholeFrames(const WholeFrames &) = delete;
    WholeFrames &operator=(const WholeFrames &) = delete;

    std::vector<float> ones; // how much of each pixel is taken
    vsmlrt_tile_span column;
    vsmlrt_tile_span row;
    vsmlrt_frame_plan plan = {};
};

} // namespace vsmlrt::test
