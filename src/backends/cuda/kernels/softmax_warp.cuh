// Softmax over one axis, a warp a row of it, which it keeps in registers: PER_LANE elements a lane; LOGARITHM.
#include "args.cuh"

KERNEL(SoftmaxArgs) {
    i64 index = thread_index() / 32;
    const int lane = threadIdx.x & 31;
    if (index >= args.threads)
        return;
    i64 from = 0, to = 0;
#pragma unroll
    for (int axis = max_rank - 1; axis >= 0; --axis) {
        if (args.kept[axis] == 1)
            continue;
        const int at = divide_off(index, args.kept[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
    }
    float value[PER_LANE];
    float most = -infinity();
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = 32 * i + lane;
        value[i] = at < args.length ? (float)load<element_t>(args.input.data, from + at * args.input_step) : -infinity();
        most = value[i] > most ? value[i] : most;
    }
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) {
        const float other = __shfl_xor_sync(~0u, most, distance);
        most = other > most ? other : most;
    }
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        value[i] -= most;
        sum += 32 * i + lane < args.length ? exp(value[i]) : 0.0f;
    }
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(~0u, sum, distance);
    const float logarithm = log(sum);
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) {
        const int at = 32 * i + lane;
        if (at < args.length)
            store<output_t>(args.output.data, to + at * args.output_step, LOGARITHM ? value[i] - logarithm : exp(value[i]) / sum);
    }
}
