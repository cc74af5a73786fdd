// start, start + step, ...
#include "args.cuh"

KERNEL(RangeArgs) {
    const i64 index = thread_index();
    if (index >= args.threads)
        return;
    if (Computed<output_t>::real)
        store<output_t>(args.output, index, args.start + (double)index * args.step);
    else
        store<output_t>(args.output, index, args.start_integer + index * args.step_integer);
}
