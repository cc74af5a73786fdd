// The parameters of mma.cuh, and the order of its weights: shared by the kernel and the host.
#pragma once

enum { mma_most_taps = 128 };

struct MmaArgs {
    unsigned long long input, weights;
    long long stride_y, stride_x; // elements
    int height, width, lanes;     // lanes: channels that can be read, a multiple of 8
    int chunks;
    int out_height, out_width; // of one phase
    int tiles_x;
    int scale;        // phases a side: output pixel = scale * pixel of the phase + phase
    int first_y, first_x; // where the halo of tile 0 begins
    short shift[mma_most_taps]; // pixels of the halo from its corner to a tap's first; phase by phase
};

#ifdef __CUDACC__
#define BOTH_SIDES __host__ __device__
#else
#define BOTH_SIDES
#endif

// The channel of block `block`, fragment column `column` (lane & 3), element `element` of a group of 4 blocks of
// 8: chosen so that a thread's sums are 8 neighbours.
BOTH_SIDES constexpr int mma_channel(int block, int column, int element) {
    return 32 * (block >> 2) + 8 * column + 2 * (block & 3) + element;
}
