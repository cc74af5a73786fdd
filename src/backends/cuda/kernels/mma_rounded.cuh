// What would be stored of a warp's sums, rounded: as the left operand of products behind it, as it lies in
// registers. No tensor is added before.
#pragma once
#include "mma_results.cuh"

#if MULTIPLIES_ON

enum { rounded_steps = BLOCKS / 2 }; // of an mma

struct RoundedPixels {
    u32 word[PIXEL_BLOCKS][rounded_steps][4];

    // Zeros where `inside` denies a row and a half of its 16 pixels.
    template <typename Inside>
    DEVICE void take(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4],
                     const Inside &inside) {
#pragma unroll
        for (int group = 0; group < groups; ++group) {
            const Factors factors(epi, mma_channel(BLOCKS, of_group * group, threadIdx.x & 3, 0));
#pragma unroll
            for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
                const Neighbours own = result_of(factors, Operands(), sums_of(sum, group, i));
#pragma unroll
                for (int block = 0; block < of_group; ++block)
                    of(group, block, i) =
                        inside(i / 2, i % 2) ? pack2(own.v[2 * block], own.v[2 * block + 1]) : 0;
            }
        }
    }
    // Two channels of a group, of half `i` of the warp's blocks of 16 pixels.
    DEVICE u32 &of(int group, int block, int i) {
        const int part = of_group * group + block;
        return word[i / 2][part / 2][part % 2 * 2 + i % 2];
    }
};

#endif
