// Where SHRINKS stands in front, mma_stream.cuh also multiplies what it stores, 64 channels of a pixel, by
// the taps of a 2x2 convolution of stride 2 behind it to 64 channels, whose epilogue is namespace `behind`.
// No tensor is added before either is stored.
//
// A row's 16 pixels lie in a product with even ones first (mma_tile.cuh), so that a thread has all of the
// four that one pixel behind is of. Of a warp's four rows, halves are a product's left operand as they lie:
//
//      row of the product      at tap (a, b)
//      0 to 7                  row a of the warp, pixels b, b + 2, ... b + 14
//      8 to 15                 row a + 2, the same pixels
#pragma once
#include "mma_rounded.cuh"

#if SHRINKS

struct ShrinkArgs : EpilogueArgs {
    unsigned long long shrink_weights; // as mma_shrink.cpp packs them
    behind::EpilogueArgs behind_it;
};

enum { shrink_bytes = 4 * rounded_steps * BLOCKS / 2 * 512 }; // of its weights

// With KEEPS_BEHIND they stay in shared memory behind the ring, for the copies that are waited for first.
DEVICE void keep_weights_behind(const ShrinkArgs &epi, SharedAddress to) {
#pragma unroll 1
    for (int i = threadIdx.x * 16; i < shrink_bytes; i += warps * 32 * 16)
        copy_async(to + i, (const char *)epi.shrink_weights + i, 16);
}

// The results behind: two rows of 8 pixels, of which a thread has channels of one pixel each.
struct ShrunkPixels {
    float sum[BLOCKS][4];

    DEVICE void multiply_by(const RoundedPixels &pixels, u64 weights) {
        SHARED_MEMORY(memory);
        const unsigned short *read = (const unsigned short *)weights + (threadIdx.x & 31) * 8;
        const SharedAddress kept = shared_address(memory) + ring_bytes + (threadIdx.x & 31) * 16;
#pragma unroll
        for (int n = 0; n < BLOCKS; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                sum[n][e] = 0;
#pragma unroll
        for (int tap = 0; tap < 4; ++tap)
#pragma unroll
            for (int step = 0; step < rounded_steps; ++step) {
                const u32(&above)[4] = pixels.word[tap / 2][step];
                const u32(&below)[4] = pixels.word[tap / 2 + 2][step];
                const u32 a[4] = {above[tap % 2], below[tap % 2], above[tap % 2 + 2], below[tap % 2 + 2]};
#pragma unroll
                for (int pair = 0; pair < BLOCKS / 2; ++pair) {
                    const int place = ((tap * rounded_steps + step) * (BLOCKS / 2) + pair) * 512;
                    u32 b[4];
                    if (KEEPS_BEHIND)
                        load_words(b, kept + place);
                    else
                        read_constants(b, read + place / 2);
                    multiply(sum[2 * pair], a, b[0], b[1]);
                    multiply(sum[2 * pair + 1], a, b[2], b[3]);
                }
            }
    }
    // `y`, `x`: of this thread's pixel of the first row.
    DEVICE void store(const behind::EpilogueArgs &epi, int y, int x) const {
#pragma unroll
        for (int group = 0; group < groups; ++group) {
            const int first = mma_channel(BLOCKS, of_group * group, threadIdx.x & 3, 0);
            behind::EpilogueChannel factors[neighbours];
#pragma unroll
            for (int k = 0; k < neighbours; ++k)
                factors[k] = behind::epilogue_channel(epi, first + k);
#pragma unroll
            for (int row = 0; row < 2; ++row) {
                float result[neighbours];
#pragma unroll
                for (int k = 0; k < neighbours; ++k)
                    result[k] =
                        behind::epilogue(factors[k], sum[of_group * group + k / 2][row * 2 + k % 2], nullptr);
                u32 words[of_group];
#pragma unroll
                for (int i = 0; i < of_group; ++i)
                    words[i] = behind::pack2(result[2 * i], result[2 * i + 1]);
                store_words(y + row < epi.height && x < epi.width,
                            epi.output.data + (y + row) * epi.output.stride_y + x * epi.output.stride_x +
                                first,
                            words);
            }
        }
    }
};

DEVICE void store_tile(const ShrinkArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tile_y, int tile_x,
                       int, int, float (&)[groups][neighbours]) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int y = tile_y + warp * PIXEL_BLOCKS, x = tile_x + 2 * (lane >> 2);
    RoundedPixels pixels;
    pixels.take(epi, sum, [](int, int) { return true; });
#pragma unroll
    for (int group = 0; group < groups; ++group)
#pragma unroll
        for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
            u32 words[of_group];
#pragma unroll
            for (int block = 0; block < of_group; ++block)
                words[block] = pixels.of(group, block, i);
            store_words(y + i / 2 < epi.height && x + i % 2 < epi.width,
                        epi.output.data + (y + i / 2) * epi.output.stride_y +
                            (x + i % 2) * epi.output.stride_x +
                            mma_channel(BLOCKS, of_group * group, lane & 3, 0),
                        words);
        }
    ShrunkPixels shrunk;
    shrunk.multiply_by(pixels, epi.shrink_weights);
    shrunk.store(epi.behind_it, y / 2, x / 2);
}

#endif
