// Products of fp32 matrices over a batch, from any strides, by fp32 multiplication or, with TF32_PRODUCTS, by mma.sync of
// what is rounded to TF32: a block makes TILE x TILE of the result, TILE_K of the inner axis at a time. Both operands lie
// in shared memory with k outermost, and are fetched A_VECTOR (B_VECTOR) neighbours at a time along the axis whose
// elements are neighbours (A_ALONG_K, B_ALONG_K), a tile ahead in registers.
#include "matmul_fetch.cuh"
#include "matmul_places.cuh"
#include "warp_mma.cuh"

enum {
    TILE_K = 16,
    pitch = TILE + 8, // 4 rows of 8 floats are in 32 different banks
};

template <int N>
struct alignas(4 * N) Words {
    u32 item[N];
};

template <bool ALONG_K, int N>
struct Fetch : Fetched<Words<N>, float, TILE_K, ALONG_K, N> {
    typedef Fetched<Words<N>, float, TILE_K, ALONG_K, N> Base;

    DEVICE void store(float *to) const {
#pragma unroll
        for (int i = 0; i < Base::pieces; ++i) {
            const int number = i * threads + threadIdx.x;
            const int slow = number / Base::across, fast = number % Base::across * N;
#pragma unroll
            for (int e = 0; e < N; ++e)
                to[ALONG_K ? (fast + e) * pitch + slow : slow * pitch + fast + e] = float_of_bits(Base::piece[i].item[e]);
        }
    }
};

DEVICE void store_one(const MatMulArgs &args, const MatMulPlaces &places, int row, int column, float sum) {
    if (row >= args.rows || column >= args.columns)
        return;
    const i64 to = places.output + row * args.output.stride[max_rank - 2] + column * args.output.stride[max_rank - 1];
#if CHAINED
    sum = finish(args, places, row, column, sum);
#endif
    store<output_t>(args.output.data, to, sum);
}

#if TF32_PRODUCTS

// 32 x 32 of the result a warp.
struct Sums {
    float v[2][4][4] = {};

    DEVICE static u32 word(const float *tile, int outer, int k) { return to_tf32(__float_as_uint(tile[k * pitch + outer])); }
    DEVICE void add(const float *left, const float *right) {
        const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, row = lane >> 2, column = lane & 3;
#pragma unroll
        for (int k = column; k < TILE_K; k += 8) {
            u32 a[2][4], b[4][2];
#pragma unroll
            for (int m = 0; m < 2; ++m)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    a[m][i] = word(left, warp / 2 * 32 + 16 * m + i % 2 * 8 + row, k + i / 2 * 4);
#pragma unroll
            for (int n = 0; n < 4; ++n)
#pragma unroll
                for (int i = 0; i < 2; ++i)
                    b[n][i] = word(right, warp % 2 * 32 + 8 * n + row, k + i * 4);
#pragma unroll
            for (int m = 0; m < 2; ++m)
#pragma unroll
                for (int n = 0; n < 4; ++n)
                    multiply_tf32(v[m][n], a[m], b[n][0], b[n][1]);
        }
    }
    DEVICE void store(const MatMulArgs &args, const MatMulPlaces &places, int row0, int column0) const {
        const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
        for (int m = 0; m < 2; ++m)
#pragma unroll
            for (int n = 0; n < 4; ++n)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    store_one(args, places, row0 + warp / 2 * 32 + 16 * m + i / 2 * 8 + (lane >> 2),
                              column0 + warp % 2 * 32 + 8 * n + 2 * (lane & 3) + i % 2, v[m][n][i]);
    }
};

#else

// 8 rows and 4 columns a thread.
struct Sums {
    float v[8][4] = {};

    DEVICE void add(const float *left, const float *right) {
        const int row = threadIdx.x / 16 * 8, column = threadIdx.x % 16 * 4;
#pragma unroll
        for (int k = 0; k < TILE_K; ++k) {
            const float4 upper = *(const float4 *)(left + k * pitch + row), lower = *(const float4 *)(left + k * pitch + row + 4);
            const float4 b = *(const float4 *)(right + k * pitch + column);
            const float a[8] = {upper.x, upper.y, upper.z, upper.w, lower.x, lower.y, lower.z, lower.w};
#pragma unroll
            for (int i = 0; i < 8; ++i) {
                v[i][0] = fma(a[i], b.x, v[i][0]);
                v[i][1] = fma(a[i], b.y, v[i][1]);
                v[i][2] = fma(a[i], b.z, v[i][2]);
                v[i][3] = fma(a[i], b.w, v[i][3]);
            }
        }
    }
    DEVICE void store(const MatMulArgs &args, const MatMulPlaces &places, int row0, int column0) const {
#pragma unroll
        for (int i = 0; i < 8; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j)
                store_one(args, places, row0 + threadIdx.x / 16 * 8 + i, column0 + threadIdx.x % 16 * 4 + j, v[i][j]);
    }
};

#endif

extern "C" __global__ void __launch_bounds__(threads) kernel(const __grid_constant__ MatMulArgs args) {
    __shared__ __align__(16) float tiles[2][2][TILE_K * pitch];
    const int tiles_across = (args.columns + TILE - 1) / TILE, tiles_down = (args.rows + TILE - 1) / TILE;
    const int column0 = blockIdx.x % tiles_across * TILE, row0 = blockIdx.x / tiles_across % tiles_down * TILE;
    const MatMulPlaces places(args, blockIdx.x / tiles_across / tiles_down);
    Fetch<A_ALONG_K, A_VECTOR> a;
    Fetch<B_ALONG_K, B_VECTOR> b;
    const auto load = [&](int k) {
        a.load(args.a.data, places.a, args.a.stride[max_rank - 2], args.a.stride[max_rank - 1], row0, args.rows, k,
               args.inner);
        b.load(args.b.data, places.b, args.b.stride[max_rank - 1], args.b.stride[max_rank - 2], column0, args.columns,
               k, args.inner);
    };
    Sums sums;
    load(0);
    int turn = 0;
#pragma unroll 1
    for (int k = 0; k < args.inner; k += TILE_K, turn ^= 1) {
        a.store(tiles[turn][0]);
        b.store(tiles[turn][1]);
        __syncthreads(); // the other buffers were read before the last one
        if (k + TILE_K < args.inner)
            load(k + TILE_K);
        sums.add(tiles[turn][0], tiles[turn][1]);
    }
    sums.store(args, places, row0, column0);
}
