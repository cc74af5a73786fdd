// How kernels/frame_decode_subsampled.cuh and frame_encode_subsampled.cuh resample chroma, and in which
// strips.
#pragma once

#include "backends/cuda/kernels/frame_args.cuh"
#include "vsmlrt/frame.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace vsmlrt::cuda {

// A frame, or one of the two whose rows it has in turn.
struct Field {
    int count = 1;
    int number = 0;
    // Of the frame and its two fields, in this order.
    [[nodiscard]] std::size_t index() const {
        return static_cast<std::size_t>(count) - 1 + static_cast<std::size_t>(number);
    }
};
// What is computed by itself of a frame.
[[nodiscard]] std::span<const Field> fields_of(const vsmlrt_frame_format &format, bool interlaced);
// All that a frame of the format may be computed by, by their index.
[[nodiscard]] std::span<const Field> every_field(const vsmlrt_frame_format &format);
// Of a frame's plane.
[[nodiscard]] FramePlane plane_of(const FramePlane &plane, Field field);

// Whether both differences add to blue, or to red.
[[nodiscard]] bool is_mixed(const vsmlrt_frame_format &format);
// What samples of a YUV format add to red, green and blue.
void set_colors(const vsmlrt_frame_format &format, FrameDecodeArgs &args);
// Behind that: the weights and the sizes of a field.
void set_field(const vsmlrt_frame_input &from, Field field, FrameDecodeArgs &args);
// By the tile's place in the frame, which the arguments have; `frames` of them are decoded together, by one
// of `parts` of the GPU.
void set_strips(const vsmlrt_frame_format &format, int frames, int parts, FrameDecodeArgs &args);

// The same of a frame that is written.
void set_field(const vsmlrt_frame_format &format, vsmlrt_extent extent, Field field, FrameEncodeArgs &args);
// Returns blocks.
[[nodiscard]] std::int64_t set_strips(const vsmlrt_frame_format &format, FrameEncodeArgs &args);

} // namespace vsmlrt::cuda
