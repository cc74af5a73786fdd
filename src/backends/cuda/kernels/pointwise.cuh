// A chain of pointwise operators over tensors of any strides: one thread computes VECTOR neighbours along the
// last axis. In front of it stand generated lines: RANK, INPUTS, VECTOR, VALUES(k) (declares x0, x1, ... of
// neighbour k and gives the result), the element types input0_t, ... and output_t, and LOAD_ALL.
#include "args.cuh"
#include "pack.cuh"

// VECTOR neighbours; contiguous ones by one access. What lies behind the last valid element is not read.
template <typename T>
struct Lanes {
    typename Computed<T>::type value[VECTOR];

    DEVICE void read(const Operand &operand, const int *at, int valid) {
        i64 offset = 0;
#pragma unroll
        for (int axis = 0; axis < RANK; ++axis)
            offset += at[axis] * operand.stride[axis];
        const i64 step = operand.stride[RANK - 1];
        if (VECTOR > 1 && step == 1) {
            const Pack<T, VECTOR> pack = *(const Pack<T, VECTOR> *)((const T *)operand.data + offset);
#pragma unroll
            for (int k = 0; k < VECTOR; ++k)
                value[k] = get(pack.item[k]);
        } else {
#pragma unroll
            for (int k = 0; k < VECTOR; ++k)
                value[k] = k < valid ? load<T>(operand.data, offset + k * step) : (typename Computed<T>::type)0;
        }
    }
};

KERNEL(PointwiseArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    int at[RANK];
    at[RANK - 1] = divide_off(index, args.size[RANK - 1] / VECTOR) * VECTOR;
#pragma unroll
    for (int axis = RANK - 2; axis >= 0; --axis)
        at[axis] = divide_off(index, args.size[axis]);
    i64 offset = 0;
#pragma unroll
    for (int axis = 0; axis < RANK; ++axis)
        offset += at[axis] * args.output.stride[axis];
    Pack<output_t, VECTOR> result;
    const int valid = args.valid - at[RANK - 1];
    if (valid > 0) {
        LOAD_ALL
#pragma unroll
        for (int k = 0; k < VECTOR; ++k)
            result.item[k] = k < valid ? Put<output_t>::from(VALUE(k)) : Put<output_t>::from((i64)0);
    } else {
#pragma unroll
        for (int k = 0; k < VECTOR; ++k)
            result.item[k] = Put<output_t>::from((i64)0);
    }
    *(Pack<output_t, VECTOR> *)((output_t *)args.output.data + offset) = result;
}
