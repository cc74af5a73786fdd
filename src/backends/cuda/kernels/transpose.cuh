// A copy whose elements are neighbours along one axis in the input and along another in the output: tiles of both axes go
// through shared memory, so that neighbours are read and written together. The axes are those of the output's memory, the
// last but one the input's own. In front of it stand RANK, input_t, output_t and VALUE(x), which converts.
#define BRAIN 0 // no products
#include "args.cuh"
#include "warp_mma.cuh"

enum {
    TILE = 64,
    threads = 256,
    pitch = TILE + 4 / (sizeof(output_t) < 4 ? sizeof(output_t) : 4), // an odd number of words: all banks along a column
};

KERNEL_OF_BLOCKS(PointwiseArgs, threads, 4, TILE * pitch * sizeof(output_t)) {
    output_t *const tile = (output_t *)shared;
    const int columns = args.size[RANK - 1], rows = args.size[RANK - 2];
    i64 index = blockIdx.x;
    const int column0 = divide_off(index, (columns + TILE - 1) / TILE) * TILE;
    const int row0 = divide_off(index, (rows + TILE - 1) / TILE) * TILE;
    i64 from = 0, to = 0;
#pragma unroll
    for (int axis = RANK - 3; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        from += at * args.input[0].stride[axis];
        to += at * args.output.stride[axis];
    }
    const int fast = threadIdx.x % TILE, slow = threadIdx.x / TILE;
#pragma unroll
    for (int i = 0; i < TILE; i += threads / TILE) {
        const int column = column0 + slow + i, row = row0 + fast;
        output_t element = Put<output_t>::from((i64)0);
        if (column < args.valid && row < rows) {
            const Computed<input_t>::type x = load<input_t>(args.input[0].data, from + row + column * args.input[0].stride[RANK - 1]);
            element = Put<output_t>::from(VALUE(x));
        }
        tile[(slow + i) * pitch + fast] = element;
    }
    wait_for_block();
#pragma unroll
    for (int i = 0; i < TILE; i += threads / TILE) {
        const int column = column0 + fast, row = row0 + slow + i;
        if (column < columns && row < rows)
            ((output_t *)args.output.data)[to + row * args.output.stride[RANK - 2] + column] = tile[fast * pitch + slow + i];
    }
}
