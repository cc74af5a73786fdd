// GatherElements, GatherND (TO_PLAIN) and ScatterElements, ScatterND (else). DEPTH indices say one place.
#include "args.cuh"

KERNEL(IndexedArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    i64 plain = 0, pointed = 0, chosen = 0;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        plain += at * args.plain.stride[axis];
        pointed += at * args.pointed.stride[axis];
        chosen += at * args.indices.stride[axis];
    }
    for (int i = 0; i < DEPTH; ++i) {
        i64 place = (i64)load<index_t>(args.indices.data, chosen + i * args.index_step);
        place += place < 0 ? args.limit[i] : 0;
        place = place < 0 ? 0 : place >= args.limit[i] ? args.limit[i] - 1 : place;
        pointed += place * args.place_step[i];
    }
    if (TO_PLAIN)
        ((element_t *)args.plain.data)[plain] = ((const element_t *)args.pointed.data)[pointed];
    else
        ((element_t *)args.pointed.data)[pointed] = ((const element_t *)args.plain.data)[plain];
}
