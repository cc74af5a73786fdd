// A picture to the planes of a frame whose chroma is subsampled: a tile of COLUMNS by args.tile_rows samples of chroma, and the
// luma that they stand for, a block. Each warp takes rows of luma in turn, brings their colour differences to the width of
// chroma, and leaves them in shared memory; then the block brings those to its height. Says where a sample is not finite.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "warp_mma.cuh"

enum {
    threads = 256,
    warps = threads / 32,
    COLUMNS = FRAME_TILE_COLUMNS,
    at_once = 4, // pixels of a lane whose channels are on their way together
};

KERNEL_OF_BLOCKS(FrameEncodeArgs, threads, 4, FRAME_TILE_BYTES) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    i64 index = blockIdx.x;
    const int tile_x = divide_off(index, args.tiles_x), tile_y = (int)index;
    const int first_column = tile_x * COLUMNS, first_row = tile_y * args.tile_rows;
    const int columns = args.chroma_width - first_column < COLUMNS ? args.chroma_width - first_column : COLUMNS;
    const int rows = args.chroma_height - first_row < args.tile_rows ? args.chroma_height - first_row : args.tile_rows;
    const FrameSpan across = ((const FrameSpan *)args.column_spans)[tile_x], down = ((const FrameSpan *)args.row_spans)[tile_y];
    // The luma that this block writes.
    const int own_x = first_column * args.step_x, end_x = own_x + columns * args.step_x;
    const int own_y = first_row * args.step_y, end_y = own_y + rows * args.step_y;

    Two *const line = (Two *)shared + warp * args.line; // colour differences of a row, [across.count]
    Two *const narrow = (Two *)shared + warps * args.line; // of all rows at the width of chroma, [down.count][COLUMNS]
    bool finite = true;
    for (int row = warp; row < down.count; row += warps) {
        const int y = down.first + row;
        for (int begin = lane; begin < across.count; begin += 32 * at_once) {
            float value[at_once][3];
#pragma unroll
            for (int k = 0; k < at_once; ++k)
#pragma unroll
                for (int channel = 0; channel < 3; ++channel)
                    value[k][channel] =
                        begin + 32 * k < across.count ? read_channel(args.input, channel, across.first + begin + 32 * k, y) : 0.0f;
#pragma unroll
            for (int k = 0; k < at_once; ++k) {
                const int at = begin + 32 * k, x = across.first + at;
                if (at >= across.count)
                    break;
                for (int channel = 0; channel < 3; ++channel) {
                    finite &= value[k][channel] - value[k][channel] == 0;
                    value[k][channel] = limited(value[k][channel], args.limit);
                }
                line[at].x = row_product(args.matrix, 1, value[k]);
                line[at].y = row_product(args.matrix, 2, value[k]);
                if (x >= own_x && x < end_x && y >= own_y && y < end_y)
                    write_sample(args.plane[0], args.scale, args.most, 0, x, y, row_product(args.matrix, 0, value[k]));
            }
        }
        wait_for_warp();
        for (int column = lane; column < columns; column += 32) {
            Two sum = {0, 0};
            for (int k = 0; k < args.across.taps; ++k) {
                const Two from = line[source_at(args.across, first_column + column, k) - across.first];
                const float weight = weight_at(args.across, first_column + column, k);
                sum.x += weight * from.x;
                sum.y += weight * from.y;
            }
            narrow[row * COLUMNS + column] = sum;
        }
        wait_for_warp();
    }
    if (!finite)
        *(int *)args.not_finite = 1;
    wait_for_block();
    for (int i = threadIdx.x; i < rows * COLUMNS; i += threads) {
        const int column = i % COLUMNS, row = first_row + i / COLUMNS;
        if (column >= columns)
            continue;
        Two sum = {0, 0};
        for (int k = 0; k < args.down.taps; ++k) {
            const Two from = narrow[(source_at(args.down, row, k) - down.first) * COLUMNS + column];
            const float weight = weight_at(args.down, row, k);
            sum.x += weight * from.x;
            sum.y += weight * from.y;
        }
        write_sample(args.plane[1], args.scale, args.most, 1, first_column + column, row, sum.x);
        write_sample(args.plane[2], args.scale, args.most, 2, first_column + column, row, sum.y);
    }
}
