// How kernels/frame_decode_subsampled.cuh and frame_encode_subsampled.cuh resample chroma, and in which
// strips.
#pragma once

#include "backends/cuda/kernels/frame_args.cuh"
#include "vsmlrt/frame.h"

#include <cstddef>
#include <cstdint>

namespace vsmlrt::cuda {

// Whether both differences add to blue, or to red.
[[nodiscard]] bool is_mixed(const vsmlrt_frame_format &format);
// What samples of a YUV format add to red, green and blue.
void set_colors(const vsmlrt_frame_format &format, FrameDecodeArgs &args);
// Behind that: the weights and the sizes of a field, which is the frame where there is one; planes become the
// field's.
void set_field(const vsmlrt_frame_input &from, int fields, int field, FrameDecodeArgs &args);
// By the tile's place in the frame, which the arguments have; `frames` of them are decoded together.
void set_strips(const vsmlrt_frame_format &format, int frames, FrameDecodeArgs &args);

// The same of a frame that is written, from a picture whose elements have `element` bytes.
void set_field(const vsmlrt_frame_format &format, vsmlrt_extent extent, int fields, int field,
               std::size_t element, FrameEncodeArgs &args);
// Returns blocks.
[[nodiscard]] std::int64_t set_strips(const vsmlrt_frame_format &format, FrameEncodeArgs &args);

} // namespace vsmlrt::cuda
