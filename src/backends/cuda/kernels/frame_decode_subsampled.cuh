// A tile of a frame whose chroma is subsampled to red, green and blue: a strip of 32 columns by args.strip_rows a warp. Each
// lane brings the chroma that its column needs to the width of luma, row by row into shared memory, and then to its height
// for one row of the strip after the other.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "warp_mma.cuh"

enum {
    threads = FRAME_THREADS,
    warps = threads / 32,
    TAPS = FRAME_ENLARGING_TAPS,
    at_once = 4, // rows whose luma is on its way together
};

// Which rows of chroma a row of the strip is made from.
struct alignas(16) StripRow {
    int from[TAPS];
    float weight[TAPS];
    int y; // of the frame; negative: it is zero
    int least, most; // of `from`
};

KERNEL_OF_BLOCKS(FrameDecodeArgs, threads, 4, FRAME_TILE_BYTES) {
    static_assert(sizeof(StripRow) == FRAME_STRIP_ROW_BYTES, "frame_args.cuh");
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    i64 index = (i64)blockIdx.x * warps + warp;
    const int column = divide_off(index, (args.tile_width + 31) / 32) * 32 + lane, first_row = (int)index * args.strip_rows;
    if (first_row >= args.tile_height)
        return;
    StripRow *const rows = (StripRow *)shared + warp * args.strip_rows;
    Two *const wide = (Two *)((StripRow *)shared + warps * args.strip_rows) + warp * args.chroma_rows * 32 + lane; // [row][lane]

    if (lane < args.strip_rows) {
        StripRow row = {{0, 0, 0, 0}, {0, 0, 0, 0}, -1, args.height, -1};
        if (first_row + lane < args.tile_height)
            row.y = inside(first_row + lane + args.origin_y, args.height, args.border);
        for (int k = 0; k < TAPS && row.y >= 0; ++k) {
            const bool is_there = k < args.down.taps;
            row.from[k] = source_at(args.down, row.y, is_there ? k : 0);
            row.weight[k] = is_there ? weight_at(args.down, row.y, k) : 0.0f;
            row.least = row.from[k] < row.least ? row.from[k] : row.least;
            row.most = row.from[k] > row.most ? row.from[k] : row.most;
        }
        rows[lane] = row;
    }
    wait_for_warp();
    int begin = args.height, last = -1;
    for (int i = 0; i < args.strip_rows; ++i) {
        begin = rows[i].least < begin ? rows[i].least : begin;
        last = rows[i].most > last ? rows[i].most : last;
    }

    const int x = column < args.tile_width ? inside(column + args.origin_x, args.width, args.border) : -1;
    int from[TAPS];
    float weight[TAPS];
#pragma unroll
    for (int k = 0; k < TAPS; ++k) {
        const bool is_there = x >= 0 && k < args.across.taps;
        from[k] = is_there ? source_at(args.across, x, k) : 0;
        weight[k] = is_there ? weight_at(args.across, x, k) : 0.0f;
    }
#pragma unroll 2
    for (int row = begin; row <= last; ++row) {
        const sample_t *const blue = row_at<const sample_t>(args.plane[1], row), *const red = row_at<const sample_t>(args.plane[2], row);
        Two sum = {0, 0};
#pragma unroll
        for (int k = 0; k < TAPS; ++k) {
            sum.x += weight[k] * (float)get(blue[from[k]]);
            sum.y += weight[k] * (float)get(red[from[k]]);
        }
        wide[(row - begin) * 32] = sum;
    }
    if (column >= args.tile_width)
        return;
    for (int first = 0; first < args.strip_rows; first += at_once) {
        float luma[at_once];
#pragma unroll
        for (int i = 0; i < at_once; ++i) {
            const int y = rows[first + i].y;
            luma[i] = x >= 0 && y >= 0 ? read_sample(args.plane[0], x, y) : 0.0f;
        }
#pragma unroll
        for (int i = 0; i < at_once; ++i) {
            const StripRow row = rows[first + i];
            if (first_row + first + i >= args.tile_height)
                return;
            float result[3] = {0, 0, 0};
            if (x >= 0 && row.y >= 0) {
                Two sum = {0, 0}; // the weights add up to 1: what the sum stands for is the sum of what samples stand for
#pragma unroll
                for (int k = 0; k < TAPS; ++k) {
                    const Two value = wide[(row.from[k] - begin) * 32];
                    sum.x += row.weight[k] * value.x;
                    sum.y += row.weight[k] * value.y;
                }
                const float yuv[3] = {value_of(luma[i], args.scale, 0), value_of(sum.x, args.scale, 1), value_of(sum.y, args.scale, 2)};
                for (int channel = 0; channel < 3; ++channel)
                    result[channel] = row_product(args.matrix, channel, yuv);
            }
            for (int channel = 0; channel < 3; ++channel)
                store<tensor_t>(args.output[channel], (i64)(first_row + first + i) * args.tile_width + column, result[channel]);
        }
    }
}
