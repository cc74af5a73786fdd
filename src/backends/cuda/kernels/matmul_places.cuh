// Where the matrices of one element of a batch begin.
#pragma once
#include "args.cuh"

struct MatMulPlaces {
    i64 a, b, output;
    i64 extra[EXTRAS > 0 ? EXTRAS : 1];

    DEVICE MatMulPlaces(const MatMulArgs &args, i64 batch) : a(0), b(0), output(0) {
#pragma unroll
        for (int i = 0; i < EXTRAS; ++i)
            extra[i] = 0;
#pragma unroll
        for (int axis = max_rank - 3; axis >= 0; --axis) {
            if (args.batch[axis] == 1)
                continue;
            const int at = divide_off(batch, args.batch[axis]);
            a += at * args.a.stride[axis];
            b += at * args.b.stride[axis];
            output += at * args.output.stride[axis];
#pragma unroll
            for (int i = 0; i < EXTRAS; ++i)
                extra[i] += at * args.extra[i].stride[axis];
        }
    }
};

#if CHAINED
DEVICE float finish(const MatMulArgs &args, const MatMulPlaces &places, int row, int column, float sum) {
    float x[EXTRAS > 0 ? EXTRAS : 1];
    LOAD_EXTRAS
    return chain(sum, x);
}
#endif
