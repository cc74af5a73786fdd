// In front of every kernel: element types, conversions, places in memory. Compiles under NVRTC, and as plain
// C++ where a test runs kernels without barriers on the CPU (kernels/host.h).
#pragma once
#ifdef __CUDACC__
#define DEVICE __device__ __forceinline__
#define KERNEL(Args) extern "C" __global__ void kernel(const __grid_constant__ Args args)
// With blocks of so many threads, and registers for so many blocks on a multiprocessor.
#define KERNEL_OF(Args, threads, blocks)                                                                     \
    extern "C" __global__ void __launch_bounds__(threads, blocks) kernel(const __grid_constant__ Args args)
#define KERNEL_WITH(Args, More)                                                                              \
    extern "C" __global__ void kernel(const __grid_constant__ Args args, const __grid_constant__ More epi)
// One block of 1024 threads that wait for each other between the phases and share FLOATS numbers.
#define KERNEL_IN_PHASES(Args, FLOATS, FIRST, SECOND, THIRD, FOURTH, FIFTH)                                  \
    extern "C" __global__ void __launch_bounds__(1024) kernel(const __grid_constant__ Args args) {           \
        __shared__ float shared[FLOATS];                                                                     \
        FIRST(args, shared, threadIdx.x);                                                                    \
        __syncthreads();                                                                                     \
        SECOND(args, shared, threadIdx.x);                                                                   \
        __syncthreads();                                                                                     \
        THIRD(args, shared, threadIdx.x);                                                                    \
        __syncthreads();                                                                                     \
        FOURTH(args, shared, threadIdx.x);                                                                   \
        __syncthreads();                                                                                     \
        FIFTH(args, shared, threadIdx.x);                                                                    \
    }
// Blocks that share BYTES of memory and wait for each other.
#define KERNEL_OF_BLOCKS(Args, threads, blocks, BYTES)                                                       \
    extern __shared__ __align__(16) unsigned char shared[];                                                  \
    extern "C" __global__ void __launch_bounds__(threads, blocks) kernel(const __grid_constant__ Args args)
#endif

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

struct half_t {
    unsigned short bits;
};
struct bfloat_t {
    unsigned short bits;
};

#ifdef __CUDACC__
DEVICE i64 thread_index() {
    return (i64)blockIdx.x * blockDim.x + threadIdx.x;
}
DEVICE float half_to_float(unsigned short bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}
DEVICE unsigned short float_to_half(float value) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
DEVICE unsigned short float_to_bfloat(float value) {
    unsigned short bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
DEVICE float float_of_bits(u32 bits) {
    return __uint_as_float(bits);
}
DEVICE u32 bits_of_float(float value) {
    return __float_as_uint(value);
}
#endif

// What an element is computed with: floats for reals of up to 32 bits, 64-bit integers for whole numbers.
template <typename T>
struct Computed {
    typedef i64 type;
    static const bool real = false;
};
template <>
struct Computed<float> {
    typedef float type;
    static const bool real = true;
};
template <>
struct Computed<half_t> : Computed<float> {};
template <>
struct Computed<bfloat_t> : Computed<float> {};
template <>
struct Computed<double> {
    typedef double type;
    static const bool real = true;
};

template <typename T>
DEVICE typename Computed<T>::type get(T stored) {
    return (typename Computed<T>::type)stored;
}
DEVICE float get(half_t stored) {
    return half_to_float(stored.bits);
}
DEVICE float get(bfloat_t stored) {
    return float_of_bits((u32)stored.bits << 16);
}

// Real to integer truncates and saturates; NaN becomes 0.
template <typename T>
struct Put {
    DEVICE static T limit(bool top) {
        const bool is_signed = (T)-1 < (T)0;
        const int bits = sizeof(T) * 8;
        if (!is_signed)
            return top ? (T)-1 : (T)0;
        const T most = (T)(((u64)1 << (bits - 1)) - 1);
        return top ? most : (T)(-most - 1);
    }
    DEVICE static T from(i64 value) { return (T)value; }
    DEVICE static T from(double value) {
        if (!(value == value))
            return 0;
        if (value <= (double)limit(false))
            return limit(false);
        return value >= (double)limit(true) ? limit(true) : (T)value;
    }
    DEVICE static T from(float value) { return from((double)value); }
};
template <>
struct Put<float> {
    template <typename C>
    DEVICE static float from(C value) {
        return (float)value;
    }
};
template <>
struct Put<double> {
    template <typename C>
    DEVICE static double from(C value) {
        return (double)value;
    }
};
template <>
struct Put<half_t> {
    template <typename C>
    DEVICE static half_t from(C value) {
        half_t stored;
        stored.bits = float_to_half((float)value);
        return stored;
    }
};
template <>
struct Put<bfloat_t> {
    template <typename C>
    DEVICE static bfloat_t from(C value) {
        bfloat_t stored;
        stored.bits = float_to_bfloat((float)value);
        return stored;
    }
};

// Element `index` of a tensor.
template <typename T>
DEVICE typename Computed<T>::type load(u64 address, i64 index) {
    return get(((const T *)address)[index]);
}
template <typename T, typename C>
DEVICE void store(u64 address, i64 index, C value) {
    ((T *)address)[index] = Put<T>::from(value);
}

DEVICE float infinity() {
    return float_of_bits(0x7f800000u);
}
DEVICE float not_a_number() {
    return float_of_bits(0x7fffffffu);
}

// index = rest * size + result; 32-bit where that does.
DEVICE int divide_off(i64 &index, int size) {
    i64 rest;
    if ((u64)index >> 32 == 0)
        rest = (u32)index / (u32)size;
    else
        rest = index / size;
    const int result = (int)(index - rest * size);
    index = rest;
    return result;
}
