// Sizes of the kernel in pixels.cuh, for the kernel and for who packs the weights.
#pragma once

#include "layout.cuh"

struct PixelsShape {
    int planes;  // of 32 channels of the input
    int filters; // columns of a product, a multiple of 32
    int taps_y, taps_x;
};

constexpr int squares_of_item = 4; // two for each of two warpgroups
constexpr int square_side = 8;     // pixels
constexpr int square_lanes = 32;   // channels of a plane: with 64, windows leave too little room for filters
constexpr int square_pixel_bytes = 2 * square_lanes;

BOTH_SIDES int window_width(PixelsShape s) { // of a square with its halo
    return square_side + s.taps_x - 1;
}
BOTH_SIDES int window_height(PixelsShape s) {
    return square_side + s.taps_y - 1;
}
BOTH_SIDES int window_bytes(PixelsShape s) {
    return window_width(s) * window_height(s) * square_pixel_bytes;
}
BOTH_SIDES int window_slot_bytes(PixelsShape s) {
    return rounded_up(window_bytes(s), 1024);
}
BOTH_SIDES int tap_bytes(PixelsShape s) { // filters of one tap of a plane
    return s.filters * square_pixel_bytes;
}
BOTH_SIDES int stage_bytes(PixelsShape s) { // of a row of taps
    return s.taps_x * tap_bytes(s);
}
constexpr int plane_slots = 3;
constexpr int most_channel_numbers =
    8; // of the epilogue, for each channel: they lie outside of what a launch asks for
BOTH_SIDES int stage_slots(PixelsShape s) {
    const int room = shared_limit - 1024 - 4 * most_channel_numbers * s.filters -
                     plane_slots * squares_of_item * window_slot_bytes(s);
    const int slots = room / stage_bytes(s);
    return slots > 16 ? 16 : slots;
}
BOTH_SIDES int barriers_begin(PixelsShape s) {
    return plane_slots * squares_of_item * window_slot_bytes(s) + stage_slots(s) * stage_bytes(s);
}
BOTH_SIDES int shared_bytes(PixelsShape s) {
    return barriers_begin(s) + 1024;
}

// The filter in row `row` of the operand: so that a thread's sums of four blocks of 8 are 8 neighbours.
BOTH_SIDES int filter_of_row(int row) {
    const int block = row / 8, place = row % 8;
    return 32 * (block / 4) + 8 * (place / 2) + 2 * (block % 4) + place % 2;
}
