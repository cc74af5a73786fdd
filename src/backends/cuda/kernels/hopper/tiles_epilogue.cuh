// What happens to a finished tile of sums. Filters are packed so that, after transposing 8x8 blocks, a thread
// holds four neighbouring channels of a pixel: 8 bytes a store, whole 32-byte sectors, no shared memory.
#pragma once

#include "layout.cuh"
#include "ptx.cuh"

constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;
// SHUFFLED_FOURS: filters lie in the order of the pixels that a shuffle makes of them, so many lanes each; 0: in that of
// channels.
constexpr int places = SHUFFLED_FOURS > 0 ? SHUFFLED_FOURS * OUTPUT_SHUFFLE * OUTPUT_SHUFFLE : OUT_CHANNELS + 7;

// A warp's 16 channels of a tile of results, 8 wide. Sums of row j:
//
//                 column 2(lane % 4)   + 1
//   channel[0]          acc[4j]      acc[4j + 1]       channel[0] = block + channel_of_row(lane / 4)
//   channel[1]          acc[4j + 2]  acc[4j + 3]       channel[1] = channel[0] + 2
struct TilePlace {
    int lane;
    int block;            // the warp's first channel
    int y, x;             // first place of the tile
    int phase_y, phase_x; // result of place (y, x): (y * RESULT_STEP_Y + phase_y, ...)
    EpilogueChannel of[2];

    DEVICE int channel(int half) const {
        const int at = block + channel_of_row(lane / 4) + 2 * half;
#if SHUFFLED_FOURS > 0
        return shuffled_channel(at, SHUFFLED_FOURS, OUTPUT_SHUFFLE, OUT_CHANNELS);
#else
        return at;
#endif
    }
    DEVICE bool live(int half) const {
        return (OUT_CHANNELS % 64 == 0 && SHUFFLED_FOURS == 0) || channel(half) < OUT_CHANNELS;
    }
    DEVICE int result_y(int row) const { return (y + row) * RESULT_STEP_Y + phase_y; }
    DEVICE int result_x(int column) const { return (x + column) * RESULT_STEP_X + phase_x; }
    DEVICE int rows_left(const EpilogueArgs &args) const { // of the tile, inside the result
        return (args.height - phase_y + RESULT_STEP_Y - 1) / RESULT_STEP_Y - y;
    }
    // After transposing: four channels from here on, of this column.
    DEVICE int own_channels() const { return block + 4 * (lane % 4); }
    DEVICE int own_column() const { return lane / 4; }
};

#if EPILOGUE_TENSORS > 0 && TENSORS_LAST
// Operands of the epilogue, fetched a plane of products before they are needed.
struct TileOperands {
    uint2 early[operands][TILE_ROWS];

    DEVICE void fetch(const EpilogueArgs &args, const TilePlace &place) {
        const int x = place.result_x(place.own_column()), channel = place.own_channels();
#pragma unroll
        for (int i = 0; i < operands; i++) {
            const EpilogueTensor &tensor = args.tensor[i];
            const storage_t *from = static_cast<const storage_t *>(tensor.data) + channel +
                                    x * tensor.stride_x + place.result_y(0) * tensor.stride_y;
            const int rows = x < args.width && channel < OUT_CHANNELS ? place.rows_left(args) : 0;
#pragma unroll
            for (int j = 0; j < TILE_ROWS; j++, from += RESULT_STEP_Y * tensor.stride_y) {
                early[i][j] = make_uint2(0, 0);
                if (j < rows)
                    early[i][j] = load_early(reinterpret_cast<const uint2 *>(from));
            }
        }
    }
    DEVICE void get(const EpilogueArgs &, const TilePlace &, int row, float (&t)[4][operands]) const {
#pragma unroll
        for (int i = 0; i < operands; i++) {
            const u32 first = transposed(early[i][row].x), second = transposed(early[i][row].y);
            t[0][i] = low_value(first);
            t[1][i] = high_value(first);
            t[2][i] = low_value(second);
            t[3][i] = high_value(second);
        }
    }
};
#else
// The same one by one, from any layout. What lies outside is read from the edge: a branch would make each
// load wait for the one before.
struct TileOperands {
    float early[operands][4 * TILE_ROWS];

    DEVICE void fetch(const EpilogueArgs &args, const TilePlace &place) {
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; i++)
#pragma unroll
            for (int s = 0; s < 4 * TILE_ROWS; s++) {
                const int x = min(place.result_x(2 * (place.lane % 4) + s % 2), args.width - 1);
                const int y = min(place.result_y(s / 4), args.height - 1);
                const int channel = min(place.channel(s / 2 % 2), OUT_CHANNELS - 1);
                early[i][s] = epilogue_tensor(args, i, y, x, channel);
            }
    }
    DEVICE void get(const EpilogueArgs &, const TilePlace &, int row, float (&t)[4][operands]) const {
#pragma unroll
        for (int e = 0; e < 4; e++)
#pragma unroll
            for (int i = 0; i < operands; i++)
                t[e][i] = EPILOGUE_TENSORS > 0 ? early[i][4 * row + e] : 0.0f;
    }
};
#endif

#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
DEVICE void store_four(const EpilogueArgs &args, output_t *pixel, int channel, uint2 four) {
    const int left = args.channels + args.pad_lanes - channel;
    if (left >= 4) {
        *reinterpret_cast<uint2 *>(pixel + channel) = four;
        return;
    }
#pragma unroll
    for (int i = 0; i < 3; i++)
        if (i < left)
            reinterpret_cast<unsigned short *>(pixel)[channel + i] =
                static_cast<unsigned short>((i < 2 ? four.x : four.y) >> 16 * (i % 2));
}
#endif

// What a thread has added up of its two channels, where results are to be (EPILOGUE_SUMS).
struct TileTotals {
    float of[2] = {0, 0};

    // The results of row `row` of a tile, of which `rows` are inside the picture.
    DEVICE void add(const EpilogueArgs &args, const TilePlace &place, int row, int rows,
                    const float (&result)[4]) {
#pragma unroll
        for (int e = 0; EPILOGUE_SUMS && e < 4; e++)
            if (row < rows && place.result_x(2 * (place.lane % 4) + e % 2) < args.width)
                of[e / 2] += result[e];
    }
    // As row `row`, by all threads of a warp.
    DEVICE void store(const EpilogueArgs &args, const TilePlace &place, int row) const {
#pragma unroll
        for (int half = 0; EPILOGUE_SUMS && half < 2; half++) {
            float sum = of[half] + __shfl_xor_sync(~0u, of[half], 1);
            sum += __shfl_xor_sync(~0u, sum, 2);
            if (place.lane % 4 == 0 && place.live(half))
                store_sum(args, row, place.channel(half), sum);
        }
    }
};

#if SHUFFLED_FOURS > 0
// Four neighbouring channels of a pixel behind the shuffle, from two pairs of columns before transposing.
DEVICE void store_shuffled(const EpilogueArgs &args, const TilePlace &place, int row, const float (&result)[4]) {
    const int at = place.own_channels(), block = at / SHUFFLED_FOURS;
    const int x = place.result_x(place.own_column()) * OUTPUT_SHUFFLE + block % OUTPUT_SHUFFLE;
    const int y = place.result_y(row) * OUTPUT_SHUFFLE + block / OUTPUT_SHUFFLE;
    const bool inside = x < args.width * OUTPUT_SHUFFLE && y < args.height * OUTPUT_SHUFFLE && at < places;
    output_t *const to = args.output.data + y * args.output.stride_y + x * args.output.stride_x + at % SHUFFLED_FOURS;
    if constexpr (sizeof(output_t) == 2) {
        const uint2 four =
            make_uint2(transposed(pack2(result[0], result[1])), transposed(pack2(result[2], result[3])));
        if (inside)
            *reinterpret_cast<uint2 *>(to) = four;
    } else {
        u32 four[4];
#pragma unroll
        for (int i = 0; i < 2; i++) { // halves of the bits, each transposed
            const u32 a = __float_as_uint(result[2 * i]), b = __float_as_uint(result[2 * i + 1]);
            const u32 low = transposed(__byte_perm(a, b, 0x5410)), high = transposed(__byte_perm(a, b, 0x7632));
            four[2 * i] = __byte_perm(low, high, 0x5410);
            four[2 * i + 1] = __byte_perm(low, high, 0x7632);
        }
        if (inside)
            *reinterpret_cast<uint4 *>(to) = make_uint4(four[0], four[1], four[2], four[3]);
    }
}
#endif

DEVICE void store_tile(const EpilogueArgs &args, const TilePlace &place, const TileOperands &operand,
                       const float (&sums)[4 * TILE_ROWS], TileTotals &totals) {
    const int rows = place.rows_left(args);
#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
    const int column = place.result_x(place.own_column());
    output_t *to =
        args.output.data + column * args.output.stride_x + place.result_y(0) * args.output.stride_y;
#endif
#pragma unroll
    for (int j = 0; j < TILE_ROWS; j++) {
        float t[4][operands], result[4];
        operand.get(args, place, j, t);
#pragma unroll
        for (int e = 0; e < 4; e++) // filters that only fill up the 64 give 0
            result[e] = place.live(e / 2) ? epilogue(place.of[e / 2], sums[4 * j + e], t[e]) : 0.0f;
        totals.add(args, place, j, rows, result);
#if OUTPUT_LAST && OUTPUT_SHUFFLE == 1
        const uint2 four =
            make_uint2(transposed(pack2(result[0], result[1])), transposed(pack2(result[2], result[3])));
        if (j < rows && column < args.width)
            store_four(args, to, place.own_channels(), four);
        to += RESULT_STEP_Y * args.output.stride_y;
#elif SHUFFLED_FOURS > 0
        store_shuffled(args, place, j, result);
#else
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const int x = place.result_x(2 * (place.lane % 4) + e % 2);
            if (j < rows && x < args.width && place.live(e / 2))
                store_output(args, place.result_y(j), x, place.channel(e / 2), result[e]);
        }
#endif
    }
}
