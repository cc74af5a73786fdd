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
#include "mma_rounded.cuh"

#if TAIL_CHANNELS > 0

struct TailArgs : EpilogueArgs {
    unsigned long long tail_weights; // as mma_tail.cpp packs them
    unsigned long long tail_sums;    // floats
    long long tail_pitch;
};

enum { tail_rows = PIXEL_BLOCKS + 2 };

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
    const int y = tile_y + warp * PIXEL_BLOCKS, x = tile_x + (lane >> 2);
    RoundedPixels pixels; // zeros outside of the picture
    pixels.take(epi, sum,
                [&](int row, int half) { return y + row < epi.height && x + half * 8 < epi.width; });
    const unsigned short *weights = (const unsigned short *)epi.tail_weights + lane * 8;
    TailRow row[tail_rows] = {};
#pragma unroll
    for (int tap = 0; tap < 3; ++tap)
#pragma unroll
        for (int step = 0; step < rounded_steps; ++step) {
            u32 b[4];
            read_constants(b, weights + (tap * rounded_steps + step) * (32 * 8));
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
    for (int i = 0; i < tail_rows; ++i, line += TAIL_CHANNELS * epi.tail_pitch)
        row[i].store(line + tile_x, line + tiles * 16 + tile * 2);
}

#else
#define TAIL_CHANNELS 0
#endif
