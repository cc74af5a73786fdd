// Convolution to at most four channels, all taps of a pixel as one product: transposed of 4x4 taps and stride 2, or of
// 3x3 taps and stride 1.
//
// Tap by tap (or phase by phase) each input pixel would be read many times for a handful of filters. Here a row of 64
// pixels is multiplied once with the filters of all taps; the products of three rows stay in shared memory, and
// every output pixel is the sum of some of them. A block walks down a strip of pixels, reading its input once.
//
//   pixels x-1, x, x+1 of a row       transposed (pad 1)       2x   = tap 3 of x-1 + tap 1 of x
//   products of taps kx = 0..                                  2x+1 = tap 2 of x   + tap 0 of x+1
//                                     else (pad 1)             x    = tap 0 of x-1 + tap 1 of x + tap 2 of x+1
//
// The first and the last pixel of the 64 only lend their products, so strips are 62 pixels apart.
#pragma once

#include "ptx.cuh"
#include "taps_shape.cuh"

constexpr TapsShape shape{IN_CHANNELS, OUT_CHANNELS, TRANSPOSED};
constexpr int steps = k_lanes(shape) / 16;
constexpr int columns = product_columns(shape), tiles = columns / 16; // of 8 columns, of a warp: two share 16 pixels
constexpr int pixel_pitch = pixel_pitch_bytes(shape), pitch = product_pitch, rows_kept = pixel_rows(shape);
constexpr int phases = taps_phases(shape), wide = phases * taps_complete;
constexpr int results = OUT_CHANNELS * phases * wide; // of a row of pixels
constexpr int results_of_thread = (results + taps_threads - 1) / taps_threads;
constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;

// The 64 pixels of input row y from column x on; zeros outside the picture.
DEVICE void load_row(u32 to, const TapsInput &input, int y, int x) {
    constexpr int chunks = k_lanes(shape) / 8, there = (IN_CHANNELS + 7) / 8;
    for (int i = threadIdx.x; i < taps_pixels * chunks; i += taps_threads) {
        const int p = i / chunks, chunk = i - p * chunks;
        const bool inside = y >= 0 && y < input.height && x + p >= 0 && x + p < input.width && chunk < there;
        const storage_t *from =
            reinterpret_cast<const storage_t *>(input.data) +
            (inside ? y * input.stride_y + (x + p) * input.stride_x + chunk * 8 : 0);
        copy_chunk(to + p * pixel_pitch + chunk * 16, from, inside);
    }
    chunks_commit();
}

// Products of the row at `pixels` for this warp's 16 pixels and half of the columns.
DEVICE void multiply_pixels(float *products, u32 pixels, const uint2 (&filters)[steps][tiles]) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, first = warp / 2 * 16, column = warp % 2 * tiles * 8;
    float sums[tiles][4] = {};
    const u32 from = pixels + (first + lane % 16) * pixel_pitch + lane / 16 * 16;
#pragma unroll
    for (int k = 0; k < steps; k++) {
        u32 a[4];
        load_fragment(a, from + k * 32);
#pragma unroll
        for (int n = 0; n < tiles; n++)
            add_product(sums[n], a, filters[k][n]);
    }
    float *to = products + (column + 2 * (lane % 4)) * pitch + first + lane / 4;
#pragma unroll
    for (int n = 0; n < tiles; n++)
#pragma unroll
        for (int e = 0; e < 4; e++)
            to[(8 * n + e % 2) * pitch + e / 2 * 8] = sums[n][e];
}

// One result of the row of pixels `y` of a strip that begins at `x`.
struct Result {
    int channel, phase_y, phase_x, pixel; // the pixel of the strip
    int y, x;                             // of the result
    bool inside;

    DEVICE Result(const EpilogueArgs &args, const TapsInput &input, int index, int row, int strip) {
        channel = index / (phases * wide);
        const int rest = index - channel * phases * wide, column = rest % wide;
        phase_y = rest / wide;
        phase_x = column % phases;
        pixel = 1 + column / phases;
        y = phases * (row - input.first_y) + phase_y - TAPS_ODD_Y;
        x = phases * (strip + pixel - input.first_x) + phase_x - TAPS_ODD_X;
        inside = index < results && y >= 0 && y < args.height && x >= 0 && x < args.width;
    }
    // row: of the three rows of products, the one of the pixels above.
    DEVICE float sum(const float *products, int row) const {
        float sum = 0.0f;
#pragma unroll
        for (int a = 0; a < taps_met(shape); a++)
#pragma unroll
            for (int b = 0; b < taps_met(shape); b++) {
                const int column = product_column(shape, tap_of(shape, phase_y, a), tap_of(shape, phase_x, b), channel);
                const int slot = (row + phase_y + a) % 3, from = pixel - 1 + phase_x + b;
                sum += products[(slot * columns + column) * pitch + from];
            }
        return sum;
    }
};

// Operands of the epilogue. Those of a thread's only result are fetched before its products are there.
constexpr bool fetched_early = results_of_thread == 1;

struct ResultOperands {
    float of[operands];

    DEVICE void fetch(const EpilogueArgs &args, const Result &result) {
#pragma unroll
        for (int o = 0; o < EPILOGUE_TENSORS; o++)
            of[o] = result.inside ? epilogue_tensor(args, o, result.y, result.x, result.channel) : 0.0f;
    }
};

DEVICE void store_results(const EpilogueArgs &args, const TapsInput &input, ResultOperands &operand,
                          const float *products, int n, int row, int strip) {
#pragma unroll 1
    for (int i = threadIdx.x; i < results; i += taps_threads) {
        const Result result(args, input, i, row, strip);
        if (!result.inside)
            continue;
        if (!fetched_early)
            operand.fetch(args, result);
        const EpilogueChannel of = epilogue_channel(args, result.channel);
        store_output(args, result.y, result.x, result.channel, epilogue(of, result.sum(products, n), operand.of));
#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
        if (result.channel == 0)
            for (int lane = 0; lane < args.pad_lanes; lane++)
                args.output.data[result.y * args.output.stride_y + result.x * args.output.stride_x + OUT_CHANNELS +
                                 lane] = Put<output_t>::from(0.0f);
#endif
    }
}

extern "C" __global__ void __launch_bounds__(taps_threads, taps_blocks(shape))
    kernel(const __grid_constant__ TapsInput input, const uint2 *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const u32 pixels = in_shared(shared);
    float *products = reinterpret_cast<float *>(shared + rows_kept * pixels_bytes(shape));
    uint2 filters[steps][tiles];
#pragma unroll
    for (int k = 0; k < steps; k++)
#pragma unroll
        for (int n = 0; n < tiles; n++)
            filters[k][n] = weights[(k * 2 * tiles + threadIdx.x / 32 % 2 * tiles + n) * 32 + threadIdx.x % 32];
    wait_for_previous();
    let_next_start();
    const int x = input.first_x - 1 + static_cast<int>(blockIdx.x) * taps_complete;
    const int begin = input.first_y + static_cast<int>(blockIdx.y) * input.rows;
    // n-th input row, from the one above the first place on; a group of copies each, were it of nothing, so that as
    // many are always behind.
    const auto load = [&](int n) {
        if (n < input.rows + 2)
            load_row(pixels + n % rows_kept * pixels_bytes(shape), input, begin - 1 + n, x);
        else
            chunks_commit();
    };
    for (int n = 0; n < rows_kept - 1; n++)
        load(n);
#pragma unroll 1
    for (int n = 0; n < input.rows + 2; n++) {
        load(n + rows_kept - 1);
        chunks_wait<rows_kept - 1>();
        __syncthreads();
        ResultOperands operand;
        if (fetched_early && n >= 2)
            operand.fetch(args, Result(args, input, threadIdx.x, begin + n - 2, x));
        float *const row = products + n % 3 * columns * pitch;
        multiply_pixels(row, pixels + n % rows_kept * pixels_bytes(shape), filters);
        __syncthreads();
        if (n >= 2)
            store_results(args, input, operand, products, n - 2, begin + n - 2, x);
    }
}
