// What the codec does to one row of samples. One table per instruction set; all tables give the same bits.
//
// Rows need no alignment beyond the byte. This header is included by files compiled for wider instruction
// sets than the rest: it must stay plain data, since an inline function compiled there could be the one the
// linker keeps.
#pragma once

#include <cstddef>

namespace vsmlrt::pixel {

// Copies `count` samples, converting where the kernel's two types differ. True if a NaN or an infinity was
// among the samples read.
using CopyRow = bool (*)(const void *from, void *to, std::size_t count);

// to[i] += column_weights[i] * row_weight * from[i], rounded after each operation, the two weights multiplied
// first. True if a NaN or an infinity was among the samples read.
using BlendRow = bool (*)(const void *from, const float *column_weights, float row_weight, void *to,
                          std::size_t count);

using CheckRow = bool (*)(const void *row, std::size_t count);

// x > low ? x : low, then x < high ? x : high.
using ClampRow = void (*)(void *row, std::size_t count, float low, float high);

struct Kernels {
    const char *name;
    CopyRow copy_float;
    CopyRow copy_half;
    CopyRow float_to_half;
    CopyRow half_to_float;
    BlendRow blend_float;
    BlendRow blend_half;
    CheckRow check_float;
    CheckRow check_half;
    ClampRow clamp_float;
    ClampRow clamp_half;
};

extern const Kernels scalar_kernels;
extern const Kernels avx2_kernels;   // x86 builds only, as the next
extern const Kernels avx512_kernels; // call through kernels_for() alone

} // namespace vsmlrt::pixel
