// Names of CUDA C++ for kernels that are written as the card has them, where a test runs them on the CPU,
// each thread of a block a fiber (host_warps.h).
#pragma once

#define __global__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __syncthreads wait_for_block
#define __syncwarp wait_for_warp

struct uint2 {
    unsigned x, y;
};
struct float2 {
    float x, y;
};
inline uint2 make_uint2(unsigned x, unsigned y) {
    return {x, y};
}
inline float2 make_float2(float x, float y) {
    return {x, y};
}
inline int min(int a, int b) {
    return a < b ? a : b;
}
inline int max(int a, int b) {
    return a > b ? a : b;
}
inline unsigned __float_as_uint(float value) {
    return bits_of_float(value);
}
inline float __uint_as_float(unsigned bits) {
    return float_of_bits(bits);
}
// Byte i of the result is the one of b:a that nibble i of the selector names.
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    const unsigned long long both = (unsigned long long)b << 32 | a;
    unsigned result = 0;
    for (int i = 0; i < 4; ++i)
        result |= (unsigned)(both >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
    return result;
}

namespace in_warp {

// A value of another lane of this one's warp; its own where there is no such lane.
template <typename T>
inline T of_lane(T value, int lane) {
    static_assert(sizeof(T) == 4, "a register");
    std::uint64_t own = 0;
    std::memcpy(&own, &value, 4);
    const fibers::Given given = fibers::give(&own, 1);
    if (lane < 0 || lane > 31)
        return value;
    T other;
    std::memcpy(&other, given.of((unsigned)lane), 4);
    return other;
}
inline int lane() {
    return (int)(fibers::block->running % 32);
}

} // namespace in_warp

template <typename T>
inline T __shfl_sync(unsigned, T value, int lane) {
    return in_warp::of_lane(value, lane);
}
template <typename T>
inline T __shfl_xor_sync(unsigned, T value, int bits) {
    return in_warp::of_lane(value, in_warp::lane() ^ bits);
}
template <typename T>
inline T __shfl_up_sync(unsigned, T value, int by) {
    return in_warp::of_lane(value, in_warp::lane() - by);
}
template <typename T>
inline T __shfl_down_sync(unsigned, T value, int by) {
    return in_warp::of_lane(value, in_warp::lane() + by);
}
