// Gather along one axis. RANK is the result's: the axes before, those of the indices, those behind.
#include "args.cuh"

KERNEL(GatherArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    i64 to = 0, from = 0, chosen = 0;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        to += at * args.output.stride[axis];
        from += at * args.input.stride[axis]; // 0 along the indices' axes
        chosen += at * args.indices.stride[axis];
    }
    i64 place = (i64)load<index_t>(args.indices.data, chosen);
    place += place < 0 ? args.limit : 0;
    place = place < 0 ? 0 : place >= args.limit ? args.limit - 1 : place;
    ((element_t *)args.output.data)[to] =
        ((const element_t *)args.input.data)[from + place * args.input.stride[max_rank - 1]];
}
