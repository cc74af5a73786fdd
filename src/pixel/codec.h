// Planes of a frame <-> planes of a tensor on the CPU: pad, pack, half, crop, blend, clamp, and the check for
// NaN.
//
// A plane is one channel of a picture as VapourSynth stores it: rows of float32 or float16 samples, `stride`
// bytes apart. A tensor plane is one channel of an NCHW tensor: dense rows. Every function exists as a scalar
// reference and in vector forms that give the same bits; kernels() picks by the processor. Thread-safe,
// nothing is allocated.
#pragma once

#include "vsmlrt/tensor.h"

#include <cstddef>
#include <cstdint>

namespace vsmlrt::pixel {

struct ConstPlane {
    vsmlrt_type type;
    const void *data;
    std::ptrdiff_t stride; // bytes
    int width;
    int height;
};

struct Plane {
    vsmlrt_type type;
    void *data;
    std::ptrdiff_t stride;
    int width;
    int height;
};

// The numbers are those of vsmlrt_border.
enum class Border { mirror, edge, zero };

// Reads the rectangle at (x, y) of the size of `to` out of the plane `from`, where positions outside of
// `from` follow `border` (mirror: reflection without repeating the edge sample, as often as needed: a 1-pixel
// plane repeats its pixel). Converts between float32 and float16 where the types differ. x and y may be
// negative.
void read_rectangle(const ConstPlane &from, int x, int y, Border border, const Plane &to);

// What was found among samples while they passed.
struct SampleFindings {
    bool not_finite = false;
};

// Copies the rectangle of `from` at (x, y) of the size of `to` into `to`; the rectangle lies inside of
// `from`. Converts types where they differ.
SampleFindings write_rectangle(const ConstPlane &from, int x, int y, const Plane &to);

// Adds column_weights[i] * row_weights[j] * sample to `to`, a float32 plane of the same size as the rectangle
// of `from` at (x, y).
SampleFindings blend_rectangle(const ConstPlane &from, int x, int y, const float *column_weights,
                               const float *row_weights, const Plane &to);

// Whether a plane holds a NaN or an infinity.
[[nodiscard]] bool has_not_finite(const ConstPlane &plane);

// Limits every sample to [low, high]; NaN becomes low.
void clamp(const Plane &plane, float low, float high);

} // namespace vsmlrt::pixel
