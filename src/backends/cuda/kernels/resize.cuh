// Resize over any axes: MODE 0 nearest, 1 linear, 2 cubic; COORDINATES and NEAREST as numbered in
// graph/ops.h; EXCLUDE_OUTSIDE; RANK.
#include "args.cuh"
#include "resize_places.cuh"
#include "sampling.cuh"

DEVICE Taps taps_of(int from, int to, float scale, float cubic_a, int i) {
    Taps taps;
    taps.number = 1;
    taps.at[0] = i;
    taps.weight[0] = 1;
    if (from == to && scale == 1)
        return taps;
    const float position = source_position(from, to, scale, i);
    if (MODE == 0) {
        taps.at[0] = limited(nearest(position, scale), from);
        return taps;
    }
    const float base = floor(position);
    const float t = position - base;
    const int first = (int)base - (MODE == 2 ? 1 : 0);
    taps.number = MODE == 2 ? 4 : 2;
    taps.weight[0] = 1 - t;
    taps.weight[1] = t;
    if (MODE == 2)
        set_cubic(taps, t, cubic_a);
    float sum = 0;
    for (int k = 0; k < taps.number; ++k) {
        const int at = first + k;
        if (EXCLUDE_OUTSIDE && (at < 0 || at >= from))
            taps.weight[k] = 0;
        sum += taps.weight[k];
        taps.at[k] = limited(at, from);
    }
    for (int k = 0; EXCLUDE_OUTSIDE && k < taps.number; ++k)
        taps.weight[k] /= sum;
    return taps;
}

KERNEL(ResizeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    Taps taps[RANK];
    i64 to = 0;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.to[axis]);
        to += at * args.output.stride[axis];
        taps[axis] = taps_of(args.from[axis], args.to[axis], args.scale[axis], args.cubic_a, at);
    }
    if (MODE == 0) {
        i64 from = 0;
        for (int axis = 0; axis < RANK; ++axis)
            from += taps[axis].at[0] * args.input.stride[axis];
        ((element_t *)args.output.data)[to] = ((const element_t *)args.input.data)[from];
        return;
    }
    int step[RANK];
    for (int axis = 0; axis < RANK; ++axis)
        step[axis] = 0;
    Computed<element_t>::type sum = 0;
    for (bool more = true; more;) {
        i64 from = 0;
        float weight = 1;
        for (int axis = 0; axis < RANK; ++axis) {
            from += taps[axis].at[step[axis]] * args.input.stride[axis];
            weight *= taps[axis].weight[step[axis]];
        }
        sum += weight * load<element_t>(args.input.data, from);
        more = false;
        for (int axis = RANK - 1; axis >= 0 && !more; --axis) {
            more = ++step[axis] < taps[axis].number;
            if (!more)
                step[axis] = 0;
        }
    }
    store<element_t>(args.output.data, to, sum);
}
