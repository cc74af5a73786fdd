// Resize over any axes: MODE 0 nearest, 1 linear, 2 cubic; COORDINATES and NEAREST as numbered in
// graph/ops.h; EXCLUDE_OUTSIDE; RANK.
#include "args.cuh"
#include "sampling.cuh"

// In single precision, as the operator's runtimes reckon: which neighbour is the nearest depends on it.
DEVICE float source_position(int from, int to, float scale, int i) {
    const float half_pixel = (i + 0.5f) / scale - 0.5f;
    switch (COORDINATES) {
    case 0:
        return half_pixel;
    case 1:
        return (float)from / 2 * (1 - (float)to / (scale * (float)from)) + half_pixel;
    case 2:
        return to > 1 ? half_pixel : 0.0f;
    case 3:
        return to > 1 ? (float)i * (float)(from - 1) / (float)(to - 1) : 0.0f;
    default:
        return (float)i / scale;
    }
}

DEVICE int nearest(float position, float scale) {
    switch (NEAREST) {
    case 0:
        return (int)ceil(position - 0.5f);
    case 1:
        return (int)floor(position + 0.5f);
    case 2:
        return (int)floor(position);
    case 3:
        return (int)ceil(position);
    default:
        return (int)(scale < 1 ? ceil(position) : floor(position));
    }
}

DEVICE int limited(int at, int size) {
    return at < 0 ? 0 : at >= size ? size - 1 : at;
}

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
