// The parameters of mma.cuh and mma_stream.cuh, and the order of its weights: shared by the kernel and the host.
#pragma once

#include "both_sides.cuh"

enum { mma_most_taps = 128 };

struct MmaArgs {
    unsigned long long input, weights;
    long long stride_y, stride_x; // elements
    int height, width, lanes;     // lanes: channels that can be read, a multiple of 8
    int chunks;
    int out_height, out_width; // of one phase
    int tiles_x;
    int groups, items; // of output channels; tiles by groups by phases (mma_stream.cuh)
    int first_y, first_x; // where the halo of tile 0 begins
    // From the corner of the halo to a tap's first pixel, phase by phase: pixels in all, and of them the columns.
    short shift[mma_most_taps];
    signed char column[mma_most_taps];
};

// How many blocks of 8 channels are a group, of which a thread's sums are neighbours.
BOTH_SIDES int mma_group(int blocks) {
    return blocks % 4 == 0 ? 4 : 2;
}

// The channel of block `block` of so many, fragment column `column` (lane & 3), element `element`: chosen so that a
// thread's sums of a group are neighbours.
BOTH_SIDES int mma_channel(int blocks, int block, int column, int element) {
    return 2 * mma_group(blocks) * (block / mma_group(blocks) * 4 + column) + 2 * (block % mma_group(blocks)) + element;
}
