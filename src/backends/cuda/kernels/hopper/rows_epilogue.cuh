// What happens to a finished row of sums: the epilogue's chain, then a place in shared memory from where the
// copy engine takes it, or a store of each element.
#pragma once

#include "layout.cuh"
#include "ptx.cuh"

// Where a thread's sums belong. Sums come in groups of 8 pixels: two pixels of two filters.
//
//                 pixel 8j + 2(lane % 4)   + 1
//   channel[0]          acc[4j]          acc[4j + 1]       channel[0] = 16 warp + lane / 4
//   channel[1]          acc[4j + 2]      acc[4j + 3]       channel[1] = channel[0] + 8
struct RowPlace {
    int lane;
    int block; // 16 warp: the warp's first channel
    int y, x;  // the strip's first pixel
    EpilogueChannel of[2];

    DEVICE int channel(int half) const { return block + lane / 4 + 8 * half; }
    DEVICE bool live(int half) const { return OUT_CHANNELS % 64 == 0 || channel(half) < OUT_CHANNELS; }
    DEVICE int pixel(int group, int odd) const { return x + 8 * group + 2 * (lane % 4) + odd; }
};

constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;

#if OPERAND_IN_RING
// The epilogue's operand is the convolution's input: its row is in shared memory, PAD_LEFT pixels before the first.
struct RowOperands {
    u32 from;

    DEVICE void begin(u32 row, const RowPlace &place) {
        constexpr int pixel = 2 * IN_LANES;
        const int at = place.lane % 8 + PAD_LEFT, chunk = place.block / 8 + place.lane / 8 % 2;
        from = row + at * pixel + swizzled_chunk(at, chunk, pixel) * 16;
    }
    DEVICE void get(const EpilogueArgs &, const RowPlace &, int group, float (&t)[4][operands]) const {
        u32 pairs[2];
        load_transposed(pairs, from + group * 8 * 2 * IN_LANES);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            t[2 * half][0] = low_value(pairs[half]);
            t[2 * half + 1][0] = high_value(pairs[half]);
        }
    }
};
#elif EPILOGUE_TENSORS > 0 && TENSORS_LAST
// Operands of the epilogue (a residual), fetched while the products run. A thread loads two channels of a
// pixel and transposing 8x8 blocks gives it two pixels of a channel, as its sums are.
struct RowOperands {
    u32 early[operands][STRIP / 8][2];

    DEVICE void fetch(const EpilogueArgs &args, const RowPlace &place) {
        const int channel = place.block + 2 * (place.lane % 4);
#pragma unroll
        for (int i = 0; i < operands; i++) {
            const EpilogueTensor &tensor = args.tensor[i];
            const storage_t *row =
                static_cast<const storage_t *>(tensor.data) + place.y * tensor.stride_y + channel;
#pragma unroll
            for (int j = 0; j < STRIP / 8; j++) {
                const int x = place.x + 8 * j + place.lane / 4;
                const storage_t *pixel = row + x * tensor.stride_x;
                early[i][j][0] = early[i][j][1] = 0;
                if (x < args.width && channel < OUT_CHANNELS)
                    early[i][j][0] = load_early(reinterpret_cast<const u32 *>(pixel));
                if (x < args.width && channel + 8 < OUT_CHANNELS)
                    early[i][j][1] = load_early(reinterpret_cast<const u32 *>(pixel + 8));
            }
        }
    }
    DEVICE void get(const EpilogueArgs &, const RowPlace &, int group, float (&t)[4][operands]) const {
#pragma unroll
        for (int i = 0; i < operands; i++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const u32 pair = transposed(early[i][group][half]);
                t[2 * half][i] = low_value(pair);
                t[2 * half + 1][i] = high_value(pair);
            }
    }
};
#else
// The same one by one, from any layout. What lies outside is read from the edge: a branch would make each
// load wait for the one before.
struct RowOperands {
    float early[operands][STRIP / 2];

    DEVICE void fetch(const EpilogueArgs &args, const RowPlace &place) {
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; i++)
#pragma unroll
            for (int s = 0; s < STRIP / 2; s++) {
                const int x = min(place.pixel(s / 4, s % 2), args.width - 1);
                const int channel = min(place.channel(s / 2 % 2), OUT_CHANNELS - 1);
                early[i][s] = epilogue_tensor(args, i, place.y, x, channel);
            }
    }
    DEVICE void get(const EpilogueArgs &, const RowPlace &, int group, float (&t)[4][operands]) const {
#pragma unroll
        for (int e = 0; e < 4; e++)
#pragma unroll
            for (int i = 0; i < operands; i++)
                t[e][i] = EPILOGUE_TENSORS > 0 ? early[i][4 * group + e] : 0.0f;
    }
};
#endif

// What a thread has added up of its two channels, where results are to be (EPILOGUE_SUMS).
struct RowTotals {
    float of[2] = {0, 0};

    DEVICE void add(const EpilogueArgs &args, const RowPlace &place, int group, const float (&result)[4]) {
#pragma unroll
        for (int e = 0; EPILOGUE_SUMS && e < 4; e++)
            if (place.pixel(group, e % 2) < args.width)
                of[e / 2] += result[e];
    }
    // As row `row`, by all threads of a warp.
    DEVICE void store(const EpilogueArgs &args, const RowPlace &place, int row) const {
#pragma unroll
        for (int half = 0; EPILOGUE_SUMS && half < 2; half++) {
            float sum = of[half] + __shfl_xor_sync(~0u, of[half], 1);
            sum += __shfl_xor_sync(~0u, sum, 2);
            if (place.lane % 4 == 0 && place.live(half))
                store_sum(args, row, place.channel(half), sum);
        }
    }
};

// The four results of a group; filters that only fill up the 64 give 0.
DEVICE void row_results(const EpilogueArgs &args, const RowPlace &place, const RowOperands &operand,
                        int group, const float *sums, float (&result)[4], RowTotals &totals) {
    float t[4][operands];
    operand.get(args, place, group, t);
#pragma unroll
    for (int e = 0; e < 4; e++)
        result[e] = place.live(e / 2) ? epilogue(place.of[e / 2], sums[e], t[e]) : 0.0f;
    totals.add(args, place, group, result);
}

#if OUT_LANES > 0
// Pixel by pixel into shared memory at `stage`, in the swizzle of the output's tensor map.
DEVICE void stage_row(u32 stage, const EpilogueArgs &args, const RowPlace &place, const RowOperands &operand,
                      const float (&sums)[STRIP / 2], RowTotals &totals) {
    if (place.block >= OUT_LANES)
        return;
    constexpr int pixel = 2 * OUT_LANES;
    // Matrices of one store: pixels 0-7 of channels 0-7 and 8-15 of the block, then pixels 8-15 of the same.
    const int lane_pixel = place.lane % 8 + place.lane / 16 * 8, chunk = place.block / 8 + place.lane / 8 % 2;
    const u32 to = stage + lane_pixel * pixel + swizzled_chunk(lane_pixel, chunk, pixel) * 16;
#pragma unroll
    for (int j = 0; j < STRIP / 8; j += 2) {
        float a[4], b[4];
        row_results(args, place, operand, j, &sums[4 * j], a, totals);
        row_results(args, place, operand, j + 1, &sums[4 * j + 4], b, totals);
        store_transposed(to + j * 8 * pixel, pack2(a[0], a[1]), pack2(a[2], a[3]), pack2(b[0], b[1]),
                         pack2(b[2], b[3]));
    }
}
#else
// Straight to where the result lies, whatever its layout. A thread's pixels are `step` elements apart.
DEVICE void store_elements(const EpilogueArgs &args, const RowPlace &place, const RowOperands &operand,
                           const float (&sums)[STRIP / 2], output_t *const (&to)[2], long long step,
                           RowTotals &totals) {
#pragma unroll
    for (int j = 0; j < STRIP / 8; j++) {
        float result[4];
        row_results(args, place, operand, j, &sums[4 * j], result, totals);
#pragma unroll
        for (int e = 0; e < 4; e++)
            if (place.pixel(j, e % 2) < args.width && place.live(e / 2))
                to[e / 2][(8 * j + e % 2) * step] = Put<output_t>::from(result[e]);
    }
}

// With an even shuffle two channels are neighbours in an output row, so that planes of 16-bit elements get 4
// bytes a store. `to`: of the thread's first pixel after transposing.
DEVICE void store_pairs(const EpilogueArgs &args, const RowPlace &place, const RowOperands &operand,
                        const float (&sums)[STRIP / 2], output_t *const (&to)[2], RowTotals &totals) {
    const int channel = place.block + 2 * (place.lane % 4);
#pragma unroll
    for (int j = 0; j < STRIP / 8; j++) {
        float result[4];
        row_results(args, place, operand, j, &sums[4 * j], result, totals);
        const bool inside = place.x + 8 * j + place.lane / 4 < args.width;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const u32 pair = transposed(pack2(result[2 * half], result[2 * half + 1]));
            if (inside && channel + 8 * half < OUT_CHANNELS)
                *reinterpret_cast<u32 *>(to[half] + 8 * j * OUTPUT_SHUFFLE) = pair;
        }
    }
}

DEVICE output_t *output_place(const EpilogueArgs &args, int y, int x, int channel) {
    constexpr int r = OUTPUT_SHUFFLE;
    return args.output.data + channel / (r * r) * args.output.stride_c +
           (y * r + channel / r % r) * args.output.stride_y + (x * r + channel % r) * args.output.stride_x;
}

DEVICE void store_row(const EpilogueArgs &args, const RowPlace &place, const RowOperands &operand,
                      const float (&sums)[STRIP / 2], RowTotals &totals) {
    if (place.block >= OUT_CHANNELS)
        return;
    output_t *to[2];
    const bool even = args.output.stride_y % 2 == 0 && args.output.stride_c % 2 == 0 &&
                      reinterpret_cast<u64>(args.output.data) % 4 == 0;
    if (OUTPUT_SHUFFLE % 2 == 0 && sizeof(output_t) == 2 && args.output.stride_x == 1 && even) {
#pragma unroll
        for (int half = 0; half < 2; half++)
            to[half] = output_place(args, place.y, place.x + place.lane / 4,
                                    place.block + 2 * (place.lane % 4) + 8 * half);
        store_pairs(args, place, operand, sums, to, totals);
        return;
    }
#pragma unroll
    for (int half = 0; half < 2; half++)
        to[half] = output_place(args, place.y, place.pixel(0, 0), place.channel(half));
    if (args.output.stride_x == 1) // the distances are constants of the code
        store_elements(args, place, operand, sums, to, OUTPUT_SHUFFLE, totals);
    else
        store_elements(args, place, operand, sums, to, OUTPUT_SHUFFLE * args.output.stride_x, totals);
}
#endif
