// One picture as an expression of others: a thread computes all channels of ROWS pixels below each other, from
// sources that it reads wherever resizes and warps lead. In front stand generated lines: offset_t (of elements
// in a source), THREADS_OF_BLOCK, BLOCKS (of a multiprocessor, at least), ROWS, and EXPRESSION, lines that
// compute the pixels from (y, x) on and store them.
#include "expression_places.cuh"

KERNEL_OF(ExpressionArgs, THREADS_OF_BLOCK, BLOCKS) {
    // Tiles of 32 x 8 threads: what neighbours read lies near.
    const u32 index = (u32)thread_index(), tile = index / 256, place = index % 256;
    const int x = (int)(tile % (u32)args.tiles_x * 32 + place % 32);
    const int y = (int)(tile / (u32)args.tiles_x * 8 + place / 32) * ROWS;
    if (x >= args.width || y >= args.height)
        return;
    EXPRESSION
}
