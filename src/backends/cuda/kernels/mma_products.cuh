// How mma.cuh multiplies one tap of one chunk, after PRODUCT:
//   HALVES       16-bit elements, fp32 sums
//   HALF_SUMS    float16 elements; the sums of a tap's chunk are float16 as well, and added up in fp32: at
//   most CHUNK
//                terms are summed so. GeForce cards do that at twice the rate.
//   TF32         floats rounded to TF32 (10 bits behind the point), fp32 sums
//   THREE_TF32   floats in two parts of TF32 each; three products give what fp32 would to 2^-22, and each
//   chunk's sum
//                begins at 0, since tensor cores cut what they add instead of rounding it
//                (Ootomo and Yokota, "Recovering single precision accuracy from Tensor Cores", 2022)
//   FLOATS       fp32 without tensor cores
#pragma once
#include "warp_mma.cuh"

#define HALVES 0
#define HALF_SUMS 1
#define TF32 2
#define THREE_TF32 3
#define FLOATS 4

enum {
    element_bytes = PRODUCT >= TF32 ? 4 : 2,
    pixel_bytes = CHUNK * element_bytes,
    pieces = pixel_bytes / 16,
    steps = pixel_bytes / 32, // of an mma
    weight_bytes = steps * BLOCKS / 2 * 512,
};

// How a pixel's pieces of 16 bytes lie, by its column in the halo: turned so that 8 neighbours of one row are
// in 8 different banks. By columns and with a period of 8, so that a warp's blocks of 16 pixels are at fixed
// distances.
DEVICE u32 piece_place(int column, int piece) {
    const int turn = pixel_bytes == 128 ? column & 7 : pixel_bytes == 64 ? column >> 1 & 3 : column >> 2 & 1;
    return (piece ^ turn) << 4;
}

// This lane's pixel of the warp's first block, at no shift.
struct LanePixel {
    int pixel, column;
};
struct Tap {
    int shift, column;
};
// The same pixel of another block.
DEVICE constexpr int block_place(int m) {
    return (m / (TILE_W / 16) * STEP_Y * HALO_W + m % (TILE_W / 16) * 16 * STEP_X) * pixel_bytes;
}

#if PRODUCT == FLOATS

// A thread computes 4 pixels by 8 channels of each 32.
DEVICE int pixel_of_lane(int lane) {
    return lane >> 2;
}
DEVICE u32 filter_of_lane(int lane) {
    return (lane & 3) * 16;
}
DEVICE void multiply_tap(float (&sum)[PIXEL_BLOCKS][BLOCKS][4], SharedAddress halo, const LanePixel &own,
                         const Tap &tap, SharedAddress filter) {
    const SharedAddress from = halo + (own.pixel + tap.shift) * pixel_bytes;
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
        u32 x[PIXEL_BLOCKS][2][4];
#pragma unroll
        for (int m = 0; m < PIXEL_BLOCKS; ++m)
#pragma unroll
            for (int half = 0; half < 2; ++half)
                load_words(x[m][half], from + block_place(m) + 8 * half * STEP_X * pixel_bytes +
                                           piece_place(own.column + tap.column, piece));
#pragma unroll
        for (int c = 0; c < 4; ++c)
#pragma unroll
            for (int quad = 0; quad < BLOCKS / 2; ++quad) {
                u32 w[4];
                load_words(w, filter + ((piece * 4 + c) * (BLOCKS / 2) + quad) * 64);
#pragma unroll
                for (int j = 0; j < 4; ++j)
#pragma unroll
                    for (int m = 0; m < PIXEL_BLOCKS; ++m)
#pragma unroll
                        for (int half = 0; half < 2; ++half) {
                            float &own = sum[m][2 * quad + j / 2][2 * half + j % 2];
                            own = fma(float_of_bits(x[m][half][c]), float_of_bits(w[j]), own);
                        }
            }
    }
}

#else

DEVICE int pixel_of_lane(int lane) {
    return lane & 15;
}
DEVICE u32 filter_of_lane(int lane) {
    return lane * 16;
}

#if PRODUCT == HALVES
typedef float Part[4];
struct Left {
    u32 word[4];
    DEVICE void take() {}
};
DEVICE void multiply_part(Part &d, const Left &a, u32 b0, u32 b1) {
    multiply(d, a.word, b0, b1);
}
#elif PRODUCT == HALF_SUMS
typedef u32 Part[2];
struct Left {
    u32 word[4];
    DEVICE void take() {}
};
DEVICE void multiply_part(Part &d, const Left &a, u32 b0, u32 b1) {
    multiply_in_half(d, a.word, b0, b1);
}
DEVICE void add_part(float (&sum)[4], const Part &part) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
        sum[i] += half_to_float((unsigned short)(part[i / 2] >> (i % 2 * 16)));
}
#elif PRODUCT == TF32
typedef float Part[4];
struct Left {
    u32 word[4];
    DEVICE void take() {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            word[i] = to_tf32(word[i]);
    }
};
DEVICE void multiply_part(Part &d, const Left &a, u32 b0, u32 b1) {
    multiply_tf32(d, a.word, to_tf32(b0), to_tf32(b1));
}
#else
typedef float Part[4];
DEVICE u32 upper(u32 word) {
    return word & 0xffffe000u;
}
DEVICE u32 lower(u32 word) {
    return bits_of_float(float_of_bits(word) - float_of_bits(upper(word)));
}
struct Left {
    u32 word[4], rest[4];
    DEVICE void take() {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            rest[i] = lower(word[i]);
            word[i] = upper(word[i]);
        }
    }
};
DEVICE void multiply_part(Part &d, const Left &a, u32 b0, u32 b1) {
    multiply_tf32(d, a.rest, upper(b0), upper(b1));
    multiply_tf32(d, a.word, lower(b0), lower(b1));
    multiply_tf32(d, a.word, upper(b0), upper(b1));
}
DEVICE void add_part(float (&sum)[4], const Part &part) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
        sum[i] += part[i];
}
#endif

#if PRODUCT == HALVES || PRODUCT == TF32

DEVICE void multiply_tap(float (&sum)[PIXEL_BLOCKS][BLOCKS][4], SharedAddress halo, const LanePixel &own,
                         const Tap &tap, SharedAddress filter) {
    const int lane = threadIdx.x & 31;
    const SharedAddress from = halo + (own.pixel + tap.shift) * pixel_bytes;
#pragma unroll
    for (int k = 0; k < steps; ++k) {
        Left a[PIXEL_BLOCKS];
#pragma unroll
        for (int m = 0; m < PIXEL_BLOCKS; ++m) {
            load_matrices(a[m].word,
                          from + block_place(m) + piece_place(own.column + tap.column, k * 2 + (lane >> 4)));
            a[m].take();
        }
#pragma unroll
        for (int pair = 0; pair < BLOCKS / 2; ++pair) {
            u32 b[4];
            load_words(b, filter + (k * (BLOCKS / 2) + pair) * 512);
#pragma unroll
            for (int m = 0; m < PIXEL_BLOCKS; ++m) {
                multiply_part(sum[m][2 * pair], a[m], b[0], b[1]);
                multiply_part(sum[m][2 * pair + 1], a[m], b[2], b[3]);
            }
        }
    }
}

#else

// The chunk's sums apart from the others, a pair of blocks at a time.
DEVICE void multiply_tap(float (&sum)[PIXEL_BLOCKS][BLOCKS][4], SharedAddress halo, const LanePixel &own,
                         const Tap &tap, SharedAddress filter) {
    const int lane = threadIdx.x & 31;
    const SharedAddress from = halo + (own.pixel + tap.shift) * pixel_bytes;
    Left a[steps][PIXEL_BLOCKS];
#pragma unroll
    for (int k = 0; k < steps; ++k)
#pragma unroll
        for (int m = 0; m < PIXEL_BLOCKS; ++m) {
            load_matrices(a[k][m].word,
                          from + block_place(m) + piece_place(own.column + tap.column, k * 2 + (lane >> 4)));
            a[k][m].take();
        }
#pragma unroll
    for (int pair = 0; pair < BLOCKS / 2; ++pair) {
        Part part[PIXEL_BLOCKS][2] = {};
#pragma unroll
        for (int k = 0; k < steps; ++k) {
            u32 b[4];
            load_words(b, filter + (k * (BLOCKS / 2) + pair) * 512);
#pragma unroll
            for (int m = 0; m < PIXEL_BLOCKS; ++m) {
                multiply_part(part[m][0], a[k][m], b[0], b[1]);
                multiply_part(part[m][1], a[k][m], b[2], b[3]);
            }
        }
#pragma unroll
        for (int m = 0; m < PIXEL_BLOCKS; ++m)
#pragma unroll
            for (int n = 0; n < 2; ++n)
                add_part(sum[m][2 * pair + n], part[m][n]);
    }
}

#endif
#endif
