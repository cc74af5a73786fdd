// Where TAIL_CHANNELS stands in front, mma_stream.cuh does not store its results, 64 channels of a pixel: a
// warp multiplies them, as they would be stored, by the taps of a 3x3 convolution behind it to TAIL_CHANNELS
// channels, at most 4, and adds these up. No tensor is added before.
//
// A warp's 4 rows of 16 pixels give sums of 6 rows of 18, of which the corner lies a pixel above and left of
// its own; tap (a, b) of a pixel adds to the one a rows below the corner's and b columns right of it. The
// warp's neighbours have the rest. Each row of each channel is a line of `tail_pitch` floats:
//
//      16 columns of every tile of the row | 2 columns more behind each of these
//
// mma_tail_sums.cuh adds up what belongs together. The sums over rows are the product's own, those over
// columns are of shuffles.
#pragma once
#include "mma_results.cuh"

#if TAIL_CHANNELS > 0

struct TailArgs : EpilogueArgs {
    unsigned long long tail_weights; // as mma_tail.cpp packs them
    unsigned long long tail_sums;    // floats
    long long tail_pitch;
};

enum {
    tail_rows = PIXEL_BLOCKS + 2,
    tail_steps = BLOCKS / 2, // of an mma
};

// What is stored of the sums, as the left operand of the products: zeros outside of the picture.
struct TailPixels {
    u32 word[PIXEL_BLOCKS][tail_steps][4];

    DEVICE void take(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int y, int x) {
        const int lane = threadIdx.x & 31;
#pragma unroll
        for (int group = 0; group < groups; ++group) {
            const int first = mma_channel(BLOCKS, of_group * group, lane & 3, 0);
            EpilogueChannel channels[neighbours];
#pragma unroll
            for (int k = 0; k < neighbours; ++k)
                channels[k] = epilogue_channel(epi, first + k);
#pragma unroll
            for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
                const bool inside = y + i / 2 < epi.height && x + i % 2 * 8 < epi.width;
                Neighbours own;
#pragma unroll
                for (int k = 0; k < neighbours; ++k)
                    own.v[k] = sum[i / 2][of_group * group + k / 2][i % 2 * 2 + k % 2];
                own = result_of(channels, Operands(), own);
#pragma unroll
                for (int block = 0; block < of_group; ++block) {
                    const int part = of_group * group + block;
                    const u32 pair = pack2(own.v[2 * block], own.v[2 * block + 1]);
                    word[i / 2][part / 2][part % 2 * 2 + i % 2] = inside ? pair : 0;
                }
            }
        }
    }
};

// What a lane has of a row: of pixels lane / 4 and 8 behind it, and of channel lane & 3, of each column of
// taps.
struct TailRow {
    float sum[2][4]; // two blocks of 8 columns of the product

    DEVICE float at(int half, int tap) const { return sum[tap / 2][half * 2 + tap % 2]; }

    DEVICE void store(float *main, float *behind) const {
        const int lane = threadIdx.x & 31, pixel = lane >> 2;
        float own[2] = {at(0, 0), at(1, 0)}, over = 0;
#pragma unroll
        for (int tap = 1; tap < 3; ++tap) {
            const int from = (lane - 4 * tap) & 31;
            const float left = of_lane(at(0, tap), from), right = of_lane(at(1, tap), from);
            own[0] += pixel < tap ? 0.0f : left;
            own[1] += pixel < tap ? left : right;
            over += pixel < tap ? right : 0.0f;
        }
        if ((lane & 3) < TAIL_CHANNELS) {
            main[pixel] = own[0];
            main[pixel + 8] = own[1];
            if (pixel < 2)
                behind[pixel] = over;
        }
    }
};

DEVICE void store_tile(const TailArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tile_y, int tile_x,
                       int, int, float (&)[groups][neighbours]) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, channel = lane & 3;
    TailPixels pixels;
    pixels.take(epi, sum, tile_y + warp * PIXEL_BLOCKS, tile_x + (lane >> 2));
    const unsigned short *weights = (const unsigned short *)epi.tail_weights + lane * 8;
    TailRow row[tail_rows] = {};
#pragma unroll
    for (int tap = 0; tap < 3; ++tap)
#pragma unroll
        for (int step = 0; step < tail_steps; ++step) {
            u32 b[4];
            read_constants(b, weights + (tap * tail_steps + step) * (32 * 8));
#pragma unroll
            for (int line = 0; line < PIXEL_BLOCKS; ++line) {
                multiply(row[line + tap].sum[0], pixels.word[line][step], b[0], b[1]);
                multiply(row[line + tap].sum[1], pixels.word[line][step], b[2], b[3]);
            }
        }
    const int strip = tile_y / PIXEL_BLOCKS + warp, tile = tile_x / 16, tiles = (int)epi.tail_pitch / 18;
    float *line =
        (float *)epi.tail_sums + ((i64)strip * tail_rows * TAIL_CHANNELS + channel) * epi.tail_pitch;
#pragma unroll
    for (int y = 0; y < tail_rows; ++y, line += TAIL_CHANNELS * epi.tail_pitch)
        row[y].store(line + tile_x, line + tiles * 16 + tile * 2);
}

#else
#define TAIL_CHANNELS 0
#endif
