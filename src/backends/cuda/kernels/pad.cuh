// Padding and cropping: MODE 0 constant, 1 reflect, 2 edge, 3 wrap; elements are moved as they are,
// VECTOR neighbours of the last axis a thread.
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

struct alignas(sizeof(element_t) * VECTOR) Pack {
    element_t item[VECTOR];
};

KERNEL(PadArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int last = RANK - 1;
    const int first = divide_off(index, args.to[last] / VECTOR) * VECTOR;
    i64 to = first * args.output.stride[last], from = 0;
    bool outside = false;
    for (int axis = RANK - 2; axis >= 0; --axis) {
        const int at = divide_off(index, args.to[axis]);
        to += at * args.output.stride[axis];
        const int source = source_of(at - args.begin[axis], args.from[axis]);
        outside |= source < 0;
        from += source * args.input.stride[axis];
    }
    const element_t zero = Put<element_t>::from((i64)0);
    const element_t border = args.value != 0 ? *(const element_t *)args.value : zero;
    Pack pack;
#pragma unroll
    for (int k = 0; k < VECTOR; ++k) {
        const int at = first + k;
        const int source = at < args.valid ? source_of(at - args.begin[last], args.from[last]) : -1;
        pack.item[k] = at >= args.valid ? zero : border;
        if (!outside && source >= 0)
            pack.item[k] = ((const element_t *)args.input.data)[from + source * args.input.stride[last]];
    }
    *(Pack *)((element_t *)args.output.data + to) = pack;
}
