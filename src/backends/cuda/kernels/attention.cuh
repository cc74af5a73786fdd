// Attention of up to 64 keys by mma.sync, scores in registers from the product to the softmax to the next product:
// softmax(chain(SCALE Q K')) V. A block takes 64 queries of one element of the batch, a warp 16 of them. Keys, and
// the channels of queries and values, are innermost and up to 64 each; D_STEPS and V_STEPS are their sixteens,
// Q_VECTOR, K_VECTOR and V_VECTOR what is fetched at once. BRAIN: bf16. The chain is generated, see matmul_places.cuh.
#include "matmul_places.cuh"
#include "warp_mma.cuh"

enum {
    queries = 64,
    keys = 64,
    threads = 128,
    d_pitch = D_STEPS * 16 + 8, // chosen so that 8 rows of 16 bytes are in 8 different banks
    v_pitch = V_STEPS * 16 + 8,
};

// Rows of `width` elements, as far as there are any, into rows of PITCH with STEPS * 16; zeros elsewhere.
template <int N, int STEPS, int PITCH>
DEVICE void fetch(unsigned short *to, u64 data, i64 at, i64 row_stride, int first, int rows, int width) {
    const int across = STEPS * 16 / N;
#pragma unroll 4
    for (int i = threadIdx.x; i < 64 * across; i += threads) {
        const int row = i / across, column = i % across * N;
        Elements<N> piece = Elements<N>();
        if (first + row < rows && column < width)
            piece = *(const Elements<N> *)((const unsigned short *)data + at + (first + row) * row_stride + column);
        *(Elements<N> *)(to + row * PITCH + column) = piece;
    }
}

DEVICE float of_quad(float value, bool maximum) {
#pragma unroll
    for (int distance = 1; distance < 4; distance *= 2) {
        const float other = __shfl_xor_sync(~0u, value, distance);
        value = !maximum ? value + other : other > value ? other : value;
    }
    return value;
}

// Of a thread: rows lane / 4 and 8 behind, columns 8 n + 2 (lane % 4) and the next.
struct Scores {
    float of[8][4];

    DEVICE void multiply_all(const unsigned short *q, const unsigned short *k, int lane) {
        const int matrix = lane >> 3, row = lane & 7;
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                of[n][e] = 0;
#pragma unroll
        for (int step = 0; step < D_STEPS; ++step) {
            u32 left[4];
            load_matrices(left, shared_address(q + ((matrix & 1) * 8 + row) * d_pitch + step * 16 + (matrix >> 1) * 8));
#pragma unroll
            for (int n = 0; n < 4; ++n) {
                u32 right[4];
                load_matrices(right, shared_address(k + (n * 16 + (matrix >> 1) * 8 + row) * d_pitch + step * 16 + (matrix & 1) * 8));
                multiply(of[2 * n], left, right[0], right[1]);
                multiply(of[2 * n + 1], left, right[2], right[3]);
            }
        }
    }
    // Keys that there are not weigh nothing.
    DEVICE void finish_all(const MatMulArgs &args, const MatMulPlaces &places, int first_row, int lane) {
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int column = 8 * n + 2 * (lane & 3) + (e & 1);
                const int row = min(first_row + (lane >> 2) + 8 * (e >> 1), args.rows - 1);
                of[n][e] *= args.alpha;
                if (column >= args.columns)
                    of[n][e] = -infinity();
#if CHAINED
                else
                    of[n][e] = finish(args, places, row, column, of[n][e]);
#endif
            }
    }
    // Exponentials, and by what they are to be divided.
    DEVICE void exponentiate(float (&sum)[2]) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float most = -infinity();
#pragma unroll
            for (int n = 0; n < 8; ++n)
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; ++e)
                    most = of[n][e] > most ? of[n][e] : most;
            most = of_quad(most, true);
            sum[half] = 0;
#pragma unroll
            for (int n = 0; n < 8; ++n)
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; ++e) {
                    of[n][e] = exp(of[n][e] - most);
                    sum[half] += of[n][e];
                }
            sum[half] = of_quad(sum[half], false);
        }
    }
};

extern "C" __global__ void __launch_bounds__(threads) kernel(const __grid_constant__ AttentionArgs args) {
    __shared__ __align__(16) unsigned short q[queries * d_pitch], k[keys * d_pitch], v[keys * v_pitch];
    const MatMulArgs &scores = args.scores;
    const int tiles = (scores.rows + queries - 1) / queries, first = blockIdx.x % tiles * queries;
    const i64 batch = blockIdx.x / tiles;
    const MatMulPlaces places(scores, batch);
    i64 rest = batch, values = 0, output = 0;
#pragma unroll
    for (int axis = max_rank - 3; axis >= 0; --axis) {
        if (scores.batch[axis] == 1)
            continue;
        const int at = divide_off(rest, scores.batch[axis]);
        values += at * args.values.stride[axis];
        output += at * args.output.stride[axis];
    }
    fetch<Q_VECTOR, D_STEPS, d_pitch>(q, scores.a.data, places.a, scores.a.stride[max_rank - 2], first, scores.rows,
                                      scores.inner);
    fetch<K_VECTOR, D_STEPS, d_pitch>(k, scores.b.data, places.b, scores.b.stride[max_rank - 1], 0, scores.columns,
                                      scores.inner);
    fetch<V_VECTOR, V_STEPS, v_pitch>(v, args.values.data, values, args.values.stride[max_rank - 2], 0, scores.columns,
                                      args.width);
    __syncthreads();
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, matrix = lane >> 3, row = lane & 7;
    Scores own;
    own.multiply_all(q + warp * 16 * d_pitch, k, lane);
    own.finish_all(scores, places, first + warp * 16, lane);
    float sum[2];
    own.exponentiate(sum);
    float mixed[2 * V_STEPS][4] = {};
#pragma unroll
    for (int step = 0; step < keys / 16; ++step) {
        const float(&low)[4] = own.of[2 * step], (&high)[4] = own.of[2 * step + 1];
        const u32 left[4] = {packed(low[0], low[1]), packed(low[2], low[3]), packed(high[0], high[1]),
                             packed(high[2], high[3])};
#pragma unroll
        for (int n = 0; n < V_STEPS; ++n) {
            u32 right[4];
            load_transposed(right, shared_address(v + (step * 16 + (matrix & 1) * 8 + row) * v_pitch + n * 16 + (matrix >> 1) * 8));
            multiply(mixed[2 * n], left, right[0], right[1]);
            multiply(mixed[2 * n + 1], left, right[2], right[3]);
        }
    }
#pragma unroll
    for (int n = 0; n < 2 * V_STEPS; ++n)
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const int y = first + warp * 16 + (lane >> 2) + 8 * (e >> 1), x = 8 * n + 2 * (lane & 3) + (e & 1);
            if (y < scores.rows && x < args.width)
                store<output_t>(args.output.data,
                                output + y * args.output.stride[max_rank - 2] + x * args.output.stride[max_rank - 1],
                                mixed[n][e] / sum[e >> 1]);
        }
}
