// Sizes of the kernel in taps.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

constexpr int taps_threads = 256;
constexpr int taps_pixels = 64;   // of a row that are multiplied
constexpr int taps_complete = 62; // of them that have both neighbours

struct TapsShape {
    int in_channels, out_channels;
};

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
// Products of a pixel: column (ky * 4 + kx) * out_channels + channel; floats.
BOTH_SIDES int product_columns(TapsShape s) {
    return 16 * s.out_channels;
}
BOTH_SIDES int product_pitch(TapsShape s) {
    return product_columns(s) + 4;
}
BOTH_SIDES int shared_bytes(TapsShape s) {
    return 2 * pixels_bytes(s) + 3 * taps_pixels * product_pitch(s) * 4;
}

// Filters as fragments of mma.m16n8k16: [step of 16 k][tile of 8 columns][lane][4]. Element e of a lane:
BOTH_SIDES int fragment_k(int lane, int e) {
    return lane % 4 * 2 + e % 2 + e / 2 * 8;
}
BOTH_SIDES int fragment_column(int lane) {
    return lane / 4;
}
