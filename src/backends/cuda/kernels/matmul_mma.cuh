// Products of 16-bit matrices by mma.sync for sm_80 and newer, fp32 sums, over a batch, from any strides: a block
// makes TILE x TILE of the result, TILE_K of the inner axis at a time. Each operand lies in shared memory as it does
// outside, along the axis whose elements are neighbours (A_ALONG_K, B_ALONG_K), and is fetched A_VECTOR (B_VECTOR)
// elements at a time, a tile ahead in registers. STORE_PAIRS: two columns of the result are one word. BRAIN: bf16.
#include "matmul_fetch.cuh"
#include "matmul_places.cuh"
#include "warp_mma.cuh"

enum {
    TILE_K = 32,
    pitch_k = TILE_K + 8, // of rows along k; chosen so that 8 rows of 16 bytes are in 8 different banks
    pitch_tile = TILE + 8,
    operand_elements = TILE * pitch_k > TILE_K * pitch_tile ? TILE * pitch_k : TILE_K * pitch_tile,
};

template <bool ALONG_K, int N>
struct Fetch : Fetched<Elements<N>, unsigned short, TILE_K, ALONG_K, N> {
    typedef Fetched<Elements<N>, unsigned short, TILE_K, ALONG_K, N> Base;

    DEVICE void store(unsigned short *to) const {
#pragma unroll
        for (int i = 0; i < Base::pieces; ++i) {
            const int number = i * threads + threadIdx.x;
            *(Elements<N> *)(to + number / Base::across * (ALONG_K ? pitch_k : pitch_tile) + number % Base::across * N) = Base::piece[i];
        }
    }
};

// 16 x 16 elements from (outer, k) on: matrix j of 8 x 8 has outer 8 * OUTER_BIT, k 8 * the other bit of j.
template <bool ALONG_K, bool OUTER_IS_LOW>
DEVICE void load_fragment(u32 (&r)[4], const unsigned short *tile, int outer, int k) {
    const int lane = threadIdx.x & 31, matrix = lane >> 3, row = lane & 7;
    const int outer_block = OUTER_IS_LOW ? matrix & 1 : matrix >> 1, k_block = OUTER_IS_LOW ? matrix >> 1 : matrix & 1;
    if (ALONG_K)
        load_matrices(r, shared_address(tile + (outer + outer_block * 8 + row) * pitch_k + k + k_block * 8));
    else
        load_transposed(r, shared_address(tile + (k + k_block * 8 + row) * pitch_tile + outer + outer_block * 8));
}

DEVICE float result_of(const MatMulArgs &args, const MatMulPlaces &places, int row, int column, float sum) {
#if CHAINED
    return finish(args, places, row, column, sum);
#else
    return sum;
#endif
}

// Two neighbouring columns.
DEVICE void store_two(const MatMulArgs &args, const MatMulPlaces &places, int row, int column, float first, float second) {
    if (row >= args.rows || column >= args.columns)
        return;
    const i64 step = args.output.stride[max_rank - 1];
    const i64 to = places.output + row * args.output.stride[max_rank - 2] + column * step;
    first = result_of(args, places, row, column, first);
#if STORE_PAIRS
    second = result_of(args, places, row, column + 1, second);
    *(u32 *)((output_t *)args.output.data + to) =
        (u32)Put<output_t>::from(first).bits | (u32)Put<output_t>::from(second).bits << 16;
#else
    store<output_t>(args.output.data, to, first);
    if (column + 1 < args.columns)
        store<output_t>(args.output.data, to + step, result_of(args, places, row, column + 1, second));
#endif
}

extern "C" __global__ void __launch_bounds__(threads) kernel(const __grid_constant__ MatMulArgs args) {
    __shared__ __align__(16) unsigned short tiles[2][2][operand_elements];
    const int tiles_across = (args.columns + TILE - 1) / TILE, tiles_down = (args.rows + TILE - 1) / TILE;
    const int column0 = blockIdx.x % tiles_across * TILE, row0 = blockIdx.x / tiles_across % tiles_down * TILE;
    const MatMulPlaces places(args, blockIdx.x / tiles_across / tiles_down);
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int own_row = warp / 2 * 32, own_column = warp % 2 * 32;
    Fetch<A_ALONG_K, A_VECTOR> a;
    Fetch<B_ALONG_K, B_VECTOR> b;
    const auto load = [&](int k) {
        a.load(args.a.data, places.a, args.a.stride[max_rank - 2], args.a.stride[max_rank - 1], row0, args.rows, k,
               args.inner);
        b.load(args.b.data, places.b, args.b.stride[max_rank - 1], args.b.stride[max_rank - 2], column0, args.columns,
               k, args.inner);
    };
    float sum[2][4][4] = {};
    load(0);
    int turn = 0;
#pragma unroll 1
    for (int k = 0; k < args.inner; k += TILE_K, turn ^= 1) {
        a.store(tiles[turn][0]);
        b.store(tiles[turn][1]);
        __syncthreads(); // the other buffers were read before the last one
        if (k + TILE_K < args.inner)
            load(k + TILE_K);
#pragma unroll
        for (int step = 0; step < TILE_K; step += 16) {
            u32 left[2][4], right[2][4];
#pragma unroll
            for (int m = 0; m < 2; ++m)
                load_fragment<A_ALONG_K, true>(left[m], tiles[turn][0], own_row + 16 * m, step);
#pragma unroll
            for (int n = 0; n < 2; ++n)
                load_fragment<B_ALONG_K, false>(right[n], tiles[turn][1], own_column + 16 * n, step);
#pragma unroll
            for (int m = 0; m < 2; ++m)
#pragma unroll
                for (int n = 0; n < 4; ++n)
                    multiply(sum[m][n], left[m], right[n / 2][n % 2 * 2], right[n / 2][n % 2 * 2 + 1]);
        }
    }
#pragma unroll
    for (int m = 0; m < 2; ++m)
#pragma unroll
        for (int n = 0; n < 4; ++n)
#pragma unroll
            for (int half = 0; half < 2; ++half)
                store_two(args, places, row0 + own_row + 16 * m + 8 * half + (lane >> 2),
                          column0 + own_column + 8 * n + 2 * (lane & 3), sum[m][n][2 * half], sum[m][n][2 * half + 1]);
}
