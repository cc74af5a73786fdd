// Adds up the products that tail.cuh stores of each pixel: results of a convolution to at most four channels, transposed
// of 4x4 taps and stride 2 or of 3x3 taps and stride 1.
//
// A lane has a pixel of each row that its warp walks down. What belongs to its neighbours in the row is exchanged within
// the warp, of which the first and the last lane only lend their products; what belongs to rows below waits in registers.
//
//   rows of taps       transposed:   0 ends the lower row of pixels y - 1, 1 ends the upper row of y,
//                                    2 begins the lower row of y, 3 the upper row of y + 1
//                      straight:     2 ends row y - 1, 1 goes on with row y, 0 begins row y + 1
#pragma once

#include "ptx.cuh"
#include "taps_shape.cuh"

constexpr TapsShape shape{PRODUCT_COLUMNS, OUT_CHANNELS, TRANSPOSED};
constexpr int vectors = PRODUCT_COLUMNS / 8; // of 16 bytes
constexpr int phases = taps_phases(shape), row_taps = taps_wide(shape);
constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;

struct Products { // of a pixel
    uint4 of[vectors];

    // Of the pixel in row y, column x; zeros outside the picture.
    DEVICE void load(const TapsInput &input, int y, int x) {
        const bool inside = y >= 0 && y < input.height && x >= 0 && x < input.width;
        const storage_t *from =
            reinterpret_cast<const storage_t *>(input.data) + (inside ? y * input.stride_y + x * input.stride_x : 0);
#pragma unroll
        for (int i = 0; i < vectors; i++) {
            of[i] = make_uint4(0, 0, 0, 0);
            if (inside)
                of[i] = load_early(reinterpret_cast<const uint4 *>(from) + i);
        }
    }
    DEVICE float at(int column) const {
        const uint4 &v = of[column / 8];
        const int i = column % 8 / 2;
        const u32 pair = i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w;
        return column % 2 == 0 ? low_value(pair) : high_value(pair);
    }
};

// Results of a pixel in one row: of each phase and channel.
struct RowOfResults {
    float of[phases][OUT_CHANNELS];

    // What one row of taps adds.
    DEVICE static RowOfResults of_taps(const Products &products, int tap_y) {
        RowOfResults row = {};
#pragma unroll
        for (int phase = 0; phase < phases; phase++)
#pragma unroll
            for (int c = 0; c < OUT_CHANNELS; c++)
#pragma unroll
                for (int i = 0; i < taps_met(shape); i++) {
                    const float own = products.at(product_column(shape, tap_y, tap_of(shape, phase, i), c));
                    const int away = phase + i - 1; // pixels to the right
                    row.of[phase][c] += away < 0   ? __shfl_up_sync(~0u, own, 1)
                                        : away > 0 ? __shfl_down_sync(~0u, own, 1)
                                                   : own;
                }
        return row;
    }
    DEVICE void add(const RowOfResults &more) {
#pragma unroll
        for (int phase = 0; phase < phases; phase++)
#pragma unroll
            for (int c = 0; c < OUT_CHANNELS; c++)
                of[phase][c] += more.of[phase][c];
    }
};

DEVICE float finished(const EpilogueArgs &args, float sum, int y, int x, int channel) {
    float t[operands] = {};
#pragma unroll
    for (int i = 0; i < EPILOGUE_TENSORS; i++)
        t[i] = epilogue_tensor(args, i, y, x, channel);
    return epilogue(epilogue_channel(args, channel), sum, t);
}

// place_y, place_x: of the pixel, from the first with results on.
DEVICE void store_row(const EpilogueArgs &args, const RowOfResults &row, int place_y, int phase_y, int place_x,
                      bool pairs) {
    const int y = phases * place_y + phase_y - TAPS_ODD_Y, x = phases * place_x - TAPS_ODD_X;
    if (y < 0 || y >= args.height)
        return;
    if (pairs && x >= 0 && x + 1 < args.width) { // two neighbours of a row of elements
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; c++)
            *reinterpret_cast<u32 *>(args.output.data + y * args.output.stride_y + c * args.output.stride_c + x) =
                pack2(finished(args, row.of[0][c], y, x, c), finished(args, row.of[phases - 1][c], y, x + 1, c));
        return;
    }
#pragma unroll
    for (int phase = 0; phase < phases; phase++) {
        if (x + phase < 0 || x + phase >= args.width)
            continue;
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; c++)
            store_output(args, y, x + phase, c, finished(args, row.of[phase][c], y, x + phase, c));
#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
        for (int lane = 0; lane < args.pad_lanes; lane++)
            store_padding(args, y, x + phase, lane);
#endif
    }
}

extern "C" __global__ void __launch_bounds__(tap_sum_threads, tap_sum_blocks)
    kernel(const __grid_constant__ TapsInput input, const __grid_constant__ EpilogueArgs args) {
    wait_for_previous();
    let_next_start();
    const int lane = threadIdx.x % 32, strip = blockIdx.x * (tap_sum_threads / 32) + threadIdx.x / 32;
    const int place_x = strip * tap_sum_complete + lane - 1, x = input.first_x + place_x;
    const int begin = static_cast<int>(blockIdx.y) * input.rows; // place of the first row
    const bool stores = lane > 0 && lane <= tap_sum_complete;
    const bool pairs = phases == 2 && TAPS_ODD_X == 0 && OUTPUT_SHUFFLE == 1 && sizeof(output_t) == 2 &&
                       args.output.stride_x == 1 && args.output.stride_y % 2 == 0 && args.output.stride_c % 2 == 0 &&
                       reinterpret_cast<u64>(args.output.data) % 4 == 0;
    RowOfResults first = {}, second = {}; // that the next row goes on with
    Products next;
    next.load(input, input.first_y + begin - 1, x);
#pragma unroll 1
    for (int n = 0; n < input.rows + 2; n++) {
        const Products products = next;
        if (n + 1 < input.rows + 2)
            next.load(input, input.first_y + begin + n, x);
        const int place_y = begin + n - 1;
        if constexpr (TRANSPOSED) { // first: the upper row of this pixel, second: the lower one of that above
            first.add(RowOfResults::of_taps(products, 1));
            if (stores && n >= 1 && n <= input.rows)
                store_row(args, first, place_y, 0, place_x, pairs);
            first = RowOfResults::of_taps(products, 3 % row_taps);
            second.add(RowOfResults::of_taps(products, 0));
            if (stores && n >= 2)
                store_row(args, second, place_y - 1, 1, place_x, pairs);
            second = RowOfResults::of_taps(products, 2);
        } else { // first: of the row above, second: of this one
            first.add(RowOfResults::of_taps(products, 2));
            if (stores && n >= 2)
                store_row(args, first, place_y - 1, 0, place_x, pairs);
            first = second;
            first.add(RowOfResults::of_taps(products, 1));
            second = RowOfResults::of_taps(products, 0);
        }
    }
}
