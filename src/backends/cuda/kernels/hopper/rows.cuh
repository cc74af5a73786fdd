// Convolution of stride 1, at most 64 channels to at most 64, weights resident in shared memory.
//
// The picture is cut into strips STRIP pixels wide. A block walks DOWN its share of the strips a row at a
// time: each input row is fetched once into a ring and serves TAPS_Y output rows. Filters are the rows of the
// product and pixels its columns, so that per row only the pixels stream from shared memory to the tensor
// cores at full rate.
//
//            strip s                     A tap (dy, dx) is an address: the slot of row y + dy - PAD_TOP,
//            moved by dx
//         |<- STRIP ->|                  pixels. The copy engine fills what lies outside the picture with
//         zeros, which
//   y-1  .|...........|.   slot 0        is the padding, and clips what is stored beyond its edges.
//   y    .|...........|.   slot 1
//   y+1  .|...........|.   slot 2        Two warpgroups take rows in turn: one's epilogue hides under the
//   other's y+2  .|...........|.   on its way    products; a third one loads.
#pragma once

#include "ptx.cuh"
#include "ring.cuh"
#include "row_share.cuh"
#include "rows_epilogue.cuh"
#include "rows_shape.cuh"
#include "wgmma.cuh"

constexpr RowsShape shape{STRIP, IN_LANES, IN_CHANNELS, TAPS_Y, TAPS_X, OUT_LANES};
constexpr int slots = ring_slots(shape);
constexpr int pixel = pixel_bytes(shape);
static_assert(slots > TAPS_Y, "the ring holds the rows of a product and one more");

struct RowsMemory { // addresses in shared memory
    u32 weights, staging, ring, full, empty, done, weights_there;

    DEVICE explicit RowsMemory(u32 base)
        : weights(base), staging(base + weight_bytes(shape)), ring(base + ring_begin(shape)),
          full(base + barriers_begin(shape)), empty(full + 8 * slots), done(empty + 8 * slots),
          weights_there(done + 16) {}
    DEVICE u32 slot(int i) const { return ring + i * slot_bytes(shape); }
};

DEVICE void load_rows(const TensorMapParameter *input, const void *weights, const RowsMemory &memory,
                      const RowShare &share) {
    const auto load_weights = [&](int dy) {
        constexpr int part = weight_bytes(shape) / TAPS_Y;
        barrier_expect(memory.weights_there + 8 * dy, part);
        load_bytes(memory.weights + dy * part, static_cast<const unsigned char *>(weights) + dy * part, part,
                   memory.weights_there + 8 * dy);
    };
    load_weights(0);
    int weights_asked = 1; // those of a row of taps behind each of the first rows, in the order of their use
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
    for (int i = share.begin; i < share.end;) {
        const int strip = i / share.height, y = i - strip * share.height;
        const int rows = min(share.height - y, share.end - i);
        for (int row = y - PAD_TOP; row < y + rows + TAPS_Y - 1 - PAD_TOP; row++) {
            barrier_wait(memory.empty + 8 * ring.slot, ring.parity);
            barrier_expect(memory.full + 8 * ring.slot, row_bytes(shape));
            load_box(memory.slot(ring.slot), input, memory.full + 8 * ring.slot, 0, strip * STRIP - PAD_LEFT,
                     row);
            if (weights_asked < TAPS_Y)
                load_weights(weights_asked++);
            ring.next<slots>();
        }
        i += rows;
    }
}

// The products of one row with a row of taps.
DEVICE void multiply_taps(float (&sums)[STRIP / 2], u64 weights, u64 row, int dy) {
#pragma unroll
    for (int i = 0; i < steps_of_tap_row(shape); i++) {
        constexpr int steps = IN_LANES == 8 ? 1 : IN_CHANNELS / 16; // of a block of weights
        const int block = dy * (weight_blocks(shape) / TAPS_Y) + i / steps, k = i % steps;
        const int dx = IN_LANES == 8 ? 2 * i : i / steps;
        Product<STRIP>::run(sums, moved(weights, block * weight_block_bytes(shape) + k * 32),
                            moved(row, dx * pixel + k * 32), dy + i > 0);
    }
}
// All of them: straight code, since the compiler makes products wait for each other around branches.
DEVICE void multiply_row(float (&sums)[STRIP / 2], u64 weights, const u64 (&row)[TAPS_Y]) {
#pragma unroll
    for (int dy = 0; dy < TAPS_Y; dy++)
        multiply_taps(sums, weights, row[dy], dy);
}

DEVICE void compute_rows(const TensorMapParameter *output, const EpilogueArgs &args, const RowsMemory &memory,
                         const RowShare &share, int group) {
    const int thread = threadIdx.x % 128, leader = thread == 0;
    wait_for_previous();
    RowPlace place;
    place.lane = thread % 32;
    place.block = thread / 32 * 16;
    place.of[0] = epilogue_channel(args, place.channel(0));
    place.of[1] = epilogue_channel(args, place.channel(1));
    RowTotals totals;
    for (int dy = 0; group > 0 && dy < TAPS_Y; dy++)
        barrier_wait(memory.weights_there + 8 * dy, 0);
    const u64 weights = descriptor(memory.weights, weight_row_bytes(shape), 8 * weight_row_bytes(shape));
    const u64 pixels = descriptor(0, IN_LANES == 8 ? 16 : pixel, 8 * pixel);
    const int count = share.end - share.begin, first_strip = share.begin / share.height;
    const int own_turn = 1 + group, other_turn = 1 + (group ^ 1), own_threads = 3 + group;
    for (int n = group; n < count; n += 2) {
        const int i = share.begin + n, strip = i / share.height;
        place.y = i - strip * share.height;
        place.x = strip * STRIP;
        const bool last = place.y == share.height - 1 || i == share.end - 1; // of this strip in this block
        const int first = n + (TAPS_Y - 1) * (strip - first_strip); // running number of the first input row
        float sums[STRIP / 2];
        if (n == 0) { // weights and rows come in turn
#pragma unroll
            for (int t = 0; t < TAPS_Y; t++) {
                barrier_wait(memory.weights_there + 8 * t, 0);
                barrier_wait(memory.full + 8 * t, 0);
                products_begin();
                multiply_taps(sums, weights, pixels + (memory.slot(t) >> 4), t);
                products_commit();
            }
        } else {
            u64 row[TAPS_Y];
#pragma unroll
            for (int t = 0; t < TAPS_Y; t++) {
                const int slot = (first + t) % slots;
                barrier_wait(memory.full + 8 * slot, (first + t) / slots & 1);
                row[t] = pixels + (memory.slot(slot) >> 4);
            }
            if (n > 0)
                named_sync(own_turn, 256);
            products_begin();
            multiply_row(sums, weights, row);
            products_commit();
        }
        RowOperands operand;
#if OPERAND_IN_RING
        operand.begin(memory.slot((first + PAD_TOP) % slots), place);
#else
        operand.fetch(args, place);
#endif
        if (n + 1 < count)
            named_arrive(other_turn, 256); // after issuing, not after finishing
#if OUT_LANES > 0
        u32 stage = memory.slot(first % slots);
        if (!staged_in_ring(shape)) {
            constexpr int buffers = staging_buffers(shape) > 0 ? staging_buffers(shape) : 1;
            stage = memory.staging + (group * buffers + n / 2 % buffers) * staging_bytes(shape);
            if (leader)
                stores_read<buffers - 1>();
        }
#endif
        products_wait<0>();
        // Row y - 1 is finished by the other warpgroup (with OPERAND_IN_RING its results as well): nobody
        // reads this row's first input row any more.
        if (n > 0)
            barrier_wait(memory.done + 8 * (group ^ 1), (n - 1) / 2 & 1);
        named_sync(own_threads, 128);
        if (!OPERAND_IN_RING && leader)
            barrier_arrive(memory.done + 8 * group);
        const auto release = [&] {
            barrier_arrive(memory.empty + 8 * (first % slots));
            if (last)
                for (int t = 1; t < TAPS_Y; t++)
                    barrier_arrive(memory.empty + 8 * ((first + t) % slots));
        };
        if (!OPERAND_IN_RING && !staged_in_ring(shape) && leader)
            release();
#if OUT_LANES > 0
        stage_row(stage, args, place, operand, sums, totals);
        fence_async();
        named_sync(own_threads, 128);
        if (leader) {
            if (OPERAND_IN_RING) {
                barrier_arrive(memory.done + 8 * group);
                if (!staged_in_ring(shape))
                    release();
            }
            store_box(output, stage, 0, place.x, place.y);
            stores_commit();
            if (staged_in_ring(shape)) {
                stores_read<0>();
                release();
            }
        }
#else
        store_row(args, place, operand, sums, totals);
#endif
    }
    totals.store(args, place, 2 * blockIdx.x + group);
    if (OUT_LANES > 0 && leader)
        stores_done();
}

extern "C" __global__ void __launch_bounds__(384, 1)
    kernel(const __grid_constant__ TensorMapParameter input,
           const __grid_constant__ TensorMapParameter output, const void *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const RowsMemory memory(in_shared(shared));
    const RowShare share(args, STRIP);
    if (threadIdx.x == 0) {
        for (int i = 0; i < slots; i++) {
            barrier_init(memory.full + 8 * i, 1);
            barrier_init(memory.empty + 8 * i, 1);
        }
        barrier_init(memory.done, 1);
        barrier_init(memory.done + 8, 1);
        for (int dy = 0; dy < TAPS_Y; dy++)
            barrier_init(memory.weights_there + 8 * dy, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int group =
        __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (group == 0) {
        registers_down<24>();
        if (threadIdx.x == 0)
            load_rows(&input, weights, memory, share);
    } else {
        registers_up<240>();
        compute_rows(&output, args, memory, share, group - 1);
    }
}
