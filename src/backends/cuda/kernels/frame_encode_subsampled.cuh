// A picture to the planes of a frame whose chroma is subsampled: a tile of COLUMNS by args.tile_rows samples of chroma, and the
// luma that they stand for, a block. Each warp takes rows of luma in turn, brings their colour differences to the width of
// chroma, and leaves them in shared memory; then the block brings those to its height. Says where a sample is not finite.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "warp_mma.cuh"

enum {
    threads = FRAME_THREADS,
    warps = threads / 32,
    COLUMNS = FRAME_TILE_COLUMNS,
    at_once = 5, // pixels of a lane whose channels are on their way together: 128 and what the filter reads beyond
};

// One tap of a map, in shared memory.
struct alignas(8) Tap {
    int from;
    float weight;
};

// Of `results` results from `first` on, as [tap][result]; each source `step` apart behind `begin`.
DEVICE void load_taps(Tap *taps, const ResamplingTable &map, int first, int results, int pitch, int begin, int step) {
    for (int i = threadIdx.x; i < map.taps * pitch; i += threads) {
        const int k = i / pitch, result = i % pitch;
        if (result < results)
            taps[i] = {(source_at(map, first + result, k) - begin) * step, weight_at(map, first + result, k)};
    }
}

DEVICE Two weighted(const Two *from, const Tap *taps, int pitch, int count) {
    Two sum = {0, 0};
#pragma unroll 4
    for (int k = 0; k < count; ++k) {
        const Tap tap = taps[k * pitch];
        const Two value = from[tap.from];
        sum.x += tap.weight * value.x;
        sum.y += tap.weight * value.y;
    }
    return sum;
}

KERNEL_OF_BLOCKS(FrameEncodeArgs, threads, 4, FRAME_TILE_BYTES) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    i64 index = blockIdx.x;
    const int tile_x = divide_off(index, args.tiles_x), tile_y = (int)index;
    const int first_column = tile_x * COLUMNS, first_row = tile_y * args.tile_rows;
    const int columns = args.chroma_width - first_column < COLUMNS ? args.chroma_width - first_column : COLUMNS;
    const int rows = args.chroma_height - first_row < args.tile_rows ? args.chroma_height - first_row : args.tile_rows;
    const FrameSpan across = ((const FrameSpan *)args.column_spans)[tile_x], down = ((const FrameSpan *)args.row_spans)[tile_y];
    // The luma that this block writes, from the spans' first on.
    const u32 own_x = first_column * args.step_x - across.first, own_width = columns * args.step_x;
    const u32 own_y = first_row * args.step_y - down.first, own_height = rows * args.step_y;

    Tap *const across_taps = (Tap *)shared, *const down_taps = across_taps + args.across.taps * COLUMNS;
    Two *const line = (Two *)(down_taps + args.down.taps * args.tile_rows) + warp * args.line; // of a row, [across.count]
    Two *const narrow = line + (warps - warp) * args.line; // of all rows at the width of chroma, [down.count][COLUMNS]
    load_taps(across_taps, args.across, first_column, columns, COLUMNS, across.first, 1);
    load_taps(down_taps, args.down, first_row, rows, args.tile_rows, down.first, COLUMNS);
    wait_for_block();

    float spoilt = 0; // not a number where a sample is not finite
    for (int row = warp; row < down.count; row += warps) {
        const int y = down.first + row;
        const tensor_t *const picture = (const tensor_t *)args.input.data + y * args.input.row_stride + across.first;
        sample_t *const luma = row_at<sample_t>(args.plane[0], y) + across.first;
        const bool own_row = row - own_y < own_height;
        for (int begin = lane; begin < across.count; begin += 32 * at_once) {
            float value[at_once][3];
#pragma unroll
            for (int k = 0; k < at_once; ++k)
#pragma unroll
                for (int channel = 0; channel < 3; ++channel)
                    value[k][channel] =
                        begin + 32 * k < across.count ? (float)get(picture[channel * args.input.channel_stride + begin + 32 * k]) : 0.0f;
#pragma unroll
            for (int k = 0; k < at_once; ++k) {
                const int at = begin + 32 * k;
                if (at >= across.count)
                    break;
#pragma unroll
                for (int channel = 0; channel < 3; ++channel) {
                    spoilt += 0 * value[k][channel];
                    value[k][channel] = limited(value[k][channel], args.limit);
                }
                line[at] = {row_product(args.matrix, 1, value[k]), row_product(args.matrix, 2, value[k])};
                if (own_row && at - own_x < own_width)
                    luma[at] = sample_of(row_product(args.matrix, 0, value[k]), args.scale, args.most, 0);
            }
        }
        wait_for_warp();
        for (int column = lane; column < columns; column += 32)
            narrow[row * COLUMNS + column] = weighted(line, across_taps + column, COLUMNS, args.across.taps);
        wait_for_warp();
    }
    if (spoilt != 0)
        *(int *)args.not_finite = 1;
    wait_for_block();
    const int column = threadIdx.x % COLUMNS;
    if (column >= columns)
        return;
    for (int row = threadIdx.x / COLUMNS; row < rows; row += threads / COLUMNS) {
        const Two sum = weighted(narrow + column, down_taps + row, args.tile_rows, args.down.taps);
        write_sample(args.plane[1], args.scale, args.most, 1, first_column + column, first_row + row, sum.x);
        write_sample(args.plane[2], args.scale, args.most, 2, first_column + column, first_row + row, sum.y);
    }
}
