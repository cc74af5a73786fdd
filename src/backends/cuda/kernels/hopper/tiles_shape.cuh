// Sizes of the kernel in tiles.cuh, and which input pixel and which tap of a filter meet where, for the
// kernel and for who packs the weights.
#pragma once

#include "layout.cuh"

// One axis of a convolution as sums over pictures of stride 1.
//
// Stride 2: the input's even and odd columns are two pictures ("parities"), and tap k of an output column x
// reads column 2x + k - pad: parity (k - pad) mod 2, place x + floor((k - pad) / 2). Transposed, stride 2:
// the output's even and odd columns are two results ("phases") of the same input; column 2x + p takes the
// taps k with (p + pad - k) even, from place x + (p + pad - k) / 2.
//
//   3 taps, stride 2, pad 1           4 taps, stride 2, pad 1, transposed
//   even picture   . x .              phase 0   taps 3 1      places x-1, x
//   odd picture    x . x              phase 1   taps 2 0      places x, x+1
struct Axis {
    int taps, stride, pad;
    bool transposed;
};

BOTH_SIDES int floor_divide(int a, int b) {
    return (a - (a % b + b) % b) / b;
}
BOTH_SIDES int parities(Axis a) {
    return a.transposed ? 1 : a.stride;
}
BOTH_SIDES int phases(Axis a) {
    return a.transposed ? a.stride : 1;
}

// The taps of a parity or a phase, in the order of the places they read.
BOTH_SIDES int first_tap(Axis a, int parity, int phase) {
    if (!a.transposed)
        return ((parity + a.pad) % a.stride + a.stride) % a.stride;
    const int rest = ((phase + a.pad) % a.stride + a.stride) % a.stride;
    return rest + (a.taps - 1 - rest) / a.stride * a.stride;
}
BOTH_SIDES int tap_step(Axis a) {
    return a.transposed ? -a.stride : a.stride;
}
BOTH_SIDES int tap_count(Axis a, int parity) {
    if (a.transposed)
        return a.taps / a.stride;
    const int first = first_tap(a, parity, 0);
    return first >= a.taps ? 0 : (a.taps - 1 - first) / a.stride + 1;
}
// Place, relative to the output's, of the first of these taps; the others follow one by one.
BOTH_SIDES int first_place(Axis a, int parity, int phase) {
    const int tap = first_tap(a, parity, phase);
    return a.transposed ? (phase + a.pad - tap) / a.stride : (tap - a.pad - parity) / a.stride;
}
// Where a tile of places begins, and by how many places it is larger than the tile of results.
BOTH_SIDES int tile_origin(Axis a) {
    int least = first_place(a, 0, 0);
    for (int parity = 0; parity < parities(a); parity++)
        for (int phase = 0; phase < phases(a); phase++)
            if (tap_count(a, parity) > 0 && first_place(a, parity, phase) < least)
                least = first_place(a, parity, phase);
    return least;
}
BOTH_SIDES int tile_halo(Axis a) {
    int most = 0;
    for (int parity = 0; parity < parities(a); parity++)
        for (int phase = 0; phase < phases(a); phase++) {
            const int last = first_place(a, parity, phase) + tap_count(a, parity) - 1 - tile_origin(a);
            if (tap_count(a, parity) > 0 && last > most)
                most = last;
        }
    return most;
}

struct TilesShape {
    int rows;   // of a tile of results, 8 wide
    int groups; // warpgroups that multiply: 64 filters each
    int lanes;  // channels of a plane of the input: 32 or 64
    int planes; // of all channels
    Axis y, x;
};

BOTH_SIDES int pixel_bytes(TilesShape s) {
    return 2 * s.lanes;
}
BOTH_SIDES int tile_width(TilesShape s) {
    return 8 + tile_halo(s.x);
}
BOTH_SIDES int tile_height(TilesShape s) {
    return s.rows + tile_halo(s.y);
}
BOTH_SIDES int tile_bytes(TilesShape s) {
    return tile_width(s) * tile_height(s) * pixel_bytes(s);
}
BOTH_SIDES int tile_slot_bytes(TilesShape s) {
    return rounded_up(tile_bytes(s), 1024);
}
BOTH_SIDES int weight_bytes(TilesShape s) {
    return 64 * pixel_bytes(s);
} // of one stage: a tap of 64 filters

// Taps of all parities (of one phase), that is stages of weights a plane of channels needs.
BOTH_SIDES int taps_of_parity(TilesShape s, int parity) {
    return tap_count(s.y, parity / parities(s.x)) * tap_count(s.x, parity % parities(s.x));
}
BOTH_SIDES int parities(TilesShape s) {
    return parities(s.y) * parities(s.x);
}
BOTH_SIDES int phases(TilesShape s) {
    return phases(s.y) * phases(s.x);
}
BOTH_SIDES int taps(TilesShape s) {
    int sum = 0;
    for (int parity = 0; parity < parities(s); parity++)
        sum += taps_of_parity(s, parity);
    return sum;
}

// With few taps a plane is soon used up, so more of them are on their way.
BOTH_SIDES int tile_slots(TilesShape s) {
    return taps(s) / parities(s) < 4 ? 5 : 3;
}
BOTH_SIDES int weight_slots(TilesShape s) { // of each warpgroup
    const int room = shared_limit - 1024 - tile_slots(s) * tile_slot_bytes(s);
    const int slots = room / (s.groups * weight_bytes(s));
    return slots > 16 ? 16 : slots;
}
BOTH_SIDES int barriers_begin(TilesShape s) {
    return tile_slots(s) * tile_slot_bytes(s) + s.groups * weight_slots(s) * weight_bytes(s);
}
BOTH_SIDES int shared_bytes(TilesShape s) {
    return barriers_begin(s) + 1024;
}

// Registers of a thread that multiplies; the launch gives every thread the same number, loading warps give
// theirs up.
BOTH_SIDES int multiplying_registers(int groups) {
    return groups == 3 ? 160 : 232;
}
BOTH_SIDES int loading_registers(int groups) {
    return groups == 3 ? 24 : 40;
}
