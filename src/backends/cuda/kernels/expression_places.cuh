// Where an expression of pictures reads: what its lines call. In front stands offset_t (of elements in a
// source).
#pragma once
#include "args.cuh"
#include "pack.cuh"
#include "sampling.cuh"

// Neighbours of a position along an axis.
struct AxisTaps {
    int first;    // of the neighbours, which may lie outside
    int at0, at1; // both brought inside
    float t;      // weight of at1; that of at0 is 1 - t
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
    AxisTaps taps;
    taps.first = (int)base;
    taps.at0 = limited(taps.first, axis.from);
    taps.at1 = limited(taps.first + 1, axis.from);
    taps.t = position - base;
    return taps;
}

// The same where a picture is enlarged by `factor`, a power of two from 2 on, about pixel centres: position
// (2i + 1 - factor) / (2 factor), in whole numbers.
template <int factor>
DEVICE AxisTaps enlarged_taps(const ExpressionAxis &axis, int i) {
    const int numerator = 2 * i + 1 - factor;
    const int rest = numerator & (2 * factor - 1);
    AxisTaps taps;
    taps.first = (numerator - rest) / (2 * factor);
    taps.at0 = limited(taps.first, axis.from);
    taps.at1 = limited(taps.first + 1, axis.from);
    taps.t = (float)rest * (0.5f / factor);
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
    float x = align_corners ? (coordinate + 1) * (0.5f * last) : ((coordinate + 1) * size - 1) * 0.5f;
    // Beyond the border nothing of the picture is in reach, and integers would overflow; NaN goes the same
    // way.
    if (padding == 1)
        x = fmin(fmax(x, 0.0f), last);
    else if (!(fabs(x) < 1e9f))
        x = -1e9f;
    const float base = floor(x);
    const int first = (int)base;
    WarpTaps taps;
    taps.w1 = x - base;
    taps.w0 = 1 - taps.w1;
    if (padding == 0) {
        taps.w0 = first < 0 || first >= size ? 0.0f : taps.w0;
        taps.w1 = first + 1 < 0 || first + 1 >= size ? 0.0f : taps.w1;
    }
    taps.at0 = padding == 1 ? first : limited(first, size);
    taps.at1 = padding == 1 ? (first < size - 1 ? first + 1 : first) : limited(first + 1, size);
    return taps;
}

// The same with the border repeated, in a picture of two pixels at least: of neighbours that are both inside,
// the first, and the weight of the second. `half`: of the last pixel's number (align_corners) or of the size.
struct WarpPlace {
    int first;
    float t;
};
struct WarpPoint { // the same with the first one's number as a float
    float first;
    float t;
};
template <bool align_corners>
DEVICE WarpPoint warp_point(float coordinate, int half, int last, int last_but_one) {
    const float middle = float_of_bits((u32)half);
    const float x = coordinate * middle + (align_corners ? middle : middle - 0.5f);
    const float inside = fmin(fmax(x, 0.0f), float_of_bits((u32)last)); // also where it is NaN
    WarpPoint point;
    point.first = fmin(floor(inside), float_of_bits((u32)last_but_one));
    point.t = inside - point.first;
    return point;
}
template <bool align_corners>
DEVICE WarpPlace warp_place(float coordinate, int half, int last, int last_but_one) {
    const WarpPoint point = warp_point<align_corners>(coordinate, half, last, last_but_one);
    WarpPlace place;
    place.first = (int)point.first;
    place.t = point.t;
    return place;
}

// Two neighbours in two rows.
struct Quad {
    float upper_left, upper_right, lower_left, lower_right;
};

// Of whole numbers, the place of the first one, by the texture unit, which takes a position between the four.
DEVICE Quad read_quad(u64 texture, float x, float y) {
    Quad quad;
#ifdef __CUDACC__
    asm("tld4.r.2d.v4.f32.f32 {%0, %1, %2, %3}, [%4, {%5, %6}];"
        : "=f"(quad.lower_left), "=f"(quad.lower_right), "=f"(quad.upper_right), "=f"(quad.upper_left)
        : "l"(texture), "f"(x + 1), "f"(y + 1));
#else
    struct Rows { // nvidia::TextureRows
        i64 kind;
        u64 address, format, width, height, pitch;
    };
    const Rows &rows = *(const Rows *)texture;
    const auto element = [&](float at_y, float at_x) {
        const i64 row = at_y < (float)rows.height ? (i64)at_y : (i64)rows.height - 1;
        const i64 column = at_x < (float)rows.width ? (i64)at_x : (i64)rows.width - 1;
        return get(*(const half_t *)(rows.address + row * rows.pitch + 2 * column));
    };
    quad = {element(y, x), element(y, x + 1), element(y + 1, x), element(y + 1, x + 1)};
#endif
    return quad;
}

// `step`: elements from pixel to pixel.
template <int step>
DEVICE offset_t place_in(const ExpressionSource &source, int y, int x) {
    return (offset_t)y * (offset_t)source.stride_y + (offset_t)x * step;
}

// A tap that weighs nothing counts as 0 whatever lies there.
DEVICE float weighed(float weight, float value) {
    return weight == 0 ? 0.0f : weight * value;
}
