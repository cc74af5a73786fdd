// How mma_stream.cuh multiplies a step: COLUMNS of taps, each of ROWS taps of which one lies a row of the
// warp's pixels below the other. A warp's tile is `lines` rows of `across` blocks of 16 pixels, and its row i
// at tap t is row i + t at the first tap: each is fetched once a column.
//
//      pixels of row      0   1   2   3   4   5            lines = 4, ROWS = 3
//      tap 0              x   x   x   x   .                . is fetched meanwhile
//      tap 1                  x   x   x   x   .
//      tap 2              .   .   x   x   x   x            the next column's, where the registers are free
//
// The next tap's weights are fetched meanwhile too, at the end of a step those of the step behind it: no
// product has to wait for shared memory.
#pragma once
#include "mma_tile.cuh"

enum {
    across = TILE_W / 16,
    lines = PIXEL_BLOCKS / across,
    pairs = BLOCKS / 2,
    step_taps = COLUMNS * ROWS,
    tap_bytes = weight_bytes,
};

struct Sums {
    float of[PIXEL_BLOCKS][BLOCKS][4];

    DEVICE void begin() { clear(of); }
};

// A block of pixels by two blocks of filters.
DEVICE void multiply_pair(float (&left)[4], float (&right)[4], const Left (&a)[steps],
                          const u32 (&b)[steps][pairs][4], int pair) {
#if PRODUCT == HALF_SUMS // of a tap's chunk
    Part part[2] = {};
#pragma unroll
    for (int k = 0; k < steps; ++k) {
        multiply_part(part[0], a[k], b[k][pair][0], b[k][pair][1]);
        multiply_part(part[1], a[k], b[k][pair][2], b[k][pair][3]);
    }
    add_part(left, part[0]);
    add_part(right, part[1]);
#else
#pragma unroll
    for (int k = 0; k < steps; ++k) {
        multiply_part(left, a[k], b[k][pair][0], b[k][pair][1]);
        multiply_part(right, a[k], b[k][pair][2], b[k][pair][3]);
    }
#endif
}

struct Fragments {
    enum {
        kept = step_taps % 3 == 0 ? 3 : 2, // weights of taps
        left_over = step_taps % kept,
    };
    Left pixels[lines + ROWS - 1][across][steps];
    u32 weights[kept][steps][pairs][4];

    // `place`: of this lane's pixel in the first line.
    DEVICE void load_line(int line, SharedAddress place) {
#pragma unroll
        for (int i = 0; i < across; ++i)
#pragma unroll
            for (int k = 0; k < steps; ++k)
                load_matrices(pixels[line][i][k].word, (place ^ k * 32) + block_place(line * across + i));
    }
    DEVICE void load_pair(int tap, int pair, SharedAddress filter) {
#pragma unroll
        for (int k = 0; k < steps; ++k)
            load_words(weights[tap % kept][k][pair], filter + (k * pairs + pair) * 512);
    }
    // What the first tap of a step needs.
    DEVICE void begin(SharedAddress place, SharedAddress filter) {
#pragma unroll
        for (int line = 0; line < lines; ++line)
            load_line(line, place);
#pragma unroll
        for (int pair = 0; pair < pairs; ++pair)
            load_pair(0, pair, filter);
    }
    // By tap `tap` of the step, and what else is to be done meanwhile. `place`: of the same column's pixels,
    // or after its last tap of the next column's; `filter`: the next tap's weights.
    template <typename Between>
    DEVICE void multiply_by(float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tap, SharedAddress place,
                            SharedAddress filter, const Between &between) {
        const int row = tap % ROWS;
        const bool last = row + 1 == ROWS;
        if (!last)
            load_line(lines + row, place);
#pragma unroll
        for (int line = 0; line < lines; ++line) {
#pragma unroll
            for (int i = line == 0 ? 0 : line + ROWS - 2; i < lines && i < line + ROWS - 1; ++i)
                if (last)
                    load_line(i, place);
#pragma unroll
            for (int pair = 0; pair < pairs; ++pair)
                if (pair * lines / pairs == line)
                    load_pair(tap + 1, pair, filter);
            if (line + 1 == lines)
                between();
#pragma unroll
            for (int i = 0; i < across; ++i) {
                if (row == 0 || line + 1 == lines)
#pragma unroll
                    for (int k = 0; k < steps; ++k)
                        pixels[line + row][i][k].take();
#pragma unroll
                for (int pair = 0; pair < pairs; ++pair)
                    multiply_pair(sum[line * across + i][2 * pair], sum[line * across + i][2 * pair + 1],
                                  pixels[line + row][i], weights[tap % kept], pair);
            }
        }
        if (last && ROWS == 1)
            load_line(lines - 1, place);
        if (tap + 1 == step_taps && left_over > 0)
#pragma unroll
            for (int k = 0; k < steps; ++k)
#pragma unroll
                for (int pair = 0; pair < pairs; ++pair)
#pragma unroll
                    for (int word = 0; word < 4; ++word)
                        weights[0][k][pair][word] = weights[left_over][k][pair][word];
    }
};
