// Layer normalisation over the last axis, a warp a row, which it keeps in registers: PER_LANE elements a lane; RANK.
#include "args.cuh"

DEVICE float sum_of_warp(float value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        value += __shfl_xor_sync(~0u, value, distance);
    return value;
}

KERNEL(NormalizeArgs) {
    i64 index = thread_index() / 32;
    const int lane = threadIdx.x & 31, length = args.size[RANK - 1];
    if (index >= args.threads / length)
        return;
    i64 from = 0, to = 0;
#pragma unroll
    for (int axis = RANK - 2; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
    }
    float value[PER_LANE];
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = 32 * i + lane;
        value[i] = at < length ? (float)load<element_t>(args.input.data, from + at * args.input.stride[RANK - 1]) : 0.0f;
        sum += value[i];
    }
    const float mean = sum_of_warp(sum) / length;
    float squares = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i)
        squares += 32 * i + lane < length ? (value[i] - mean) * (value[i] - mean) : 0.0f;
    const float factor = 1 / sqrt(sum_of_warp(squares) / length + args.epsilon);
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = 32 * i + lane;
        if (at >= length)
            continue;
        float result = (value[i] - mean) * factor * (float)load<scale_t>(args.scale.data, at * args.scale.stride[RANK - 1]);
        if (args.bias.data != 0)
            result += (float)load<scale_t>(args.bias.data, at * args.bias.stride[RANK - 1]);
        store<output_t>(args.output.data, to + at * args.output.stride[RANK - 1], result);
    }
}
