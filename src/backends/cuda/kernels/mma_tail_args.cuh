// The parameters of mma_tail_sums.cuh, shared by the kernel and the host.
#pragma once

struct TailSumsArgs {
    long long threads;
    unsigned long long sums; // floats
    long long pitch;         // of a line of them: 16 of each tile, then those behind each
    int tiles, strips;       // of a row; of 4 rows of pixels
    int moved_y, moved_x;    // from a pixel of the result to its sums
};
