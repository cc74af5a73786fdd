// alpha A B + beta C over a batch, one thread an element of the result.
#include "args.cuh"

KERNEL(MatMulArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int column = divide_off(index, args.columns);
    const int row = divide_off(index, args.rows);
    i64 a = row * args.a.stride[max_rank - 2], b = column * args.b.stride[max_rank - 1];
    i64 c = row * args.c.stride[max_rank - 2] + column * args.c.stride[max_rank - 1];
    i64 to = row * args.output.stride[max_rank - 2] + column * args.output.stride[max_rank - 1];
    for (int axis = max_rank - 3; axis >= 0; --axis) {
        const int at = divide_off(index, args.batch[axis]);
        a += at * args.a.stride[axis];
        b += at * args.b.stride[axis];
        to += at * args.output.stride[axis];
    }
    typedef Computed<a_t>::type sum_t;
    sum_t sum = 0;
    for (int k = 0; k < args.inner; ++k)
        sum += load<a_t>(args.a.data, a + k * args.a.stride[max_rank - 1]) *
               load<b_t>(args.b.data, b + k * args.b.stride[max_rank - 2]);
    if (Computed<a_t>::real)
        sum = (sum_t)(sum * args.alpha);
    if (args.c.data != 0)
        sum += (sum_t)(args.beta * load<c_t>(args.c.data, c));
    store<output_t>(args.output.data, to, sum);
}
