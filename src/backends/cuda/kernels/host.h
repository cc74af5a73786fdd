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
    const int exponent = bits >> 10 & 31;
    const int mantissa = bits & 1023;
    const float sign = bits & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 31)
        return mantissa ? float_of_bits(0x7fc00000u) : sign * float_of_bits(0x7f800000u);
    return sign *
           (exponent ? std::ldexp(float(mantissa + 1024), exponent - 25) : std::ldexp(float(mantissa), -24));
}
inline unsigned short float_to_half(float value) {
    const unsigned bits = bits_of_float(value);
    const unsigned sign = bits >> 16 & 0x8000;
    const float magnitude = std::fabs(value);
    if (magnitude != magnitude)
        return (unsigned short)(sign | 0x7e00);
    if (magnitude >= 65520.0f)
        return (unsigned short)(sign | 0x7c00);
    if (magnitude < 6.103515625e-05f)
        return (unsigned short)(sign | (unsigned)std::nearbyint(std::ldexp(magnitude, 24)));
    int exponent;
    const float fraction = std::frexp(magnitude, &exponent);
    const unsigned mantissa = (unsigned)std::nearbyint(std::ldexp(fraction, 11));
    return (unsigned short)(sign + ((unsigned)(exponent + 13) << 10) + mantissa);
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
