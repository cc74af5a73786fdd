// One picture as an expression of others: a thread computes all channels of a pixel, from sources that it reads
// wherever resizes and warps lead. In front stand generated lines: offset_t (of elements in a source),
// THREADS_OF_BLOCK, BLOCKS (of a multiprocessor, at least), and EXPRESSION, lines that compute pixel (y, x) and
// store it.
#include "args.cuh"
#include "pack.cuh"
#include "sampling.cuh"

// Neighbours of a position along an axis.
struct AxisTaps {
    int at0, at1;
    float t; // weight of at1; that of at0 is 1 - t
};

// As resize_places.cuh has it; with `exact`, 1 / scale is a float and products with it are the quotients.
template <int coordinates, bool exact>
DEVICE float source_position(const ExpressionAxis &axis, int i) {
    const float from = (float)axis.from, to = (float)axis.to, scale = axis.scale;
    if (coordinates == 3)
        return axis.to > 1 ? (float)i * (from - 1) / (to - 1) : 0.0f;
    if (coordinates == 4)
        return exact ? (float)i * axis.inverse : (float)i / scale;
    const float half_pixel = (exact ? (i + 0.5f) * axis.inverse : (i + 0.5f) / scale) - 0.5f;
    if (coordinates == 1)
        return from / 2 * (1 - to / (scale * from)) + half_pixel;
    return coordinates == 2 && axis.to <= 1 ? 0.0f : half_pixel;
}

template <int coordinates, bool exact>
DEVICE AxisTaps linear_taps(const ExpressionAxis &axis, int i) {
    const float position = source_position<coordinates, exact>(axis, i);
    const float base = floor(position);
    const int first = (int)base;
    AxisTaps taps;
    taps.at0 = limited(first, axis.from);
    taps.at1 = limited(first + 1, axis.from);
    taps.t = position - base;
    return taps;
}

template <int coordinates, int rounding, bool exact>
DEVICE int nearest_tap(const ExpressionAxis &axis, int i) {
    const float position = source_position<coordinates, exact>(axis, i);
    const bool up = rounding == 3 || (rounding == 4 && axis.scale < 1);
    const float whole = rounding == 0   ? ceil(position - 0.5f)
                        : rounding == 1 ? floor(position + 0.5f)
                        : up            ? ceil(position)
                                        : floor(position);
    return limited((int)whole, axis.from);
}

// Neighbours of a coordinate in [-1, 1] in `size` pixels, and their weights.
struct WarpTaps {
    int at0, at1;
    float w0, w1;
};

// As grid_sample.cuh has it: padding 0 is zeros, 1 the border repeated.
template <int padding, bool align_corners>
DEVICE WarpTaps warp_taps(float coordinate, int size) {
    const float last = (float)(size - 1);
    float x = align_corners ? (coordinate + 1) * 0.5f * last : ((coordinate + 1) * size - 1) * 0.5f;
    if (padding == 1 && x == x)
        x = x < 0 ? 0.0f : x > last ? last : x;
    // Beyond this nothing of the picture is in reach, and integers would overflow; NaN goes the same way.
    if (!(fabs(x) < 1e9f))
        x = padding == 0 ? -1e9f : 0.0f;
    const float base = floor(x);
    const int first = (int)base;
    WarpTaps taps;
    taps.w1 = x - base;
    taps.w0 = 1 - taps.w1;
    if (padding == 0) {
        taps.w0 = first < 0 || first >= size ? 0.0f : taps.w0;
        taps.w1 = first + 1 < 0 || first + 1 >= size ? 0.0f : taps.w1;
    }
    taps.at0 = limited(first, size);
    taps.at1 = limited(first + 1, size);
    return taps;
}

DEVICE offset_t place_in(const ExpressionSource &source, int y, int x) {
    return (offset_t)y * (offset_t)source.stride_y + (offset_t)x * (offset_t)source.stride_x;
}

// A tap that weighs nothing counts as 0 whatever lies there.
DEVICE float weighed(float weight, float value) {
    return weight == 0 ? 0.0f : weight * value;
}

KERNEL_OF(ExpressionArgs, THREADS_OF_BLOCK, BLOCKS) {
    // Tiles of 32 x 8 pixels: what neighbours read lies near.
    const u32 index = (u32)thread_index(), tile = index / 256, place = index % 256;
    const int x = (int)(tile % (u32)args.tiles_x * 32 + place % 32);
    const int y = (int)(tile / (u32)args.tiles_x * 8 + place / 32);
    if (x >= args.width || y >= args.height)
        return;
    EXPRESSION
}
