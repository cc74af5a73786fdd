// Attention of up to 64 keys, whose channels and those of values are up to 64, by mma.sync: softmax(chain(SCALE Q K')) V.
#include "attention_parts.cuh"

// Exponentials, and by what they are to be divided.
DEVICE void exponentiate(Scores &scores, float (&sum)[2]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float most = -infinity();
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 2 * half; e < 2 * half + 2; ++e)
                most = scores.of[n][e] > most ? scores.of[n][e] : most;
        most = of_quad(most, true);
        sum[half] = 0;
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 2 * half; e < 2 * half + 2; ++e) {
                scores.of[n][e] = exp(scores.of[n][e] - most);
                sum[half] += scores.of[n][e];
            }
        sum[half] = of_quad(sum[half], false);
    }
}

extern "C" __global__ void __launch_bounds__(threads) kernel(const __grid_constant__ AttentionArgs args) {
    __shared__ __align__(16) unsigned short q[queries * d_pitch], k[keys * d_pitch], v[keys * v_pitch];
    const MatMulArgs &scores = args.scores;
    const int tiles = (scores.rows + queries - 1) / queries, first = blockIdx.x % tiles * queries;
    const i64 batch = blockIdx.x / tiles;
    const MatMulPlaces places(scores, batch);
    const AttentionPlaces more(args, batch);
    fetch<Q_VECTOR, D_STEPS, d_pitch>(q, scores.a.data, places.a, scores.a.stride[max_rank - 2], first, scores.rows, 0,
                                      scores.inner);
    fetch<K_VECTOR, D_STEPS, d_pitch>(k, scores.b.data, places.b, scores.b.stride[max_rank - 1], 0, scores.columns, 0,
                                      scores.inner);
    fetch<V_VECTOR, V_STEPS, v_pitch>(v, args.values.data, more.values, args.values.stride[max_rank - 2], 0,
                                      scores.columns, 0, args.width);
    __syncthreads();
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Scores own;
    own.clear();
    own.add_products(q + warp * 16 * d_pitch, k, lane);
    own.finish_all(scores, places, first + warp * 16, 0, lane);
    float sum[2];
    exponentiate(own, sum);
    float mixed[2 * V_STEPS][4] = {};
    mix(mixed, own, v, lane);
    store_mixed(args, more.output, first + warp * 16, 0, mixed, sum, lane);
}
