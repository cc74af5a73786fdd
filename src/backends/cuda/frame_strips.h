// How kernels/frame_decode_subsampled.cuh enlarges chroma, and the strips of a tile that it does so in.
#pragma once

#include "backends/cuda/kernels/frame_args.cuh"
#include "vsmlrt/frame.h"

namespace vsmlrt::cuda {

// Whether both differences add to blue, or to red.
[[nodiscard]] bool is_mixed(const vsmlrt_frame_format &format);
// What samples of a YUV format add to red, green and blue.
void set_colors(const vsmlrt_frame_format &format, FrameDecodeArgs &args);
// Behind that: the weights and the sizes of a field, which is the frame where there is one; planes become the field's.
void set_field(const vsmlrt_frame_input &from, int fields, int field, FrameDecodeArgs &args);
// By the tile's place in the frame, which the arguments have; `frames` of them are decoded together.
void set_strips(const vsmlrt_frame_format &format, int frames, FrameDecodeArgs &args);

} // namespace vsmlrt::cuda
