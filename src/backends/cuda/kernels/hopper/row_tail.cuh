// Convolution of 3x3 taps and stride 1, 64 lanes to 64, and a convolution to at most four channels behind it, transposed
// of 4x4 taps and stride 2 or of 3x3 taps and stride 1. What is between the layers never leaves the multiprocessor.
//
// A block walks down a strip of pixels, as in rows.cuh: two warpgroups compute rows of the first layer in turn and leave
// them where the row lay that nobody reads any more. A third one multiplies such a row with all taps of the second layer,
// as in taps.cuh. A row of results is the sum of products of two or three rows of pixels: it stays with one warp, whose
// filters change from row to row, until it is complete.
//
//   rows of pixels    m-1    m    m+1       straight: warp m mod 3 has results m, that is rows 0, 1 and 2 of taps
//   warp 0             2     1     0        in turn; another warp is complete with each row
//
// Complete rows of products go through shared memory to the warps that add up what belongs to neighbouring pixels and
// store the results. The first and the last pixel of a strip only lend their products.
#pragma once

#include "ptx.cuh"
#include "ring.cuh"
#include "row_tail_shape.cuh"
#include "wgmma.cuh"

constexpr RowTailShape shape{OUT_CHANNELS, TRANSPOSED};
constexpr TapsShape second = second_of(shape);
constexpr int columns = row_tail_columns(shape), complete = columns - 2, slots = row_tail_slots;
constexpr int pixel = row_tail_pixel, pitch = handed_pitch(columns);
constexpr int phases = taps_phases(second), wide = phases * complete; // of a row of results
constexpr int storing_threads = 96, storing_warps = 3;
constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;

struct RowTailMemory { // addresses in shared memory
    u32 weights, tail, ring, full, empty, middle_full, done, handed_full, handed_empty, weights_there;

    DEVICE explicit RowTailMemory(u32 base)
        : weights(base), tail(base + row_tail_taps * 64 * pixel), ring(base + row_tail_weight_bytes()),
          full(ring + slots * row_tail_slot_bytes(columns) + handed_bytes(shape, columns)), empty(full + 8 * slots),
          middle_full(empty + 8 * slots), done(middle_full + 8 * slots), handed_full(done + 16),
          handed_empty(handed_full + 8), weights_there(handed_empty + 8) {}
    DEVICE u32 slot(int i) const { return ring + i * row_tail_slot_bytes(columns); }
};

// Places are pixels between the layers with results of their own.
struct RowTailPlaces {
    int first_y, first_x; // where the results begin
    int high, wide;
};

// Rows of one strip that a block has: places first_y + y on, of pixels from x on. `next` is the first behind them.
struct RowTailPart {
    int strip, y, rows, next;
};

struct RowTailShare {
    int high, begin, end;

    DEVICE explicit RowTailShare(const RowTailPlaces &places) : high(places.high) {
        const long long rows = static_cast<long long>((places.wide + complete - 1) / complete) * high;
        begin = static_cast<int>(rows * blockIdx.x / gridDim.x);
        end = static_cast<int>(rows * (blockIdx.x + 1) / gridDim.x);
    }
    DEVICE RowTailPart part(int from) const {
        const int strip = from / high, y = from - strip * high, rows = min(high - y, end - from);
        return {strip, y, rows, from + rows};
    }
    // Rows between the layers: two more of each part.
    DEVICE int middle_rows() const { return end - begin + 2 * ((end - 1) / high - begin / high + 1); }
};

DEVICE void load_rows(const TensorMapParameter *input, const void *weights, const RowTailMemory &memory,
                      const RowTailPlaces &places, const RowTailShare &share) {
    barrier_expect(memory.weights_there, row_tail_weight_bytes());
    load_bytes(memory.weights, weights, row_tail_weight_bytes(), memory.weights_there);
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
    for (int i = share.begin; i < share.end;) {
        const RowTailPart part = share.part(i);
        const int x = places.first_x + part.strip * complete - 1 - PAD_LEFT, y = places.first_y + part.y - 1 - PAD_TOP;
#pragma unroll 1
        for (int row = y; row < y + part.rows + 4; row++) {
            barrier_wait(memory.empty + 8 * ring.slot, ring.parity);
            barrier_expect(memory.full + 8 * ring.slot, (columns + 2) * pixel);
            load_box(memory.slot(ring.slot), input, memory.full + 8 * ring.slot, 0, x, row);
            ring.next<slots>();
        }
        i = part.next;
    }
}

// All products of one row of the first layer, straight code.
DEVICE void multiply_row(float (&sums)[columns / 2], u64 weights, const u64 (&row)[3]) {
#pragma unroll
    for (int tap = 0; tap < row_tail_taps; tap++)
#pragma unroll
        for (int k = 0; k < 4; k++)
            Product<columns>::run(sums, moved(weights, tap * 64 * pixel + k * 32),
                                  moved(row[tap / 3], tap % 3 * pixel + k * 32), tap + k > 0);
}

// Sums of a row of the first layer, pixel by pixel into shared memory as an operand; 0 outside the picture.
struct MiddleRow {
    const first::EpilogueArgs &args;
    const first::EpilogueChannel (&of)[2];
    int thread, channel, own_threads;

    DEVICE u32 packed(const float *sums, int half) const {
        float result[2];
#pragma unroll
        for (int e = 0; e < 2; e++)
            result[e] = MIDDLE_CHANNELS == 64 || channel + 8 * half < MIDDLE_CHANNELS
                            ? first::epilogue(of[half], sums[2 * half + e], nullptr)
                            : 0.0f;
        return first::pack2(result[0], result[1]);
    }
    DEVICE void store(u32 row, const float (&sums)[columns / 2], int y, int x) const {
        const int lane = thread % 32, at = lane % 8 + lane / 16 * 8, chunk = thread / 32 * 2 + lane / 8 % 2;
        const u32 to = row + at * pixel + swizzled_chunk(at, chunk, pixel) * 16;
        const bool inside = y >= 0 && y < args.height;
        if (inside) {
#pragma unroll
            for (int j = 0; j + 1 < columns / 8; j += 2)
                store_transposed(to + j * 8 * pixel, packed(&sums[4 * j], 0), packed(&sums[4 * j], 1),
                                 packed(&sums[4 * j + 4], 0), packed(&sums[4 * j + 4], 1));
            if constexpr (columns % 16 == 8)
                store_transposed(to + (columns - 8) * pixel, packed(&sums[columns / 2 - 4], 0),
                                 packed(&sums[columns / 2 - 4], 1));
        }
        const int low = -x, high = args.width - x;
        if (!inside || low > 0 || high < columns) {
            named_sync(own_threads, 128);
            constexpr int chunks = pixel / 16;
#pragma unroll 1
            for (int i = thread; i < columns * chunks; i += 128)
                if (!inside || i / chunks < low || i / chunks >= high)
                    clear_chunk(row + i * 16);
        }
    }
};

// Every other row between the layers, by warpgroup `group`.
DEVICE void first_layer(const first::EpilogueArgs &args, const RowTailMemory &memory, const RowTailPlaces &places,
                        const RowTailShare &share, int group) {
    const int thread = threadIdx.x % 128, channel = thread / 32 * 16 + thread % 32 / 4;
    wait_for_previous();
    const first::EpilogueChannel of[2] = {first::epilogue_channel(args, channel),
                                          first::epilogue_channel(args, channel + 8)};
    const int own_turn = 1 + group, other_turn = 1 + (group ^ 1), own_threads = 3 + group;
    const MiddleRow middle{args, of, thread, channel, own_threads};
    barrier_wait(memory.weights_there, 0);
    const u64 weights = descriptor(memory.weights, pixel, 8 * pixel), pixels = descriptor(0, pixel, 8 * pixel);
    const int count = share.middle_rows();
    int n = 0, input = 0; // running numbers of rows between the layers and of the input, at the part's beginning
#pragma unroll 1
    for (int i = share.begin; i < share.end;) {
        const RowTailPart part = share.part(i);
#pragma unroll 1
        for (int m = n & 1 ^ group; m < part.rows + 2; m += 2) {
            u64 row[3];
#pragma unroll
            for (int t = 0; t < 3; t++) {
                const int slot = (input + m + t) % slots;
                barrier_wait(memory.full + 8 * slot, (input + m + t) / slots & 1);
                row[t] = pixels + (memory.slot(slot) >> 4);
            }
            if (n + m > 0)
                named_sync(own_turn, 256);
            float sums[columns / 2];
            products_begin();
            multiply_row(sums, weights, row);
            products_commit();
            if (n + m + 1 < count)
                named_arrive(other_turn, 256); // after issuing, not after finishing
            products_wait<0>();
            // The row above is finished by the other warpgroup: nobody reads this row's first input row any more.
            if (n + m > 0)
                barrier_wait(memory.done + 8 * (group ^ 1), (n + m - 1) / 2 & 1);
            named_sync(own_threads, 128);
            if (thread == 0) {
                barrier_arrive(memory.done + 8 * group);
                if (m == part.rows + 1)
                    for (int t = 1; t < 3; t++)
                        barrier_arrive(memory.empty + 8 * ((input + m + t) % slots));
            }
            middle.store(memory.slot((input + m) % slots), sums, places.first_y + part.y - 1 + m,
                         places.first_x + part.strip * complete - 1);
            fence_async();
            named_sync(own_threads, 128);
            if (thread == 0)
                barrier_arrive(memory.middle_full + 8 * ((n + m) % slots));
        }
        n += part.rows + 2;
        input += part.rows + 4;
        i = part.next;
    }
}

// Products of a complete row of results, of this warp's blocks.
DEVICE void hand_over(float *handed, const float (&sums)[columns / 2]) {
    const int lane = threadIdx.x % 32;
    float *to = handed + lane / 4 * pitch + lane % 4 * 2;
#pragma unroll
    for (int half = 0; half < 2; half++)
        if (8 * half < handed_rows(shape) && lane / 4 + 8 * half < handed_rows(shape)) {
#pragma unroll
            for (int j = 0; j < columns / 8; j++)
                *reinterpret_cast<float2 *>(to + 8 * half * pitch + 8 * j) =
                    make_float2(sums[4 * j + 2 * half], sums[4 * j + 2 * half + 1]);
        }
}

// The second layer's products.
DEVICE void second_layer(const RowTailMemory &memory, float *handed, const RowTailShare &share) {
    const int thread = threadIdx.x % 128, warp = __shfl_sync(~0u, thread / 32, 0);
    constexpr int own_threads = 5;
    barrier_wait(memory.weights_there, 0);
    const u64 filters = descriptor(memory.tail, pixel, 8 * pixel), pixels = descriptor(0, pixel, 8 * pixel);
    Ring middle, input;
    u32 handed_parity = 1;
#pragma unroll 1
    for (int i = share.begin; i < share.end;) {
        const RowTailPart part = share.part(i);
        float sums[columns / 2];
#pragma unroll
        for (int e = 0; e < columns / 2; e++)
            sums[e] = 0.0f;
#pragma unroll 1
        for (int m = 0; m < part.rows + 2; m++, handed_parity ^= 1) {
            barrier_wait(memory.middle_full + 8 * middle.slot, middle.parity);
            const u64 from = moved(filters, row_tail_first_block(shape, m) * row_tail_block_rows * pixel);
            const u64 row = pixels + (memory.slot(input.slot) >> 4);
            products_begin();
#pragma unroll
            for (int k = 0; k < 4; k++)
                Product<columns>::run(sums, moved(from, k * 32), moved(row, k * 32), 1);
            products_commit();
            products_wait<0>();
            named_sync(own_threads, 128);
            if (thread == 0)
                barrier_arrive(memory.empty + 8 * input.slot);
            middle.next<slots>();
            input.next<slots>();
            barrier_wait(memory.handed_empty, handed_parity);
#pragma unroll
            for (int phase = 0; phase < phases; phase++)
                if (warp == row_tail_warp(shape, m, phase))
                    hand_over(handed + phase * handed_rows(shape) * pitch, sums);
            __syncwarp();
            if (thread % 32 == 0)
                barrier_arrive(memory.handed_full);
            bool ends = false;
#pragma unroll
            for (int phase = 0; phase < phases; phase++)
                ends = ends || warp == row_tail_warp(shape, m, phase);
#pragma unroll
            for (int e = 0; e < columns / 2; e++)
                sums[e] = ends ? 0.0f : sums[e];
        }
        for (int last = 0; last < 2; last++) // which held no row between the layers
            input.next<slots>();
        i = part.next;
    }
}

// Results at one place of a row: all channels of one phase.
struct RowTailResult {
    int phase_y, phase_x, pixel, y, x;
    bool inside;

    // index: of the results that become complete with row m of the part's rows between the layers.
    DEVICE RowTailResult(const EpilogueArgs &args, const RowTailPart &part, int m, int index) {
        phase_y = index / wide;
        const int column = index - phase_y * wide;
        phase_x = column % phases;
        pixel = 1 + column / phases;
        const int place = m - (TRANSPOSED && phase_y == 0 ? 1 : 2); // of the part
        y = phases * (part.y + place) + phase_y - TAPS_ODD_Y;
        x = phases * (part.strip * complete + pixel - 1) + phase_x - TAPS_ODD_X;
        inside = index < phases * wide && place >= 0 && place < part.rows && y >= 0 && y < args.height && x >= 0 &&
                 x < args.width;
    }
    DEVICE float sum(const float *handed, int channel) const {
        float sum = 0.0f;
#pragma unroll
        for (int b = 0; b < taps_met(second); b++) {
            const int row = tap_of(second, phase_x, b) * OUT_CHANNELS + channel;
            sum += handed[(phase_y * handed_rows(shape) + row) * pitch + pixel - 1 + phase_x + b];
        }
        return sum;
    }
    DEVICE void fetch(const EpilogueArgs &args, float (&to)[OUT_CHANNELS][operands]) const {
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; c++)
#pragma unroll
            for (int o = 0; o < EPILOGUE_TENSORS; o++)
                to[c][o] = inside ? epilogue_tensor(args, o, y, x, c) : 0.0f;
    }
    DEVICE void store(const EpilogueArgs &args, const float (&value)[OUT_CHANNELS]) const {
        if (!inside)
            return;
#if OUTPUT_LAST
        if (sizeof(output_t) == 2 && OUT_CHANNELS + args.pad_lanes == 8) { // whole vectors
            float four[4] = {};
#pragma unroll
            for (int c = 0; c < OUT_CHANNELS; c++)
                four[c] = value[c];
            *reinterpret_cast<uint4 *>(args.output.data + y * args.output.stride_y + x * args.output.stride_x) =
                make_uint4(pack2(four[0], four[1]), pack2(four[2], four[3]), 0, 0);
            return;
        }
#endif
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; c++)
            store_output(args, y, x, c, value[c]);
        for (int lane = 0; lane < args.pad_lanes; lane++)
            store_padding(args, y, x, lane);
    }
};

// By the warps that do not load. Operands that few registers hold are fetched before the products are there.
DEVICE void store_rows(const EpilogueArgs &args, const RowTailMemory &memory, const float *handed,
                       const RowTailShare &share) {
    constexpr int turns = (phases * wide + storing_threads - 1) / storing_threads;
    constexpr bool early = EPILOGUE_TENSORS > 0 && turns * OUT_CHANNELS * operands <= 6;
    const int thread = threadIdx.x - 32;
    wait_for_previous();
    EpilogueChannel of[OUT_CHANNELS];
#pragma unroll
    for (int c = 0; c < OUT_CHANNELS; c++)
        of[c] = epilogue_channel(args, c);
    int n = 0;
#pragma unroll 1
    for (int i = share.begin; i < share.end;) {
        const RowTailPart part = share.part(i);
#pragma unroll 1
        for (int m = 0; m < part.rows + 2; m++, n++) {
            float operand[early ? turns : 1][OUT_CHANNELS][operands];
            if constexpr (early) {
#pragma unroll
                for (int turn = 0; turn < turns; turn++)
                    RowTailResult(args, part, m, turn * storing_threads + thread).fetch(args, operand[turn]);
            }
            barrier_wait(memory.handed_full, n & 1);
            const auto finish = [&](int turn, float(&t)[OUT_CHANNELS][operands]) {
                const RowTailResult result(args, part, m, turn * storing_threads + thread);
                if (!result.inside)
                    return;
                if (EPILOGUE_TENSORS > 0 && !early)
                    result.fetch(args, t);
                float value[OUT_CHANNELS];
#pragma unroll
                for (int c = 0; c < OUT_CHANNELS; c++)
                    value[c] = epilogue(of[c], result.sum(handed, c), t[c]);
                result.store(args, value);
            };
            if constexpr (early) {
#pragma unroll
                for (int turn = 0; turn < turns; turn++)
                    finish(turn, operand[turn]);
            } else {
#pragma unroll 1
                for (int turn = 0; turn < turns; turn++)
                    finish(turn, operand[0]);
            }
            __syncwarp();
            if (thread % 32 == 0)
                barrier_arrive(memory.handed_empty);
        }
        i = part.next;
    }
}

extern "C" __global__ void __launch_bounds__(row_tail_threads, 1)
    kernel(const __grid_constant__ TensorMapParameter input, const void *weights,
           const __grid_constant__ RowTailPlaces places, const __grid_constant__ first::EpilogueArgs middle,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const RowTailMemory memory(in_shared(shared));
    float *const handed =
        reinterpret_cast<float *>(shared + row_tail_weight_bytes() + slots * row_tail_slot_bytes(columns));
    const RowTailShare share(places);
    if (threadIdx.x == 0) {
        for (int i = 0; i < 3 * slots + 2; i++) // of rows, and of what is done
            barrier_init(memory.full + 8 * i, 1);
        barrier_init(memory.handed_full, 4);
        barrier_init(memory.handed_empty, storing_warps);
        barrier_init(memory.weights_there, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int group = __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (group == 0) {
        registers_down<56>();
        if (threadIdx.x == 0)
            load_rows(&input, weights, memory, places, share);
        else if (threadIdx.x >= 32)
            store_rows(args, memory, handed, share);
    } else if (group == 3) {
        registers_up<136>();
        second_layer(memory, handed, share);
    } else {
        registers_up<160>();
        first_layer(middle, memory, places, share, group - 1);
    }
}
