// Padding and cropping: MODE 0 constant, 1 reflect, 2 edge, 3 wrap; elements are moved as they are.
#include "args.cuh"

DEVICE int source_of(int at, int size) {
    if (at >= 0 && at < size)
        return at;
    if (MODE == 0)
        return -1;
    if (MODE == 2)
        return at < 0 ? 0 : size - 1;
    if (MODE == 3)
        return (at % size + size) % size;
    const int period = 2 * (size - 1);
    if (period == 0)
        return 0;
    const int phase = (at % period + period) % period;
    return phase < size ? phase : period - phase;
}

KERNEL(PadArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    i64 to = 0, from = 0;
    bool outside = false;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.to[axis]);
        to += at * args.output.stride[axis];
        const int source = source_of(at - args.begin[axis], args.from[axis]);
        outside |= source < 0;
        from += source * args.input.stride[axis];
    }
    element_t value = Put<element_t>::from((i64)0);
    if (!outside)
        value = ((const element_t *)args.input.data)[from];
    else if (args.value != 0)
        value = *(const element_t *)args.value;
    ((element_t *)args.output.data)[to] = value;
}
