// Attention of any number of keys and channels by mma.sync: softmax(chain(SCALE Q K')) V, 64 keys at a time, with the
// largest score and the sum of each query's weights carried along, so that no scores lie in memory. Queries and keys of
// more channels than D_STEPS sixteens are multiplied in D_SLICES of so many; values of more than V_STEPS are shared among
// V_SLICES blocks, which find the same scores. Source: Dao et al., FlashAttention, 2022, algorithm 1.
#include "attention_parts.cuh"

enum {
    q_elements = queries * d_pitch,
    k_elements = keys * d_pitch,
    v_elements = keys * v_pitch,
    shared_bytes = 2 * (q_elements + k_elements + v_elements),
};

// The softmax as far as its keys are known.
struct Softmax {
    float most[2], sum[2]; // of a thread's rows; the sum is of its own columns

    DEVICE Softmax() {
        most[0] = most[1] = -infinity();
        sum[0] = sum[1] = 0;
    }
    // Scores of more keys become weights; sums of earlier ones are brought to the same scale. While no key weighs
    // anything, nothing is subtracted: infinities would leave no number.
    DEVICE void add(Scores &scores, float (&mixed)[2 * V_STEPS][4]) {
        const float log2_of_e = 1.44269504f;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float largest_yet = most[half];
#pragma unroll
            for (int n = 0; n < 8; ++n)
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; ++e)
                    largest_yet = scores.of[n][e] > largest_yet ? scores.of[n][e] : largest_yet;
            largest_yet = of_quad(largest_yet, true);
            const float from = largest_yet == -infinity() ? 0 : largest_yet;
            const float factor = power_of_two((most[half] - from) * log2_of_e);
            most[half] = largest_yet;
            sum[half] *= factor;
#pragma unroll
            for (int n = 0; n < 8; ++n)
#pragma unroll
                for (int e = 2 * half; e < 2 * half + 2; ++e) {
                    scores.of[n][e] = power_of_two((scores.of[n][e] - from) * log2_of_e);
                    sum[half] += scores.of[n][e];
                }
#pragma unroll
            for (int n = 0; n < 2 * V_STEPS; ++n) {
                mixed[n][2 * half] *= factor;
                mixed[n][2 * half + 1] *= factor;
            }
        }
    }
};

KERNEL_OF_BLOCKS(AttentionArgs, threads, BLOCKS, shared_bytes) {
    unsigned short *const q = (unsigned short *)shared, *const k = q + q_elements, *const v = k + k_elements;
    const MatMulArgs &scores = args.scores;
    i64 batch = blockIdx.x;
    const int first = divide_off(batch, (scores.rows + queries - 1) / queries) * queries;
    const int left = divide_off(batch, V_SLICES) * V_STEPS * 16;
    const MatMulPlaces places(scores, batch);
    const AttentionPlaces more(args, batch);
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Softmax softmax;
    float mixed[2 * V_STEPS][4] = {};
#pragma unroll 1
    for (int key = 0; key < scores.columns; key += keys) {
        Scores own;
        own.clear();
#pragma unroll 1
        for (int slice = 0; slice < D_SLICES; ++slice) {
            const int channel = slice * D_STEPS * 16;
            wait_for_block(); // what lies there was multiplied
            if (slice == 0)
                fetch<V_VECTOR, V_STEPS, v_pitch>(v, args.values.data, more.values, args.values.stride[max_rank - 2],
                                                  key, scores.columns, left, args.width);
            if (D_SLICES > 1 || key == 0)
                fetch<Q_VECTOR, D_STEPS, d_pitch>(q, scores.a.data, places.a, scores.a.stride[max_rank - 2], first,
                                                  scores.rows, channel, scores.inner);
            fetch<K_VECTOR, D_STEPS, d_pitch>(k, scores.b.data, places.b, scores.b.stride[max_rank - 1], key,
                                              scores.columns, channel, scores.inner);
            wait_for_block();
            own.add_products(q + warp * 16 * d_pitch, k, lane);
        }
        own.finish_all(scores, places, first + warp * 16, key, lane);
        softmax.add(own, mixed);
        mix(mixed, own, v, lane);
    }
    const float sum[2] = {of_quad(softmax.sum[0], false), of_quad(softmax.sum[1], false)};
    store_mixed(args, more.output, first + warp * 16, left, mixed, sum, lane);
}
