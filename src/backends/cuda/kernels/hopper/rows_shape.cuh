// Sizes of the kernel in rows.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

struct RowsShape {
    int strip;    // pixels of a row that are computed at once, a multiple of 16
    int lanes;    // channels of an input pixel in shared memory: 8, 16, 32 or 64
    int channels; // of them that are multiplied, a multiple of 16; 8 where lanes is 8
    int taps_y, taps_x;
    int out_lanes; // channels of a result's pixel in shared memory: 16, 32 or 64; 0: stored from registers
};

BOTH_SIDES int pixel_bytes(RowsShape s) {
    return 2 * s.lanes;
}
// A product takes 16 elements of k. With 8 lanes these are two neighbouring taps, the last one with zero
// weights where the number of taps is odd.
BOTH_SIDES int steps_of_tap_row(RowsShape s) {
    return s.lanes == 8 ? (s.taps_x + 1) / 2 : s.taps_x * (s.channels / 16);
}
BOTH_SIDES int row_pixels(RowsShape s) {
    return s.strip + (s.lanes == 8 ? 2 * steps_of_tap_row(s) - 1 : s.taps_x - 1);
}
BOTH_SIDES int row_bytes(RowsShape s) {
    return row_pixels(s) * pixel_bytes(s);
}
BOTH_SIDES int slot_bytes(RowsShape s) {
    return rounded_up(row_bytes(s), 1024);
}

// Weights: blocks of 64 filters (accumulator rows), a block for each tap, or for each two taps with 8 lanes.
BOTH_SIDES int weight_row_bytes(RowsShape s) {
    return s.lanes == 8 ? 32 : pixel_bytes(s);
}
BOTH_SIDES int weight_block_bytes(RowsShape s) {
    return 64 * weight_row_bytes(s);
}
BOTH_SIDES int weight_blocks(RowsShape s) {
    return s.taps_y * (s.lanes == 8 ? steps_of_tap_row(s) : s.taps_x);
}
BOTH_SIDES int weight_bytes(RowsShape s) {
    return weight_blocks(s) * weight_block_bytes(s);
}

// Where the results are put before they are stored: with 64 lanes in the slot of an input row that nobody
// reads any more, else in buffers of their own, two a warpgroup if that leaves the ring three rows more than
// a product reads.
BOTH_SIDES bool staged_in_ring(RowsShape s) {
    return s.out_lanes != 0 && s.lanes == 64;
}
BOTH_SIDES int staging_bytes(RowsShape s) {
    return rounded_up(s.strip * s.out_lanes * 2, 1024);
}
// With 8 lanes neighbouring steps of k overlap, and compute-sanitizer, which reckons as if they did not,
// wants the last slot to be followed by so much.
BOTH_SIDES int behind_ring(RowsShape s) {
    return s.lanes == 8 ? rounded_up(32 * s.strip, 1024) : 0;
}
BOTH_SIDES int barrier_bytes(RowsShape s, int slots) { // of slots, of both warpgroups, of rows of weights
    return 16 * slots + 16 + 8 * s.taps_y;
}
BOTH_SIDES int slots_beside(RowsShape s, int buffers) {
    const int room = shared_limit - weight_bytes(s) - 2 * buffers * staging_bytes(s) - behind_ring(s);
    const int tail = slot_bytes(s) - row_bytes(s);
    const int inside = room / slot_bytes(s); // the barriers in the tail of the first slot
    const int slots = barrier_bytes(s, inside) <= tail ? inside : (room - 512) / slot_bytes(s);
    return slots > 16 ? 16 : slots;
}
BOTH_SIDES int staging_buffers(RowsShape s) { // of each of the two warpgroups
    if (s.out_lanes == 0 || staged_in_ring(s))
        return 0;
    return slots_beside(s, 2) >= s.taps_y + 3 ? 2 : 1;
}
BOTH_SIDES int ring_slots(RowsShape s) {
    return slots_beside(s, staging_buffers(s));
}

// Shared memory: weights, staging, ring, barriers (or these in the first slot's tail).
BOTH_SIDES int ring_begin(RowsShape s) {
    return weight_bytes(s) + 2 * staging_buffers(s) * staging_bytes(s);
}
BOTH_SIDES int ring_end(RowsShape s) {
    return ring_begin(s) + ring_slots(s) * slot_bytes(s);
}
BOTH_SIDES bool barriers_in_tail(RowsShape s) {
    return barrier_bytes(s, ring_slots(s)) <= slot_bytes(s) - row_bytes(s);
}
BOTH_SIDES int barriers_begin(RowsShape s) {
    return barriers_in_tail(s) ? ring_begin(s) + row_bytes(s) : ring_end(s);
}
BOTH_SIDES int shared_bytes(RowsShape s) {
    return ring_end(s) + (barriers_in_tail(s) ? 0 : 512) + behind_ring(s);
}
