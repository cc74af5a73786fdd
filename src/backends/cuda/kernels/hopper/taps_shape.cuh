// Sizes of the kernel in taps.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

constexpr int taps_threads = 256;
constexpr int taps_pixels = 64;   // of a row that are multiplied
constexpr int taps_complete = 62; // of them that have both neighbours

struct TapsInput {
    unsigned long long data; // an address
    long long stride_y, stride_x; // elements
    int height, width;
    int first_y, first_x; // place of output row and column 0, as far as the padding moves it
    int rows;             // of a block
};

// Of the kernel in tap_sums.cuh: warps with a pixel a lane, all but the first and last of which have results.
constexpr int tap_sum_threads = 128, tap_sum_blocks = 4, tap_sum_complete = 30;

struct TapsShape {
    int in_channels, out_channels;
    bool transposed; // 4x4 taps and stride 2; else 3x3 and stride 1
};

BOTH_SIDES int taps_wide(TapsShape s) {
    return s.transposed ? 4 : 3;
}
// Results of a pixel along an axis.
BOTH_SIDES int taps_phases(TapsShape s) {
    return s.transposed ? 2 : 1;
}
// A result of phase p is the sum over i of what tap_of gives of the pixel p + i behind the one before its own.
BOTH_SIDES int taps_met(TapsShape s) {
    return s.transposed ? 2 : 3;
}
BOTH_SIDES int tap_of(TapsShape s, int phase, int i) {
    return s.transposed ? 3 - phase - 2 * i : i;
}
BOTH_SIDES int product_column(TapsShape s, int tap_y, int tap_x, int channel) {
    return (tap_y * taps_wide(s) + tap_x) * s.out_channels + channel;
}
BOTH_SIDES int k_lanes(TapsShape s) {
    return rounded_up(s.in_channels, 16);
}
// A pixel in shared memory: 16 bytes more than its channels, so that 8 of them lie in different banks.
BOTH_SIDES int pixel_pitch_bytes(TapsShape s) {
    return 2 * k_lanes(s) + 16;
}
BOTH_SIDES int pixels_bytes(TapsShape s) {
    return taps_pixels * pixel_pitch_bytes(s);
}
// Rows of pixels on their way or being read: thin ones are soon used up.
BOTH_SIDES int pixel_rows(TapsShape s) {
    return s.in_channels <= 128 ? 4 : 2;
}
// Products of a pixel, in whole tiles for each of two warps.
BOTH_SIDES int product_columns(TapsShape s) {
    return rounded_up(taps_wide(s) * taps_wide(s) * s.out_channels, 16);
}
// Floats from column to column: the pixels of one, and so many more that what a warp writes (8 pixels of 4 pairs of
// columns) and reads (32 pixels) lies in different banks.
constexpr int product_pitch = taps_pixels + 4;
BOTH_SIDES int product_floats(TapsShape s) { // of a row of pixels
    return product_columns(s) * product_pitch;
}
BOTH_SIDES int shared_bytes(TapsShape s) {
    return pixel_rows(s) * pixels_bytes(s) + 3 * product_floats(s) * 4;
}
// A thread keeps its part of the filters in so many registers.
BOTH_SIDES int filter_registers(TapsShape s) {
    return k_lanes(s) / 16 * (product_columns(s) / 16) * 2;
}
// Blocks that run on a multiprocessor at once.
BOTH_SIDES int taps_blocks(TapsShape s) {
    return filter_registers(s) <= 32 && 3 * (shared_bytes(s) + 1024) <= shared_limit + 1024 ? 3 : 2;
}

// Filters as fragments of mma.m16n8k16: [step of 16 k][tile of 8 columns][lane][4]. Element e of a lane:
BOTH_SIDES int fragment_k(int lane, int e) {
    return lane % 4 * 2 + e % 2 + e / 2 * 8;
}
BOTH_SIDES int fragment_column(int lane) {
    return lane / 4;
}
