// Sizes of the kernel in phases.cuh and the order of its filters, for the kernel and for who packs them.
#pragma once

#include "layout.cuh"

// A transposed convolution of 4x4 taps, stride 2, padded by 1, behind which a shuffle by 2 makes pixels.
struct PhasesShape {
    int in_channels;
    int channels; // of a pixel behind the shuffle
};

constexpr int phases_threads = 288; // two warpgroups that multiply and a warp that loads

BOTH_SIDES int phases_lanes(PhasesShape s) { // of a plane of the input
    return s.in_channels % 64 > 0 && s.in_channels % 64 <= 32 ? 32 : 64;
}
BOTH_SIDES int phases_planes(PhasesShape s) {
    return (s.in_channels + phases_lanes(s) - 1) / phases_lanes(s);
}
BOTH_SIDES int pixel_bytes(PhasesShape s) {
    return 2 * phases_lanes(s);
}
// Filters of a phase, in columns of a product: two channels of each of four pixels a block of 8.
BOTH_SIDES int phase_columns(PhasesShape s) {
    return (s.channels + 1) / 2 * 8;
}
BOTH_SIDES int filter_of_column(PhasesShape s, int column) { // in the network's order; -1: none
    const int pixel = column % 8 / 2, channel = column / 8 * 2 + column % 2;
    return channel < s.channels ? channel * 4 + pixel : -1;
}

// Windows, each the input moved by -1 to 1 pixels down and across: the middle one first, which all phases
// read, those beside it, which two read, those at the corners.
BOTH_SIDES int window_y(int window) {
    return window == 0 || window == 3 || window == 4 ? 0 : window == 1 || window == 5 || window == 6 ? -1 : 1;
}
BOTH_SIDES int window_x(int window) {
    return window == 0 || window == 1 || window == 2 ? 0 : window == 3 || window == 5 || window == 7 ? -1 : 1;
}
// Whether a phase reads it: 2y + 0 takes pixels y - 1 and y, 2y + 1 pixels y and y + 1.
BOTH_SIDES bool window_read(int window, int phase) {
    return window_y(window) != (phase / 2 == 0 ? 1 : -1) && window_x(window) != (phase % 2 == 0 ? 1 : -1);
}
// The order in which the phases' filters and sums lie: so that those of most windows are neighbours.
BOTH_SIDES int phase_at(int place) {
    return place < 2 ? place : 5 - place;
}
// The tap that it meets there.
BOTH_SIDES int window_tap(int place, int phase) {
    return 1 + phase - 2 * place;
}
BOTH_SIDES int window_phases(int window) {
    return window == 0 ? 4 : window < 5 ? 2 : 1;
}
// Phases' filters in front of the window's.
BOTH_SIDES int phases_before(int window) {
    int count = 0;
    for (int i = 0; i < window; i++)
        count += window_phases(i);
    return count;
}
constexpr int window_count = 9, phases_of_windows = 16;

constexpr int phases_side = 8; // pixels of a square, each a row of the products
constexpr int phases_width = phases_side + 2;
BOTH_SIDES int filters_bytes(PhasesShape s) { // of a phase, a window and a plane
    return phase_columns(s) * pixel_bytes(s);
}
BOTH_SIDES int all_filters_bytes(PhasesShape s) {
    return phases_planes(s) * phases_of_windows * filters_bytes(s);
}
BOTH_SIDES int square_bytes(PhasesShape s) { // with its border, of a plane
    return phases_width * phases_width * pixel_bytes(s);
}
BOTH_SIDES int square_slot_bytes(PhasesShape s) {
    return rounded_up(square_bytes(s), 1024) * phases_planes(s);
}
BOTH_SIDES int slots_beside_filters(PhasesShape s, int blocks) {
    const int room = shared_of_block(blocks) - 1024 - rounded_up(all_filters_bytes(s), 1024);
    return room < 0 ? 0 : room / square_slot_bytes(s);
}
BOTH_SIDES int phases_blocks(PhasesShape s) { // of a multiprocessor
    return slots_beside_filters(s, 2) >= 4 ? 2 : 1;
}
BOTH_SIDES int square_slots(PhasesShape s) { // an even number: each warpgroup has its own
    const int slots = slots_beside_filters(s, phases_blocks(s));
    return slots > 8 ? 8 : slots / 2 * 2;
}
BOTH_SIDES int barriers_begin(PhasesShape s) {
    return rounded_up(all_filters_bytes(s), 1024) + square_slots(s) * square_slot_bytes(s);
}
BOTH_SIDES int shared_bytes(PhasesShape s) {
    return barriers_begin(s) + 1024;
}
