// Frames as they cross a module's door: planes in the clip's own format, for backends that convert on their
// device. Plain data, no ownership.
//
// The way of a frame through such a backend, which must give what VapourSynth's resize (zimg, Bicubic with
// b = 0 and c = 0.5) gives on the host:
//
//   planes -> float samples -> chroma to the luma's size -> RGB -> tensor (padded by the border rule)
//   tensor -> tiles laid together by weight -> limited to [0, 1] if asked -> YUV -> chroma to its own size ->
//   integers, rounded to the nearest (ties to even) and limited to what the bits hold
//
// src/pixel/frame_codec.h has it as scalar code and says where each formula comes from.
#pragma once

#include <cstddef>
#include <cstdint>

struct vsmlrt_extent {
    std::int32_t width;
    std::int32_t height;
};

enum vsmlrt_family : std::int32_t {
    VSMLRT_GRAY = 1,
    VSMLRT_RGB = 2, // planes red, green, blue
    VSMLRT_YUV = 3, // planes luma, blue difference, red difference
};

enum vsmlrt_sample : std::int32_t {
    VSMLRT_INTEGER = 0,
    VSMLRT_FLOAT = 1,
};

// What the samples of a plane are and mean. Two formats are the same if all fields are.
struct vsmlrt_frame_format {
    vsmlrt_family family;
    vsmlrt_sample sample;
    std::int32_t bits;          // integer: 8 to 16, above 8 in two bytes; float: 16 or 32
    std::int32_t subsampling_w; // of YUV's chroma, as a power of two: 0, 1 or 2
    std::int32_t subsampling_h;
    std::int32_t matrix;          // of YUV, and of GRAY made from colour; ITU-T H.273 MatrixCoefficients
    std::int32_t full_range;      // of integer GRAY and YUV: 1 full, 0 limited. RGB is always full
    std::int32_t chroma_location; // of subsampled YUV; ITU-T H.273 Chroma420SampleLocType, 0 to 5
};

struct vsmlrt_plane {
    void *data;            // not written where the frame is an input
    std::ptrdiff_t stride; // bytes from a row to the next; 0 where all rows are the same
};

struct vsmlrt_frame {
    vsmlrt_plane planes[3]; // the first alone for GRAY
    // Of an input: frames of equal identity hold the same samples, so that one upload serves them all. 0: not
    // known. Ignored for an output.
    std::uint64_t identity;
    // 1: the rows are of two fields, taken at two moments; subsampled chroma is interpolated within its own
    // field. The height is then a multiple of twice the vertical subsampling.
    std::int32_t interlaced;
};

// One frame that a run reads, and the channels that it gives the network.
struct vsmlrt_frame_input {
    vsmlrt_frame_format format;
    vsmlrt_extent extent; // of its first plane
    // 1: GRAY, or YUV's luma. 3: RGB, or GRAY as three equal channels.
    std::int32_t channels;
};

enum vsmlrt_border : std::int32_t {
    VSMLRT_BORDER_MIRROR = 0, // reflection that does not repeat the edge sample, as often as needed
    VSMLRT_BORDER_EDGE = 1,
    VSMLRT_BORDER_ZERO = 2,
};

// One direction of one tile. A tile reads [origin, origin + tile size) of the input; of its result the
// positions [skip, skip + count) are added, times their weights, to [first, first + count) of the output.
struct vsmlrt_tile_span {
    std::int32_t origin;
    std::int32_t first;
    std::int32_t skip;
    std::int32_t count;
    const float *weights; // count of them; those of all tiles at a position add up to 1
};

// How frames of one size and format go through a program. Fixed for the life of what is bound to it.
struct vsmlrt_frame_plan {
    const vsmlrt_frame_input *inputs; // in the order of the network's channels
    std::int32_t num_inputs;
    vsmlrt_frame_format output;
    vsmlrt_extent output_extent; // of its first plane
    vsmlrt_border border;        // where a tile reads outside of an input
    vsmlrt_extent tile;
    const vsmlrt_tile_span *columns;
    std::int32_t num_columns;
    const vsmlrt_tile_span *rows;
    std::int32_t num_rows;
    std::int32_t limit; // 1: the network's samples are limited to [0, 1] before they are converted
};
