// Sizes of the kernel in pair.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

struct PairShape {
    int in_lanes;     // channels of a pixel in shared memory: 8, 16, 32 or 64
    int middle_lanes; // of what is between the layers: 16, 32 or 64
    int out_lanes;    // of a result: 16, 32 or 64
    int columns;      // of a strip of results, a multiple of 8
    bool operand;     // the second layer's epilogue reads a picture of the result's shape
};

// A step is 16 of k: channels of a tap, or with 8 lanes two neighbouring taps, the second one's last with zero weights.
BOTH_SIDES int pair_steps_of_row(int lanes) {
    return lanes == 8 ? 2 : 3 * lanes / 16;
}
BOTH_SIDES int pair_steps(int lanes) {
    return 3 * pair_steps_of_row(lanes);
}
// What element k of a step is.
BOTH_SIDES int pair_tap_y(int lanes, int step) {
    return step / pair_steps_of_row(lanes);
}
BOTH_SIDES int pair_tap_x(int lanes, int step, int k) {
    const int of_row = step % pair_steps_of_row(lanes);
    return lanes == 8 ? 2 * of_row + k / 8 : of_row / (lanes / 16);
}
BOTH_SIDES int pair_channel(int lanes, int step, int k) {
    return lanes == 8 ? k % 8 : step % pair_steps_of_row(lanes) % (lanes / 16) * 16 + k;
}
// Filters as fragments of wgmma's m64k16 in registers: [step][thread of 128][register][half].
BOTH_SIDES int pair_filter(int thread, int number) { // number of a register
    return thread / 32 * 16 + thread % 32 / 4 + number % 2 * 8;
}
BOTH_SIDES int pair_k(int thread, int number, int half) {
    return thread % 4 * 2 + number / 2 * 8 + half;
}
BOTH_SIDES int pair_weight_bytes(int lanes) {
    return pair_steps(lanes) * 128 * 16;
}

// Columns of what is between the layers (two more than the strip are read) and of the input.
BOTH_SIDES int middle_columns(PairShape s) {
    return s.columns + 8;
}
BOTH_SIDES int input_columns(PairShape s) {
    return middle_columns(s) + (s.in_lanes == 8 ? 3 : 2);
}
BOTH_SIDES int input_bytes(PairShape s) {
    return input_columns(s) * 2 * s.in_lanes;
}
BOTH_SIDES int result_bytes(PairShape s) {
    return s.columns * 2 * s.out_lanes;
}
BOTH_SIDES int input_slot_bytes(PairShape s) {
    return rounded_up(input_bytes(s), 1024);
}
BOTH_SIDES int middle_slot_bytes(PairShape s) {
    return rounded_up(middle_columns(s) * 2 * s.middle_lanes, 1024);
}
BOTH_SIDES int result_slot_bytes(PairShape s) {
    return rounded_up(result_bytes(s), 1024);
}
// Results are staged in the slot of a row between the layers that nobody reads any more, or in one of two of their own.
BOTH_SIDES bool staged_in_middle(PairShape s) {
    return s.out_lanes <= s.middle_lanes;
}

// Shared memory: rows between the layers, staged results, a row of the operand, rows of the input, barriers.
constexpr int pair_middle_slots = 6, pair_barrier_bytes = 512;
BOTH_SIDES int staging_begin(PairShape s) {
    return pair_middle_slots * middle_slot_bytes(s);
}
BOTH_SIDES int operand_begin(PairShape s) {
    return staging_begin(s) + (staged_in_middle(s) ? 0 : 2 * result_slot_bytes(s));
}
BOTH_SIDES int ring_begin(PairShape s) {
    return operand_begin(s) + (s.operand ? result_slot_bytes(s) : 0);
}
// With 8 lanes neighbouring steps of k overlap, and compute-sanitizer, which reckons as if they did not, wants the last
// slot to be followed by so much.
BOTH_SIDES int behind_ring(PairShape s) {
    return s.in_lanes == 8 ? rounded_up(32 * middle_columns(s), 1024) : 0;
}
BOTH_SIDES int input_slots(PairShape s) {
    const int slots =
        (shared_limit - pair_barrier_bytes - behind_ring(s) - ring_begin(s)) / input_slot_bytes(s);
    return slots > 8 ? 8 : slots;
}
BOTH_SIDES int barriers_begin(PairShape s) {
    return ring_begin(s) + input_slots(s) * input_slot_bytes(s);
}
BOTH_SIDES int shared_bytes(PairShape s) {
    return barriers_begin(s) + pair_barrier_bytes + behind_ring(s);
}
// A thread has the filters of a layer and its sums in registers.
BOTH_SIDES bool fits(PairShape s) {
    constexpr int most = 210;
    return 4 * pair_steps(s.in_lanes) + middle_columns(s) / 2 <= most &&
           4 * pair_steps(s.middle_lanes) + s.columns / 2 <= most && ring_begin(s) < shared_limit &&
           input_slots(s) >= 5;
}
