// alpha A B + beta C over a batch, one thread an element of the result, with the chain behind it (CHAINED, EXTRAS;
// finish is generated).
#include "matmul_places.cuh"

KERNEL(MatMulArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int column = divide_off(index, args.columns);
    const int row = divide_off(index, args.rows);
    const MatMulPlaces places(args, index);
    const i64 a = places.a + row * args.a.stride[max_rank - 2];
    const i64 b = places.b + column * args.b.stride[max_rank - 1];
    typedef Computed<a_t>::type sum_t;
    sum_t sum = 0;
    for (int k = 0; k < args.inner; ++k)
        sum += load<a_t>(args.a.data, a + k * args.a.stride[max_rank - 1]) *
               load<b_t>(args.b.data, b + k * args.b.stride[max_rank - 2]);
    if (Computed<a_t>::real)
        sum = (sum_t)(sum * args.alpha);
    if (args.c.data != 0)
        sum += (sum_t)(args.beta * load<c_t>(args.c.data, row * args.c.stride[max_rank - 2] +
                                                              column * args.c.stride[max_rank - 1]));
    const i64 to = places.output + row * args.output.stride[max_rank - 2] + column * args.output.stride[max_rank - 1];
#if CHAINED
    store<output_t>(args.output.data, to, finish(args, places, row, column, (float)sum));
#else
    store<output_t>(args.output.data, to, sum);
#endif
}
