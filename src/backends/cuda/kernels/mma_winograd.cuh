// How mma_stream.cuh multiplies by taps of 3x3 where WINOGRAD stands in front, with two thirds of the
// products: two lines of the result at a time, from four lines d0 to d3 of the picture, for each column of
// taps g0, g1, g2 (Winograd's F(2,3); Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// 2016):
//
//      position   pixels       weights         line 0 of the result    line 1
//      0          d0 - d2      g0              +                       .
//      1          d1 + d2      (g0+g1+g2)/2    +                       +
//      2          d2 - d1      (g0-g1+g2)/2    +                       -
//      3          d1 - d3      g2              .                       -
//
// A warp has 4 lines of 16 pixels: two such tiles. Pixels are taken half as large, so that no sum of two is
// more than float16 holds, and weights twice as large (mma_winograd.cpp packs them). What goes into a line's
// sum is what its own taps read: a NaN spoils no more results than it would by nine taps.
// What mma_stream.cuh calls a tap here is two positions of a column: 0 and 3, which alone need the outer
// lines, then 1 and 2. A column's six lines are fetched during the second one before it.
#pragma once
#include "mma_tile.cuh"

enum {
    lines = PIXEL_BLOCKS, // of 16 pixels
    tiles = 2,
    positions = 4,
    at_once = 2, // of these
    pairs = BLOCKS / 2,
    step_taps = COLUMNS * ROWS,
    tap_bytes = at_once * weight_bytes,
};
static_assert(lines == 2 * tiles && TILE_W == 16 && steps == 1 && step_taps == at_once && ROWS == at_once,
              "");

struct Sums {
    float of[positions][tiles][BLOCKS][4];

    DEVICE void begin() {
#pragma unroll
        for (int position = 0; position < positions; ++position)
            clear(of[position]);
    }
    // Line by line.
    DEVICE void give(float (&result)[PIXEL_BLOCKS][BLOCKS][4]) const {
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile)
#pragma unroll
            for (int n = 0; n < BLOCKS; ++n)
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    result[2 * tile][n][e] = of[0][tile][n][e] + (of[1][tile][n][e] + of[2][tile][n][e]);
                    result[2 * tile + 1][n][e] = of[1][tile][n][e] - of[2][tile][n][e] - of[3][tile][n][e];
                }
    }
};

struct Fragments {
    u32 line[lines + 2][4]; // lines 2 to 4 of the column at hand halved
    u32 weights[2][at_once][pairs][4];

    // `place`: of this lane's pixel in the first line.
    DEVICE void load_line(int i, SharedAddress place) {
        load_matrices(line[i], place + i * STEP_Y * HALO_W * pixel_bytes);
    }
    DEVICE void load_pair(int tap, int number, SharedAddress filter) {
        const int position = number / pairs, pair = number % pairs;
        load_words(weights[tap][position][pair], filter + (position * pairs + pair) * 512);
    }
    // What the first tap of a step needs.
    DEVICE void begin(SharedAddress place, SharedAddress filter) {
#pragma unroll
        for (int i = 0; i < lines + 2; ++i)
            load_line(i, place);
#pragma unroll
        for (int number = 0; number < at_once * pairs; ++number)
            load_pair(0, number, filter);
    }
    // The pixels of a tap's positions, halved.
    DEVICE void take(int tap, u32 (&left)[at_once][tiles][4]) {
        const u32 half = 0x38003800u, minus_half = 0xb800b800u;
#pragma unroll
        for (int i = 0; i < 4; ++i)
            if (tap == 0) {
#pragma unroll
                for (int inner = 2; inner <= lines; ++inner)
                    line[inner][i] = multiply_halves(line[inner][i], half);
                left[0][0][i] = multiply_add_halves(line[0][i], half, minus_halves(line[2][i]));
                left[0][1][i] = add_halves(line[2][i], minus_halves(line[4][i]));
                left[1][0][i] = multiply_add_halves(line[1][i], half, minus_halves(line[3][i]));
                left[1][1][i] = multiply_add_halves(line[5][i], minus_half, line[3][i]);
            } else {
                left[0][0][i] = multiply_add_halves(line[1][i], half, line[2][i]);
                left[0][1][i] = add_halves(line[3][i], line[4][i]);
                left[1][0][i] = multiply_add_halves(line[1][i], minus_half, line[2][i]);
                left[1][1][i] = add_halves(line[4][i], minus_halves(line[3][i]));
            }
    }
    // As mma_columns.cuh has it.
    template <typename Between>
    DEVICE void multiply_by(float (&sum)[positions][tiles][BLOCKS][4], int tap, SharedAddress place,
                            SharedAddress filter, const Between &between) {
        u32 left[at_once][tiles][4];
        take(tap, left);
#pragma unroll
        for (int part = 0; part < at_once * tiles; ++part) {
            const int own = part / tiles, tile = part % tiles;
            const int position = tap == 0 ? own * (positions - 1) : 1 + own;
            if (tap == 1)
#pragma unroll
                for (int i = 2 * part; i < 2 * part + 2 && i < lines + 2; ++i)
                    load_line(i, place);
#pragma unroll
            for (int number = 0; number < at_once * pairs; ++number)
                if (number * at_once * tiles / (at_once * pairs) == part)
                    load_pair(1 - tap, number, filter);
            if (part + 1 == at_once * tiles)
                between();
#pragma unroll
            for (int pair = 0; pair < pairs; ++pair)
#pragma unroll
                for (int n = 0; n < 2; ++n)
                    multiply(sum[position][tile][2 * pair + n], left[own][tile],
                             weights[tap][own][pair][2 * n], weights[tap][own][pair][2 * n + 1]);
        }
    }
};
