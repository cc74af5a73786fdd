// Sizes of the kernel in row_tail.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"
#include "taps_shape.cuh"

struct RowTailShape {
    int out_channels; // of the second layer
    bool transposed;  // 4x4 taps and stride 2; else 3x3 and stride 1
};

constexpr int row_tail_threads = 512; // a warpgroup that loads and stores, two for the first layer, one for the second
constexpr int row_tail_pixel = 128;   // 64 lanes of the input, and of what is between the layers
constexpr int row_tail_slots = 5;     // rows of three products, and one on its way
constexpr int row_tail_taps = 9;      // of the first layer
constexpr int row_tail_barrier_bytes = 256;

BOTH_SIDES TapsShape second_of(RowTailShape s) {
    return {64, s.out_channels, s.transposed};
}
// Filters of the second layer: a block of 16 rows are those of a row of its taps, by the tap's column and the channel.
// Warp w has the blocks `w` and, a row later, the one that follows for its row of results.
//
//   straight     row of taps (1 - block) mod 3; row m of pixels begins at block -m mod 3
//   transposed   rows of taps 1 2 3 0 1 2; row m begins at block 2 (m mod 2)
constexpr int row_tail_blocks = 6, row_tail_block_rows = 16;
BOTH_SIDES int row_tail_tap(RowTailShape s, int block) {
    if (!s.transposed)
        return (7 - block) % 3;
    return (block + 1) % 4;
}
BOTH_SIDES int row_tail_first_block(RowTailShape s, int row) {
    return s.transposed ? row % 2 * 2 : (3 - row % 3) % 3;
}
// The warp whose row of results in phase `phase` is complete with row `row`.
BOTH_SIDES int row_tail_warp(RowTailShape s, int row, int phase) {
    return !s.transposed ? (row + 2) % 3 : phase == 0 ? row % 2 * 2 : 3 - row % 2 * 2;
}
BOTH_SIDES int row_tail_weight_bytes() {
    return (row_tail_taps * 64 + row_tail_blocks * row_tail_block_rows) * row_tail_pixel;
}

// Shared memory: filters of both layers, rows of pixels, products of complete rows, barriers.
BOTH_SIDES int row_tail_slot_bytes(int columns) {
    return rounded_up((columns + 2) * row_tail_pixel, 1024);
}
// Products that are handed over, floats: of each phase, of the tap's column and the channel. The distance of two lets
// what a warp writes (2 pixels by 8 rows by 4 lanes) lie in different banks.
BOTH_SIDES int handed_rows(RowTailShape s) {
    return taps_wide(second_of(s)) * s.out_channels;
}
BOTH_SIDES int handed_pitch(int columns) {
    return columns % 16 == 8 ? columns : columns + 8;
}
BOTH_SIDES int handed_bytes(RowTailShape s, int columns) {
    return taps_phases(second_of(s)) * handed_rows(s) * handed_pitch(columns) * 4;
}
BOTH_SIDES int row_tail_bytes(RowTailShape s, int columns) {
    return row_tail_weight_bytes() + row_tail_slots * row_tail_slot_bytes(columns) + handed_bytes(s, columns) +
           row_tail_barrier_bytes;
}
// Of a strip, the first and the last of which only lend their products: as many as there is room for, and as an
// instruction can have sums of with the 128 registers of each of 512 threads.
BOTH_SIDES int row_tail_columns(RowTailShape s) {
    int columns = 192;
    while (row_tail_bytes(s, columns) > shared_limit)
        columns -= 8;
    return columns;
}
