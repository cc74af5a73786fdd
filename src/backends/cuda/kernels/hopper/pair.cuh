// Two convolutions of 3x3 taps and stride 1 behind each other, at most 64 channels to at most 64: what is
// between them never leaves the multiprocessor.
//
// A block walks down a strip of 240 or 120 columns, as in rows.cuh. One warpgroup computes the first layer,
// two columns more of it, the other the second; each keeps its layer's filters in registers for the life of
// the block. Rows between the layers lie in a ring as the copy engine would have written them:
//
//      input rows -> ring -> first layer -> ring -> second layer -> staging -> memory
//
// The second layer runs three rows behind. The two take turns in issuing products, so that one's epilogue
// hides under the other's products. Pixels between the layers that lie outside the picture are 0, the second
// layer's padding.
#pragma once

#include "pair_shape.cuh"
#include "ptx.cuh"
#include "ring.cuh"
#include "row_share.cuh"
#include "wgmma.cuh"

constexpr PairShape shape{IN_LANES, MIDDLE_LANES, OUT_LANES, COLUMNS, EPILOGUE_TENSORS > 0};
constexpr int ring_slots = input_slots(shape), middle_slots = pair_middle_slots;
constexpr int middle_pixel = 2 * MIDDLE_LANES, out_pixel = 2 * OUT_LANES;

struct PairMemory { // addresses in shared memory
    u32 middle, staging, operand, ring, full, empty, middle_full, middle_empty, operand_full, operand_empty;

    DEVICE explicit PairMemory(u32 base)
        : middle(base), staging(base + staging_begin(shape)), operand(base + operand_begin(shape)),
          ring(base + ring_begin(shape)), full(base + barriers_begin(shape)), empty(full + 8 * ring_slots),
          middle_full(empty + 8 * ring_slots), middle_empty(middle_full + 8 * middle_slots),
          operand_full(middle_empty + 8 * middle_slots), operand_empty(operand_full + 8) {}
    DEVICE u32 input_slot(int i) const { return ring + i * input_slot_bytes(shape); }
    DEVICE u32 middle_slot(int i) const { return middle + i * middle_slot_bytes(shape); }
};

// Rows of one strip that a block has; `next` is the first behind them.
struct PairPart {
    int x, y, rows, next;
};

struct PairShare : RowShare {
    DEVICE explicit PairShare(const EpilogueArgs &args) : RowShare(args, COLUMNS) {}
    DEVICE PairPart part(int from) const {
        const int strip = from / height, y = from - strip * height, rows = min(height - y, end - from);
        return {strip * COLUMNS, y, rows, from + rows};
    }
};

DEVICE void load_rows(const TensorMapParameter *input, const PairMemory &memory, const PairShare &share) {
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
    for (int i = share.begin; i < share.end;) {
        const PairPart part = share.part(i);
        const int x = part.x - PAD_LEFT - FIRST_PAD_LEFT, y = part.y - PAD_TOP - FIRST_PAD_TOP;
#pragma unroll 1
        for (int row = y; row < y + part.rows + 4; row++) {
            barrier_wait(memory.empty + 8 * ring.slot, ring.parity);
            barrier_expect(memory.full + 8 * ring.slot, input_bytes(shape));
            load_box(memory.input_slot(ring.slot), input, memory.full + 8 * ring.slot, 0, x, row);
            ring.next<ring_slots>();
        }
        i = part.next;
    }
}

DEVICE void load_operands(const TensorMapParameter *operand, const PairMemory &memory,
                          const PairShare &share) {
    wait_for_previous();
    u32 parity = 1;
    for (int i = share.begin; i < share.end;) {
        const PairPart part = share.part(i);
#pragma unroll 1
        for (int row = part.y; row < part.y + part.rows; row++, parity ^= 1) {
            barrier_wait(memory.operand_empty, parity);
            barrier_expect(memory.operand_full, result_bytes(shape));
            load_box(memory.operand, operand, memory.operand_full, 0, part.x, row);
        }
        i = part.next;
    }
}

// A layer's filters: of a thread, fragments of each step.
template <int lanes>
struct PairFilters {
    u32 of[pair_steps(lanes)][4];

    DEVICE explicit PairFilters(const uint4 *image) {
#pragma unroll
        for (int i = 0; i < pair_steps(lanes); i++) {
            const uint4 v = image[i * 128 + threadIdx.x % 128];
            of[i][0] = v.x;
            of[i][1] = v.y;
            of[i][2] = v.z;
            of[i][3] = v.w;
        }
    }
};

template <int lanes>
DEVICE u64 pixels_descriptor() {
    return descriptor(0, 2 * lanes, 8 * 2 * lanes);
}
// All products of one row, straight code. `rows`: descriptors of the three rows that are read.
template <int lanes, int pixels>
DEVICE void multiply_row(float (&sums)[pixels / 2], const PairFilters<lanes> &filters, const u64 (&rows)[3]) {
#pragma unroll
    for (int i = 0; i < pair_steps(lanes); i++) {
        const int from = pair_tap_x(lanes, i, 0) * 2 * lanes + pair_channel(lanes, i, 0) * 2;
        RegisterProduct<pixels>::run(sums, filters.of[i], moved(rows[pair_tap_y(lanes, i)], from), i > 0);
    }
}

// Where a warp puts (and takes) 16 channels of the first 16 pixels of a row: matrices of 8 pixels by 8
// channels.
template <int pixel_bytes>
DEVICE u32 fragment_place(u32 row) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x % 128 / 32;
    const int pixel = lane % 8 + lane / 16 * 8, chunk = warp * 2 + lane / 8 % 2;
    return row + pixel * pixel_bytes + swizzled_chunk(pixel, chunk, pixel_bytes) * 16;
}
// A row of results of `groups` times 8 pixels, from those of a group and a half of a warp's channels.
template <int groups, int pixel_bytes, typename Packed>
DEVICE void stage_groups(u32 to, Packed packed) {
#pragma unroll
    for (int j = 0; j < groups; j += 2) {
        const u32 a = packed(j, 0), b = packed(j, 1);
        if (j + 1 == groups) {
            store_transposed(to + j * 8 * pixel_bytes, a, b);
            continue;
        }
        const u32 c = packed(j + 1, 0), d = packed(j + 1, 1);
        store_transposed(to + j * 8 * pixel_bytes, a, b, c, d);
    }
}
constexpr int first_turn = 1, second_turn = 2, first_own = 3, second_own = 4; // numbered barriers

// The first layer: rows between the layers, two more than the part has.
DEVICE void first_layer(const first::EpilogueArgs &args, const uint4 *weights, const PairMemory &memory,
                        const PairShare &share) {
    const int thread = threadIdx.x % 128, channel = thread / 32 * 16 + thread % 32 / 4;
    const PairFilters<IN_LANES> filters(weights);
    const first::EpilogueChannel of[2] = {first::epilogue_channel(args, channel),
                                          first::epilogue_channel(args, channel + 8)};
    const u64 pixels = pixels_descriptor<IN_LANES>();
    constexpr int columns = middle_columns(shape);
    int input = 0, middle = 0; // running numbers of rows
    bool begun = false;
#pragma unroll 1
    for (int i = share.begin; i < share.end;) {
        const PairPart part = share.part(i);
        const int low = PAD_LEFT - part.x,
                  high = args.width - part.x + PAD_LEFT; // columns inside the picture
        const int last = part.y - PAD_TOP + part.rows + 1;
#pragma unroll 1
        for (int y = part.y - PAD_TOP; y <= last; y++, input++, middle++) {
            u64 rows[3];
#pragma unroll
            for (int t = 0; t < 3; t++) {
                const int slot = (input + t) % ring_slots;
                barrier_wait(memory.full + 8 * slot, (input + t) / ring_slots & 1);
                rows[t] = pixels + (memory.input_slot(slot) >> 4);
            }
            if (begun)
                named_sync(first_turn, 256);
            begun = true;
            float sums[columns / 2];
            products_begin();
            multiply_row<IN_LANES, columns>(sums, filters, rows);
            products_commit();
            named_arrive(second_turn, 256);
            const int slot = middle % middle_slots;
            barrier_wait(memory.middle_empty + 8 * slot, middle / middle_slots & 1 ^ 1);
            products_wait<0>();
            const u32 row = memory.middle_slot(slot);
            const bool inside = y >= 0 && y < args.height;
            const auto packed = [&](int group, int half) {
                float result[2];
#pragma unroll
                for (int e = 0; e < 2; e++)
                    result[e] = MIDDLE_CHANNELS == MIDDLE_LANES || channel + 8 * half < MIDDLE_CHANNELS
                                    ? first::epilogue(of[half], sums[4 * group + 2 * half + e], nullptr)
                                    : 0.0f;
                return pack2(result[0], result[1]);
            };
            if (inside && thread / 32 * 16 < MIDDLE_LANES)
                stage_groups<columns / 8, middle_pixel>(fragment_place<middle_pixel>(row), packed);
            if (!inside || low > 0 || high < columns) {
                named_sync(first_own, 128);
                constexpr int chunks = middle_pixel / 16;
#pragma unroll 1
                for (int chunk = thread; chunk < columns * chunks; chunk += 128)
                    if (!inside || chunk / chunks < low || chunk / chunks >= high)
                        clear_chunk(row + chunk * 16);
            }
            fence_async();
            named_sync(first_own, 128);
            if (thread == 0) {
                barrier_arrive(memory.middle_full + 8 * slot);
                barrier_arrive(memory.empty + 8 * (input % ring_slots));
                if (y == last)
                    for (int t = 1; t < 3; t++)
                        barrier_arrive(memory.empty + 8 * ((input + t) % ring_slots));
            }
        }
        input += 2;
        i = part.next;
        named_sync(first_turn,
                   256); // two rows more than the second layer, which is three turns behind: one turn
        named_arrive(second_turn, 256);
    }
    named_sync(first_turn, 256);
}

// The second layer, staged where the row lay that nobody reads any more.
DEVICE void second_layer(const TensorMapParameter *output, const EpilogueArgs &args, const uint4 *weights,
                         const PairMemory &memory, const PairShare &share) {
    const int thread = threadIdx.x % 128, channel = thread / 32 * 16 + thread % 32 / 4;
    const PairFilters<MIDDLE_LANES> filters(weights);
    const EpilogueChannel of[2] = {epilogue_channel(args, channel), epilogue_channel(args, channel + 8)};
    const u64 pixels = pixels_descriptor<MIDDLE_LANES>();
    int middle = 0, count = 0;
    u32 operand_parity = 0;
#pragma unroll 1
    for (int i = share.begin; i < share.end;) {
        const PairPart part = share.part(i);
#pragma unroll 1
        for (int turn = 0; turn < 3; turn++) {
            named_sync(second_turn, 256);
            named_arrive(first_turn, 256);
        }
#pragma unroll 1
        for (int y = part.y; y < part.y + part.rows; y++, middle++, count++) {
            named_sync(second_turn, 256);
            u64 rows[3];
#pragma unroll
            for (int t = 0; t < 3; t++) {
                const int slot = (middle + t) % middle_slots;
                barrier_wait(memory.middle_full + 8 * slot, (middle + t) / middle_slots & 1);
                rows[t] = pixels + (memory.middle_slot(slot) >> 4);
            }
            float sums[COLUMNS / 2];
            products_begin();
            multiply_row<MIDDLE_LANES, COLUMNS>(sums, filters, rows);
            products_commit();
            named_arrive(first_turn, 256);
            products_wait<0>();
            if (EPILOGUE_TENSORS > 0) {
                barrier_wait(memory.operand_full, operand_parity);
                operand_parity ^= 1;
            }
            u32 row = memory.middle_slot(middle % middle_slots);
            if (!staged_in_middle(shape)) {
                row = memory.staging + count % 2 * result_slot_bytes(shape);
                if (thread == 0)
                    stores_read<1>();
            }
            named_sync(second_own, 128);
            const auto release = [&] {
                barrier_arrive(memory.middle_empty + 8 * (middle % middle_slots));
                if (y == part.y + part.rows - 1)
                    for (int t = 1; t < 3; t++)
                        barrier_arrive(memory.middle_empty + 8 * ((middle + t) % middle_slots));
            };
            if (!staged_in_middle(shape) && thread == 0)
                release();
            const u32 from = fragment_place<out_pixel>(memory.operand);
            u32 operand[2] = {};
            const auto packed = [&](int group, int half) {
                if (EPILOGUE_TENSORS > 0 && half == 0)
                    load_transposed(operand, from + group * 8 * out_pixel);
                const float t[2] = {low_value(operand[half]), high_value(operand[half])};
                float result[2];
#pragma unroll
                for (int e = 0; e < 2; e++)
                    result[e] = OUT_CHANNELS == OUT_LANES || channel + 8 * half < OUT_CHANNELS
                                    ? epilogue(of[half], sums[4 * group + 2 * half + e], &t[e])
                                    : 0.0f;
                return pack2(result[0], result[1]);
            };
            if (thread / 32 * 16 < OUT_LANES)
                stage_groups<COLUMNS / 8, out_pixel>(fragment_place<out_pixel>(row), packed);
            fence_async();
            named_sync(second_own, 128);
            if (thread == 0) {
                if (EPILOGUE_TENSORS > 0)
                    barrier_arrive(memory.operand_empty);
                store_box(output, row, 0, part.x, y);
                stores_commit();
                if (staged_in_middle(shape)) {
                    stores_read<0>();
                    release();
                }
            }
        }
        middle += 2;
        i = part.next;
    }
    if (thread == 0)
        stores_done();
}

extern "C" __global__ void __launch_bounds__(384, 1)
    kernel(const __grid_constant__ TensorMapParameter input,
           const __grid_constant__ TensorMapParameter operand,
           const __grid_constant__ TensorMapParameter output, const uint4 *weights,
           const __grid_constant__ first::EpilogueArgs middle, const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const PairMemory memory(in_shared(shared));
    const PairShare share(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < 2 * (ring_slots + middle_slots) + 2; i++)
            barrier_init(memory.full + 8 * i, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int group =
        __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (group == 0) {
        registers_down<24>();
        if (threadIdx.x == 0)
            load_rows(&input, memory, share);
        else if (EPILOGUE_TENSORS > 0 && threadIdx.x == 32)
            load_operands(&operand, memory, share);
    } else if (group == 1) {
        registers_up<240>();
        first_layer(middle, weights, memory, share);
    } else {
        registers_up<240>();
        second_layer(&output, args, weights + pair_weight_bytes(IN_LANES) / 16, memory, share);
    }
}
