// Transposed convolution of 4x4 taps and stride 2 to at most four channels: all taps of a pixel as one
// product.
//
// By phases each input pixel would be read four times for a handful of filters. Here a row of 64 pixels is
// multiplied once with the filters of all 16 taps; the products of three rows stay in shared memory, and
// every output pixel is the sum of four of them. A block walks down a strip of pixels, reading its input
// once.
//
//   pixels x-1, x, x+1 of a row       output columns (pad 1)   2x   = tap 3 of x-1 + tap 1 of x
//   products of taps kx = 0..3                                 2x+1 = tap 2 of x   + tap 0 of x+1
//
// The first and the last pixel of the 64 only lend their products, so strips are 62 pixels apart.
#pragma once

#include "ptx.cuh"
#include "taps_shape.cuh"

constexpr TapsShape shape{IN_CHANNELS, OUT_CHANNELS};
constexpr int steps = k_lanes(shape) / 16;
constexpr int tiles = OUT_CHANNELS; // of 8 columns, of a warp: two warps share 16 pixels
constexpr int pixel_pitch = pixel_pitch_bytes(shape), pitch = product_pitch(shape);
constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;

struct TapsInput {
    const storage_t *data;
    long long stride_y, stride_x;
    int height, width;
    int first_y, first_x; // place of output row and column 0, as far as the padding moves it
    int rows;             // of a block
};

// Sixteen bytes, or zeros.
DEVICE void copy_chunk(u32 to, const void *from, bool inside) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0)
                 : "memory");
}
DEVICE void load_fragment(u32 (&a)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
                 : "r"(address)
                 : "memory");
}
DEVICE void multiply(float (&sums)[4], const u32 (&a)[4], uint2 b) {
#if STORAGE_BF16
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#else
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
#endif
    asm volatile(PRODUCT "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

// The 64 pixels of input row y from column x on; zeros outside the picture.
DEVICE void load_row(u32 to, const TapsInput &input, int y, int x) {
    constexpr int chunks = k_lanes(shape) / 8, there = (IN_CHANNELS + 7) / 8;
    for (int i = threadIdx.x; i < taps_pixels * chunks; i += taps_threads) {
        const int p = i / chunks, chunk = i - p * chunks;
        const bool inside = y >= 0 && y < input.height && x + p >= 0 && x + p < input.width && chunk < there;
        const storage_t *from =
            input.data + (inside ? y * input.stride_y + (x + p) * input.stride_x + chunk * 8 : 0);
        copy_chunk(to + p * pixel_pitch + chunk * 16, from, inside);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
}

// Products of the row at `pixels` for this warp's 16 pixels and half of the columns.
DEVICE void multiply_pixels(float *products, u32 pixels, const uint2 (&filters)[steps][tiles]) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, first = warp / 2 * 16,
              column = warp % 2 * tiles * 8;
    float sums[tiles][4] = {};
    const u32 from = pixels + (first + lane % 16) * pixel_pitch + lane / 16 * 16;
#pragma unroll
    for (int k = 0; k < steps; k++) {
        u32 a[4];
        load_fragment(a, from + k * 32);
#pragma unroll
        for (int n = 0; n < tiles; n++)
            multiply(sums[n], a, filters[k][n]);
    }
    float *to = products + (first + lane / 4) * pitch + column + 2 * (lane % 4);
#pragma unroll
    for (int n = 0; n < tiles; n++) {
        *reinterpret_cast<float2 *>(to + 8 * n) = make_float2(sums[n][0], sums[n][1]);
        *reinterpret_cast<float2 *>(to + 8 * pitch + 8 * n) = make_float2(sums[n][2], sums[n][3]);
    }
}

// The two output rows that place y gives; products of rows y - 1 to y + 1, in slots counted from `row` on.
DEVICE void store_outputs(const EpilogueArgs &args, const TapsInput &input, const float *products, int y,
                          int x, int row) {
    constexpr int wide = 2 * taps_complete;
    for (int i = threadIdx.x; i < OUT_CHANNELS * 2 * wide; i += taps_threads) {
        const int channel = i / (2 * wide), rest = i - channel * 2 * wide;
        const int phase_y = rest / wide, column = rest - phase_y * wide, phase_x = column % 2,
                  p = 1 + column / 2;
        const int out_y = 2 * y + phase_y - 2 * input.first_y - TAPS_ODD_Y;
        const int out_x = 2 * (x + p) + phase_x - 2 * input.first_x - TAPS_ODD_X;
        if (out_y < 0 || out_y >= args.height || out_x < 0 || out_x >= args.width)
            continue;
        float sum = 0.0f;
#pragma unroll
        for (int a = 0; a < 2; a++)
#pragma unroll
            for (int b = 0; b < 2; b++) {
                const int tap_y = 3 - phase_y - 2 * a, tap_x = 3 - phase_x - 2 * b;
                const int slot = (row + phase_y + a) % 3, from = p - 1 + phase_x + b;
                sum += products[(slot * taps_pixels + from) * pitch + (tap_y * 4 + tap_x) * OUT_CHANNELS +
                                channel];
            }
        float t[operands] = {};
#pragma unroll
        for (int o = 0; o < EPILOGUE_TENSORS; o++)
            t[o] = epilogue_tensor(args, o, out_y, out_x, channel);
        store_output(args, out_y, out_x, channel, epilogue(epilogue_channel(args, channel), sum, t));
#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
        if (channel == 0)
            for (int lane = 0; lane < args.pad_lanes; lane++)
                args.output
                    .data[out_y * args.output.stride_y + out_x * args.output.stride_x + OUT_CHANNELS + lane] =
                    Put<output_t>::from(0.0f);
#endif
    }
}

extern "C" __global__ void __launch_bounds__(taps_threads, 2)
    kernel(const __grid_constant__ TapsInput input, const uint2 *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const u32 pixels = shared_address(shared);
    float *products = reinterpret_cast<float *>(shared + 2 * pixels_bytes(shape));
    uint2 filters[steps][tiles];
#pragma unroll
    for (int k = 0; k < steps; k++)
#pragma unroll
        for (int n = 0; n < tiles; n++)
            filters[k][n] =
                weights[(k * 2 * tiles + threadIdx.x / 32 % 2 * tiles + n) * 32 + threadIdx.x % 32];
    let_next_start();
    wait_for_previous();
    const int x = input.first_x - 1 + static_cast<int>(blockIdx.x) * taps_complete;
    const int begin = input.first_y + static_cast<int>(blockIdx.y) * input.rows;
    load_row(pixels, input, begin - 1, x);
#pragma unroll 1
    for (int n = 0; n < input.rows + 2; n++) { // n-th input row, from the one above the first place on
        if (n < input.rows + 1)
            load_row(pixels + (n + 1) % 2 * pixels_bytes(shape), input, begin + n, x);
        else
            asm volatile("cp.async.commit_group;" ::
                             : "memory"); // nothing, so that one group is always behind
        asm volatile("cp.async.wait_group 1;" ::: "memory");
        __syncthreads();
        multiply_pixels(products + n % 3 * taps_pixels * pitch, pixels + n % 2 * pixels_bytes(shape),
                        filters);
        __syncthreads();
        if (n >= 2)
            store_outputs(args, input, products, begin + n - 2, x, n - 2);
    }
}
