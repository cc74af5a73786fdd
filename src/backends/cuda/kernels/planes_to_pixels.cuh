// Planes of 16-bit elements as pixels of four channels, those behind the last plane 0: a thread takes eight
// neighbours at a time, 16 bytes of each plane. In front stand THREADS_OF_BLOCK and CHANNELS.
#include "args.cuh"
#include "pack.cuh"

enum { together = 8 }; // pixels of a thread

// From (y, x) on, `count` of them.
DEVICE void copy_pixels(const PlanesArgs &args, int y, int x, int count) {
    for (int i = 0; i < count; ++i) {
        u32 of[4] = {};
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c)
            of[c] = ((const unsigned short *)args.planes)[c * args.stride_c + y * args.stride_y + x + i];
        *(Pack<u32, 2> *)((unsigned short *)args.pixels + y * args.pixels_y + (i64)(x + i) * 4) =
            Pack<u32, 2>{{of[0] | of[1] << 16, of[2] | of[3] << 16}};
    }
}

KERNEL_OF(PlanesArgs, THREADS_OF_BLOCK, 1) {
    const int groups = (args.width + together - 1) / together, all = groups * args.height;
#pragma unroll 1
    for (int group = (int)thread_index(); group < all; group += args.threads) {
        const int y = group / groups, x = group % groups * together;
        if (!args.whole || x + together > args.width) {
            copy_pixels(args, y, x, args.width - x < together ? args.width - x : (int)together);
            continue;
        }
        u32 of[4][together / 2] = {}; // of a channel, two pixels a word
#pragma unroll
        for (int c = 0; c < CHANNELS; ++c) {
            const Packed<u32, 4> four = Packed<u32, 4>::read_constant(
                (const u32 *)((const unsigned short *)args.planes + c * args.stride_c + y * args.stride_y + x));
#pragma unroll
            for (int i = 0; i < 4; ++i)
                of[c][i] = four.item(i);
        }
        unsigned short *const to = (unsigned short *)args.pixels + y * args.pixels_y + (i64)x * 4;
#pragma unroll
        for (int i = 0; i < together / 2; ++i)
            *(Pack<u32, 4> *)(to + 8 * i) = Pack<u32, 4>{
                {(of[0][i] & 0xffffu) | of[1][i] << 16, (of[2][i] & 0xffffu) | of[3][i] << 16,
                 of[0][i] >> 16 | (of[1][i] & 0xffff0000u), of[2][i] >> 16 | (of[3][i] & 0xffff0000u)}};
    }
}
