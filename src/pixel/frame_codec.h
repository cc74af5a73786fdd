// Frames in a clip's own format <-> float planes: the scalar reference of what a device does with the frames
// that cross its door (vsmlrt/frame.h), and what the reference backend runs.
//
// Checked against VapourSynth's resize for every pair of formats: within 1 of 8 bit, 2 of 16 bit and 1e-5 of
// float samples. Integer samples become floats by the rules of ITU-R BT.709 and BT.2100: luma (v - 16 k) /
// (219 k) and differences (v - 128 k) / (224 k), those of YCgCo / (219 k), with k = 2^(bits - 8) in limited
// range, v / (2^bits - 1) and (v - 2^(bits - 1)) / (2^bits - 1) in full range. Thread-safe.
#pragma once

#include "pixel/codec.h"
#include "pixel/resample.h"
#include "vsmlrt/frame.h"

#include <span>
#include <string>

namespace vsmlrt::pixel {

// Whether the codec converts frames of this input to the network's channels.
[[nodiscard]] bool can_decode(const vsmlrt_frame_input &input);
// And a network's result of `channels` channels to this format.
[[nodiscard]] bool can_encode(int channels, const vsmlrt_frame_format &format);

// How an integer sample of a plane and its float are related: value = (sample - zero) / one.
struct SampleScale {
    float one = 1;
    float zero = 0;
};
[[nodiscard]] SampleScale sample_scale(const vsmlrt_frame_format &format, int plane);

// How chroma of this format is brought to the luma's size and back, in both directions of a frame of `extent`
// (of the luma).
struct ChromaMaps {
    Resampling across;
    Resampling down;
};
[[nodiscard]] ChromaMaps enlarging_maps(const vsmlrt_frame_format &format, vsmlrt_extent extent,
                                        bool interlaced);
[[nodiscard]] ChromaMaps shrinking_maps(const vsmlrt_frame_format &format, vsmlrt_extent extent,
                                        bool interlaced);

// Writes `input.channels` float32 planes of the input's extent: RGB, or GRAY.
void decode_frame(const vsmlrt_frame_input &input, const vsmlrt_frame &frame, std::span<const Plane> planes);

// Writes a frame of the size of `planes`: one float32 plane for GRAY, three for RGB, YUV and GRAY. NaN
// becomes the least value of integer formats.
void encode_frame(std::span<const ConstPlane> planes, const vsmlrt_frame_format &format,
                  const vsmlrt_frame &frame);

} // namespace vsmlrt::pixel
