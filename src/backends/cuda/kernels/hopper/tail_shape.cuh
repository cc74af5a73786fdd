// Sizes of the kernel in tail.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

struct TailShape {
    int rows;    // of a tile of pixels, 8 wide; even
    int planes;  // of 64 channels of the input
    int blocks;  // of 64 filters; even
    int columns; // products of a pixel that are stored, a multiple of 16 up to 64
};

constexpr int tail_groups = 2; // warpgroups that multiply: a block of filters each
constexpr int tail_pixel = 128;
constexpr int tail_stage_bytes = 64 * tail_pixel; // a tap of 64 filters and 64 channels

BOTH_SIDES int tile_bytes(TailShape s) { // with its halo
    return 10 * (s.rows + 2) * tail_pixel;
}
BOTH_SIDES int tile_slot_bytes(TailShape s) {
    return rounded_up(tile_bytes(s), 1024);
}
// What a warpgroup hands to the one that makes products of it.
BOTH_SIDES int handed_bytes(TailShape s) {
    return 8 * s.rows * tail_pixel;
}
BOTH_SIDES int tail_filter_bytes(TailShape s) {
    return s.blocks * tail_stage_bytes;
}
// Shared memory: the tile's planes, what is handed over, the products' filters, a ring of stages of each warpgroup,
// barriers.
BOTH_SIDES int handed_begin(TailShape s) {
    return s.planes * tile_slot_bytes(s);
}
BOTH_SIDES int tail_filters_begin(TailShape s) {
    return handed_begin(s) + tail_groups * handed_bytes(s);
}
BOTH_SIDES int stages_begin(TailShape s) {
    return tail_filters_begin(s) + tail_filter_bytes(s);
}
BOTH_SIDES int stage_slots(TailShape s) { // of each warpgroup
    const int slots = (shared_limit - 512 - stages_begin(s)) / (tail_groups * tail_stage_bytes);
    return slots > 8 ? 8 : slots;
}
BOTH_SIDES int barriers_begin(TailShape s) {
    return stages_begin(s) + tail_groups * stage_slots(s) * tail_stage_bytes;
}
BOTH_SIDES int shared_bytes(TailShape s) {
    return barriers_begin(s) + 512;
}
