// What a warp multiplies by on sm_80 and newer: four matrices of 8 x 8 16-bit elements from shared memory, as they lie
// or transposed, and 16 x 16 by 16 x 8 with fp32 sums; floats in TF32. In front stands BRAIN (bf16).
// Source: PTX ISA, "Warp Level Matrix Instructions", ldmatrix and mma.
#pragma once

// Fetched at once.
template <int N>
struct alignas(2 * N) Elements {
    unsigned short item[N];
};

// Read at once.
struct alignas(8) Two {
    float x, y;
};

#ifdef __CUDACC__
typedef u32 SharedAddress;
// A kernel with a picture's epilogue in blocks that BOUNDS describes, and its shared memory, as much as the launch says.
#define KERNEL_OF_TILES(Args, More, BOUNDS)                                                                            \
    extern "C" __global__ void BOUNDS kernel(const __grid_constant__ Args args, const __grid_constant__ More epi)
#define SHARED_MEMORY(name) extern __shared__ __align__(1024) unsigned char name[]

DEVICE void load_words(u32 (&r)[4], SharedAddress address) {
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address));
}
// To memory at once: a compiler may split a vector that it stores itself. Where `wanted`: without a branch, in which it
// would put all that comes before.
DEVICE void store_words(bool wanted, void *to, const u32 (&words)[4]) {
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %5, 0;\n\t@p st.global.v4.u32 [%0], {%1, %2, %3, %4};\n\t}" ::"l"(to), "r"(words[0]), "r"(words[1]), "r"(words[2]), "r"(words[3]), "r"((int)wanted) : "memory");
}
DEVICE void store_words(bool wanted, void *to, const u32 (&words)[2]) {
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %3, 0;\n\t@p st.global.v2.u32 [%0], {%1, %2};\n\t}" ::"l"(to), "r"(words[0]), "r"(words[1]), "r"((int)wanted) : "memory");
}
DEVICE void store_words(bool wanted, void *to, const u32 (&words)[1]) {
    asm volatile("{\n\t.reg .pred wanted;\n\tsetp.ne.s32 wanted, %2, 0;\n\t@wanted st.global.u32 [%0], %1;\n\t}" ::"l"(to), "r"(words[0]), "r"((int)wanted) : "memory");
}
DEVICE void read_words(bool wanted, u32 (&words)[4], const void *from) {
    words[0] = words[1] = words[2] = words[3] = 0;
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %5, 0;\n\t@p ld.global.v4.u32 {%0, %1, %2, %3}, [%4];\n\t}" : "+r"(words[0]), "+r"(words[1]), "+r"(words[2]), "+r"(words[3]) : "l"(from), "r"((int)wanted) : "memory");
}
DEVICE void read_words(bool wanted, u32 (&words)[2], const void *from) {
    words[0] = words[1] = 0;
    asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.s32 p, %3, 0;\n\t@p ld.global.v2.u32 {%0, %1}, [%2];\n\t}" : "+r"(words[0]), "+r"(words[1]) : "l"(from), "r"((int)wanted) : "memory");
}
// To L2, where it is read soon.
DEVICE void fetch_early(bool wanted, const void *from) {
    asm volatile("{\n\t.reg .pred wanted;\n\tsetp.ne.s32 wanted, %1, 0;\n\t@wanted prefetch.global.L2 [%0];\n\t}" ::"l"(from), "r"((int)wanted) : "memory");
}
DEVICE u32 shared_address(const void *pointer) {
    return (u32)__cvta_generic_to_shared(pointer);
}
DEVICE void load_matrices(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address));
}
DEVICE void load_transposed(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address));
}
DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#if BRAIN
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
#endif
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// The same with sums of float16, of which each word holds two.
DEVICE void multiply_in_half(u32 (&d)[2], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1},{%2,%3,%4,%5},{%6,%7},{%0,%1};"
                 : "+r"(d[0]), "+r"(d[1])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// 16 x 8 by 8 x 8 floats, of which TF32's bits count.
DEVICE void multiply_tf32(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// Of two float16 each.
DEVICE u32 multiply_halves(u32 a, u32 b) {
    u32 result;
    asm("mul.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
    return result;
}
DEVICE u32 add_halves(u32 a, u32 b) {
    u32 result;
    asm("add.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
    return result;
}
DEVICE u32 minus_halves(u32 a) {
    u32 result;
    asm("neg.f16x2 %0, %1;" : "=r"(result) : "r"(a));
    return result;
}
DEVICE u32 multiply_add_halves(u32 a, u32 b, u32 c) {
    u32 result;
    asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
    return result;
}
// A float's bits rounded to TF32, ties away from zero.
DEVICE u32 to_tf32(u32 bits) {
    u32 rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(float_of_bits(bits)));
    return rounded;
}
// The value of the lane whose number differs in these bits.
DEVICE float exchanged(float value, int bits) {
    return __shfl_xor_sync(~0u, value, bits);
}
DEVICE float of_lane(float value, int lane) {
    return __shfl_sync(~0u, value, lane);
}
DEVICE float largest(float a, float b) {
    return fmaxf(a, b);
}
DEVICE float power_of_two(float x) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}
// Within 2^-22 of the result.
DEVICE float reciprocal(float x) {
    float result;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}
DEVICE float reciprocal_root(float x) {
    float result;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}
// Two 16-bit elements of a word.
DEVICE u32 packed(float low, float high) {
    u32 result;
#if BRAIN
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
#else
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
#endif
    return result;
}
DEVICE Two unpacked(u32 pair) {
    Two result;
#if BRAIN
    result.x = __uint_as_float(pair << 16);
    result.y = __uint_as_float(pair & 0xffff0000u);
#else
    asm("{\n\t.reg .b16 low, high;\n\tmov.b32 {low, high}, %2;\n\tcvt.f32.f16 %0, low;\n\tcvt.f32.f16 %1, high;\n\t}"
        : "=f"(result.x), "=f"(result.y)
        : "r"(pair));
#endif
    return result;
}
// 16 bytes that nobody writes while the kernel runs.
DEVICE void read_constants(u32 (&r)[4], const unsigned short *from) {
    asm("ld.global.nc.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "l"(from));
}
DEVICE void wait_for_block() {
    __syncthreads();
}
// What follows from it is computed where it is needed: kept in registers over a loop, it would be too much.
DEVICE int computed_here(int value) {
    asm volatile("" : "+r"(value));
    return value;
}
DEVICE void wait_for_warp() {
    __syncwarp();
}
#endif
