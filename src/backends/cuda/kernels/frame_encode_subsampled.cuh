// A picture to the planes of a frame whose chroma is subsampled: a tile of COLUMNS by args.tile_rows samples of chroma, and the
// luma that they stand for, a block. Each warp takes rows of luma in turn, two neighbouring pixels a lane, brings their colour
// differences to the width of chroma, and leaves them in shared memory; then the block brings those to its height. Says where a
// sample is not finite. In front stand STEP_X and STEP_Y, the luma samples that one of chroma stands for.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "pack.cuh"
#include "warp_mma.cuh"

enum {
    threads = FRAME_THREADS,
    warps = threads / 32,
    COLUMNS = STEP_X == 1 ? FRAME_TILE_COLUMNS_OF_1 : STEP_X == 2 ? FRAME_TILE_COLUMNS_OF_2 : FRAME_TILE_COLUMNS_OF_4,
    PIECES = STEP_X == 1 ? 1 : 2, // of a row of luma, 64 pixels each
    TAPS_X = STEP_X == 1 ? 1 : 4 * STEP_X,
    TAPS_Y = STEP_Y == 1 ? 1 : 4 * STEP_Y,
    HALF = 32 * PIECES, // even columns, or odd ones, of a row
};

// One tap of a map, in shared memory.
struct alignas(8) Tap {
    int from;
    float weight;
};

// Two neighbouring pixels of a row, by channel.
struct PairOfPixels {
    Pack<tensor_t, 2> channel[3];
};

DEVICE PairOfPixels read_pair(const FrameEncodeArgs &args, int y, int x) {
    const tensor_t *const row = (const tensor_t *)args.input.data + y * args.input.row_stride;
    PairOfPixels pair;
    if (args.pairs_of_pixels && x >= 0 && x + 1 < args.width) {
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            pair.channel[channel] = *(const Pack<tensor_t, 2> *)(row + channel * args.input.channel_stride + x);
        return pair;
    }
    const int first = reflected(x, args.width), second = reflected(x + 1, args.width);
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        pair.channel[channel].item[0] = row[channel * args.input.channel_stride + first];
        pair.channel[channel].item[1] = row[channel * args.input.channel_stride + second];
    }
    return pair;
}

// Luma's sample: args.of_luma gives it as a part of the largest one.
template <typename T>
struct LumaOf {
    DEVICE static T from(const FrameEncodeArgs &args, const float (&v)[3]) {
        const float part = args.of_luma[0] * v[0] + (args.of_luma[1] * v[1] + (args.of_luma[2] * v[2] + args.luma_zero));
        return (T)bits_of_float(saturated(part) * args.most + 12582912.0f);
    }
};
template <>
struct LumaOf<float> {
    DEVICE static float from(const FrameEncodeArgs &args, const float (&v)[3]) { return row_product(args.matrix, 0, v); }
};
template <>
struct LumaOf<half_t> {
    DEVICE static half_t from(const FrameEncodeArgs &args, const float (&v)[3]) { return Put<half_t>::from(row_product(args.matrix, 0, v)); }
};

DEVICE void write_luma(const FrameEncodeArgs &args, int y, int x, u32 own_x, u32 own_width, const Pack<sample_t, 2> &luma) {
    sample_t *const to = row_at<sample_t>(args.plane[0], y) + x;
    const bool first = (u32)x - own_x < own_width, second = (u32)x + 1 - own_x < own_width;
    if (args.pairs_of_luma && first && second) {
        *(Pack<sample_t, 2> *)to = luma;
        return;
    }
    if (first)
        to[0] = luma.item[0];
    if (second)
        to[1] = luma.item[1];
}

KERNEL_OF_BLOCKS(FrameEncodeArgs, threads, 5, FRAME_TILE_BYTES) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    i64 index = blockIdx.x;
    const int tile_x = divide_off(index, args.tiles_x), tile_y = (int)index;
    const int first_column = tile_x * COLUMNS, first_row = tile_y * args.tile_rows;
    const int columns = args.chroma_width - first_column < COLUMNS ? args.chroma_width - first_column : COLUMNS;
    const int rows = args.chroma_height - first_row < args.tile_rows ? args.chroma_height - first_row : args.tile_rows;
    const FrameSpan down = ((const FrameSpan *)args.row_spans)[tile_y];
    // The luma that this block writes.
    const u32 own_x = first_column * STEP_X, own_width = columns * STEP_X;
    const u32 own_y = first_row * STEP_Y, own_height = rows * STEP_Y;
    // What its first column reads from; pairs begin at even ones.
    const int odd = args.first_tap & 1, begin = (int)own_x + args.first_tap - odd;

    Tap *const down_taps = (Tap *)shared; // [row][tap]
    Two *const line = (Two *)(down_taps + TAPS_Y * args.tile_rows) + warp * 2 * HALF; // of a row: even columns, then odd ones
    Two *const narrow = line + (warps - warp) * 2 * HALF; // of all rows at the width of chroma, [down.count][COLUMNS]
    for (int i = threadIdx.x; i < TAPS_Y * rows; i += threads) {
        const int row = first_row + i / TAPS_Y, k = i % TAPS_Y;
        down_taps[i] = {(source_at(args.down, row, k) - down.first) * COLUMNS, weight_at(args.down, row, k)};
    }

    float spoilt = 0; // not a number where a sample is not finite
    PairOfPixels next[PIECES];
#pragma unroll
    for (int piece = 0; piece < PIECES; ++piece)
        next[piece] = read_pair(args, down.first + (warp < down.count ? warp : 0), begin + 2 * (32 * piece + lane));
#pragma unroll 1
    for (int row = warp; row < down.count; row += warps) {
        const int y = down.first + row;
        PairOfPixels now[PIECES];
#pragma unroll
        for (int piece = 0; piece < PIECES; ++piece) {
            now[piece] = next[piece];
            next[piece] = read_pair(args, row + warps < down.count ? y + warps : y, begin + 2 * (32 * piece + lane));
        }
        const bool own_row = (u32)y - own_y < own_height;
#pragma unroll
        for (int piece = 0; piece < PIECES; ++piece) {
            const int at = 32 * piece + lane;
            Pack<sample_t, 2> luma;
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                float value[3];
#pragma unroll
                for (int channel = 0; channel < 3; ++channel) {
                    const float v = (float)get(now[piece].channel[channel].item[i]);
                    spoilt += 0 * v;
                    value[channel] = args.limit ? saturated(v) : v;
                }
                line[i * HALF + at] = {row_product(args.matrix, 1, value), row_product(args.matrix, 2, value)};
                luma.item[i] = LumaOf<sample_t>::from(args, value);
            }
            if (own_row)
                write_luma(args, y, begin + 2 * at, own_x, own_width, luma);
        }
        wait_for_warp();
#pragma unroll
        for (int part = 0; part < (COLUMNS + 31) / 32; ++part) {
            const int column = 32 * part + lane;
            if (column >= COLUMNS)
                break;
            // Taps 0, 2, 4, ... of the column, and 1, 3, 5, ...
            const Two *const even = STEP_X == 1 ? line + (column & 1) * HALF + column / 2 : line + odd * HALF + column * (STEP_X / 2);
            const Two *const odds = line + (1 - odd) * HALF + odd + column * (STEP_X / 2);
            Two sum = {0, 0};
#pragma unroll
            for (int k = 0; k < TAPS_X; ++k) {
                const Two value = k % 2 == 0 ? even[k / 2] : odds[k / 2];
                sum.x += args.across_weights[k] * value.x;
                sum.y += args.across_weights[k] * value.y;
            }
            narrow[row * COLUMNS + column] = sum;
        }
        wait_for_warp();
    }
    if (spoilt != 0)
        *(int *)args.not_finite = 1;
    wait_for_block();
    const int column = threadIdx.x % COLUMNS;
    if (column >= columns || threadIdx.x >= threads / COLUMNS * COLUMNS)
        return;
#pragma unroll 1
    for (int row = threadIdx.x / COLUMNS; row < rows; row += threads / COLUMNS) {
        Two sum = {0, 0};
#pragma unroll
        for (int k = 0; k < TAPS_Y; ++k) {
            const Tap tap = down_taps[row * TAPS_Y + k];
            const Two value = narrow[column + tap.from];
            sum.x += tap.weight * value.x;
            sum.y += tap.weight * value.y;
        }
        write_sample(args.plane[1], args.scale, args.most, 1, first_column + column, first_row + row, sum.x);
        write_sample(args.plane[2], args.scale, args.most, 2, first_column + column, first_row + row, sum.y);
    }
}
