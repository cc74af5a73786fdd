// Layer normalisation over the last axis, LANES lanes of a warp a row, which they keep in registers: PER_LANE times
// VECTOR neighbours a lane, read and written at once; RANK.
#include "args.cuh"
#include "pack.cuh"

DEVICE float sum_of_row(float value) {
#pragma unroll
    for (int distance = LANES / 2; distance > 0; distance /= 2)
        value += __shfl_xor_sync(~0u, value, distance);
    return value;
}

KERNEL(NormalizeArgs) {
    const int lane = threadIdx.x % LANES, length = args.size[RANK - 1];
    const i64 rows = args.threads / length;
    i64 index = thread_index() / LANES;
    const bool there = index < rows; // lanes without a row add up for nobody
    i64 from = 0, to = 0;
#pragma unroll
    for (int axis = RANK - 2; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
    }
    float value[PER_LANE][VECTOR];
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = (LANES * i + lane) * VECTOR;
        Pack<element_t, VECTOR> pack = Pack<element_t, VECTOR>();
        if (there && at < length)
            pack = *(const Pack<element_t, VECTOR> *)((const element_t *)args.input.data + from + at * args.input.stride[RANK - 1]);
#pragma unroll
        for (int k = 0; k < VECTOR; ++k) {
            value[i][k] = (float)get(pack.item[k]);
            sum += value[i][k];
        }
    }
    const float mean = sum_of_row(sum) / length;
    float squares = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i)
#pragma unroll
        for (int k = 0; k < VECTOR; ++k)
            squares += (LANES * i + lane) * VECTOR < length ? (value[i][k] - mean) * (value[i][k] - mean) : 0.0f;
    const float factor = 1 / sqrt(sum_of_row(squares) / length + args.epsilon);
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = (LANES * i + lane) * VECTOR;
        if (!there || at >= length)
            continue;
        Pack<output_t, VECTOR> result;
#pragma unroll
        for (int k = 0; k < VECTOR; ++k) {
            float scaled = (value[i][k] - mean) * factor * (float)load<scale_t>(args.scale.data, (at + k) * args.scale.stride[RANK - 1]);
            if (args.bias.data != 0)
                scaled += (float)load<scale_t>(args.bias.data, (at + k) * args.bias.stride[RANK - 1]);
            result.item[k] = Put<output_t>::from(scaled);
        }
        *(Pack<output_t, VECTOR> *)((output_t *)args.output.data + to + at * args.output.stride[RANK - 1]) = result;
    }
}
