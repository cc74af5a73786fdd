// What kernels of attention share: a block takes 64 queries of one element of the batch, a warp 16 of them, and 64 keys at
// a time, with scores in registers from the product to the softmax to the next product. Channels of queries and values are
// innermost; D_STEPS and V_STEPS are the sixteens of them that lie in shared memory at once, Q_VECTOR, K_VECTOR and
// V_VECTOR what is fetched at once. BRAIN: bf16. The chain is generated, see matmul_places.cuh.
#pragma once
#include "matmul_places.cuh"
#include "warp_mma.cuh"

enum {
    queries = 64,
    keys = 64,
    threads = 128,
    d_pitch = D_STEPS * 16 + 8, // chosen so that 8 rows of 16 bytes are in 8 different banks
    v_pitch = V_STEPS * 16 + 8,
};

// Where one element of the batch begins.
struct AttentionPlaces {
    i64 values, output;

    DEVICE AttentionPlaces(const AttentionArgs &args, i64 batch) : values(0), output(0) {
#pragma unroll
        for (int axis = max_rank - 3; axis >= 0; --axis) {
            if (args.scores.batch[axis] == 1)
                continue;
            const int at = divide_off(batch, args.scores.batch[axis]);
            values += at * args.values.stride[axis];
            output += at * args.output.stride[axis];
        }
    }
};

// Rows of `width` elements from (first, left) on, as far as there are any, into rows of PITCH with STEPS * 16; zeros
// elsewhere.
template <int N, int STEPS, int PITCH>
DEVICE void fetch(unsigned short *to, u64 data, i64 at, i64 row_stride, int first, int rows, int left, int width) {
    const int across = STEPS * 16 / N;
#pragma unroll 4
    for (int i = threadIdx.x; i < 64 * across; i += threads) {
        const int row = i / across, column = i % across * N;
        Elements<N> piece = Elements<N>();
        if (first + row < rows && left + column < width)
            piece = *(const Elements<N> *)((const unsigned short *)data + at + (first + row) * row_stride + left + column);
        *(Elements<N> *)(to + row * PITCH + column) = piece;
    }
}

DEVICE float of_quad(float value, bool maximum) {
#pragma unroll
    for (int distance = 1; distance < 4; distance *= 2) {
        const float other = exchanged(value, distance);
        value = !maximum ? value + other : other > value ? other : value;
    }
    return value;
}

// Of a thread: rows lane / 4 and 8 behind, columns 8 n + 2 (lane % 4) and the next.
struct Scores {
    float of[8][4];

    DEVICE void clear() {
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                of[n][e] = 0;
    }
    DEVICE void add_products(const unsigned short *q, const unsigned short *k, int lane) {
        const int matrix = lane >> 3, row = lane & 7;
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
    DEVICE void finish_all(const MatMulArgs &args, const MatMulPlaces &places, int first_row, int first_column, int lane) {
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int column = first_column + 8 * n + 2 * (lane & 3) + (e & 1);
                const int own_row = first_row + (lane >> 2) + 8 * (e >> 1);
                const int row = own_row < args.rows ? own_row : args.rows - 1;
                of[n][e] *= args.alpha;
                if (column >= args.columns)
                    of[n][e] = -infinity();
#if CHAINED
                else
                    of[n][e] = finish(args, places, row, column, of[n][e]);
#endif
            }
    }
};

// mixed += weights V, the weights rounded to 16 bits. Of a thread: rows and columns as of scores.
DEVICE void mix(float (&mixed)[2 * V_STEPS][4], const Scores &weights, const unsigned short *v, int lane) {
    const int matrix = lane >> 3, row = lane & 7;
#pragma unroll
    for (int step = 0; step < keys / 16; ++step) {
        const float(&low)[4] = weights.of[2 * step], (&high)[4] = weights.of[2 * step + 1];
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
}

// To the warp's rows from `first` on and the columns from `left` on, divided by the sum of the row's weights.
DEVICE void store_mixed(const AttentionArgs &args, i64 at, int first, int left, const float (&mixed)[2 * V_STEPS][4],
                        const float (&sum)[2], int lane) {
#pragma unroll
    for (int n = 0; n < 2 * V_STEPS; ++n)
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const int y = first + (lane >> 2) + 8 * (e >> 1), x = left + 8 * n + 2 * (lane & 3) + (e & 1);
            if (y < args.scores.rows && x < args.width)
                store<output_t>(args.output.data,
                                at + y * args.output.stride[max_rank - 2] + x * args.output.stride[max_rank - 1],
                                mixed[n][e] / sum[e >> 1]);
        }
}
