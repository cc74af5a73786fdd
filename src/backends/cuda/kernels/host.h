// What common.cuh needs where a kernel without barriers is compiled as C++ and run thread after thread.
#pragma once

#include <cmath>
#include <cstring>

#define DEVICE inline
static long long vsmlrt_thread;
inline long long thread_index() {
    return vsmlrt_thread;
}
#define VSMLRT_ENTRY(call)                                                                                   \
    extern "C" void kernel(const unsigned *grid, const unsigned *block, void **parameters) {                 \
        const long long threads = (long long)grid[0] * block[0];                                             \
        for (vsmlrt_thread = 0; vsmlrt_thread < threads; ++vsmlrt_thread)                                    \
            call;                                                                                            \
    }
#define KERNEL(Args)                                                                                         \
    static void kernel_body(const Args &args);                                                               \
    VSMLRT_ENTRY(kernel_body(*(const Args *)parameters[0]))                                                  \
    static void kernel_body(const Args &args)
#define KERNEL_OF(Args, threads, blocks) KERNEL(Args)
#define KERNEL_WITH(Args, More)                                                                              \
    static void kernel_body(const Args &args, const More &epi);                                              \
    VSMLRT_ENTRY(kernel_body(*(const Args *)parameters[0], *(const More *)parameters[1]))                    \
    static void kernel_body(const Args &args, const More &epi)
// One block whose threads wait for each other between the phases.
#define KERNEL_IN_PHASES(Args, FLOATS, FIRST, SECOND, THIRD, FOURTH, FIFTH)                                  \
    extern "C" void kernel(const unsigned *, const unsigned *block, void **parameters) {                     \
        const Args &args = *(const Args *)parameters[0];                                                     \
        float shared[FLOATS];                                                                                \
        void (*const phases[])(const Args &, float *, int) = {FIRST, SECOND, THIRD, FOURTH, FIFTH};          \
        for (auto *phase : phases)                                                                           \
            for (int thread = 0; thread < (int)block[0]; ++thread)                                           \
                phase(args, shared, thread);                                                                 \
    }

inline float float_of_bits(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}
inline unsigned bits_of_float(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}
inline float half_to_float(unsigned short bits) {
    const unsigned sign = (bits & 0x8000u) << 16;
    const unsigned magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00)
        return float_of_bits(magnitude > 0x7c00 ? 0x7fc00000u : sign | 0x7f800000u);
    if (magnitude < 0x400) // subnormal: a multiple of 2^-24
        return float_of_bits(sign | bits_of_float((float)magnitude * 5.9604644775390625e-08f));
    return float_of_bits(sign | ((magnitude << 13) + (112u << 23)));
}
// To the nearest, of two the even one.
inline unsigned short float_to_half(float value) {
    const unsigned bits = bits_of_float(value);
    const unsigned sign = bits >> 16 & 0x8000;
    const unsigned magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (unsigned short)(sign | 0x7e00);
    if (magnitude >= bits_of_float(65520.0f))
        return (unsigned short)(sign | 0x7c00);
    if (magnitude < bits_of_float(6.103515625e-05f)) // the last place of what is added to 0.5 is 2^-24
        return (unsigned short)(sign |
                                (bits_of_float(float_of_bits(magnitude) + 0.5f) - bits_of_float(0.5f)));
    return (unsigned short)(sign | ((magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13));
}
inline unsigned short float_to_bfloat(float value) {
    const unsigned bits = bits_of_float(value);
    if (value != value)
        return (unsigned short)(bits >> 16 | 0x40);
    return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#define erff std::erf
using std::abs;
using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atanh;
using std::ceil;
using std::cos;
using std::cosh;
using std::erf;
using std::exp;
using std::expm1;
using std::fabs;
using std::floor;
using std::fmax;
using std::fmin;
using std::fmod;
using std::log;
using std::log1p;
using std::nearbyint;
using std::pow;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;
