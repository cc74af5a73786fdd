// Convolution of 3x3 taps and stride 1, and of each pixel of its result what a convolution to few channels behind it
// multiplies it with: all that one's taps as products, which are stored instead of the result (tap_sums.cuh adds them up).
//
// As in tiles.cuh a tile is 8 pixels wide, filters are the rows of a product and pixels its columns. Here a block takes all
// filters of a tile, a round of two times 64 after another: both warpgroups apply the epilogue and put their 64 channels
// of the tile into shared memory; the second one, which runs behind, makes products of all 128. What a round adds
// to them waits in memory for the next.
#pragma once

#include "ptx.cuh"
#include "tail_shape.cuh"
#include "wgmma.cuh"

constexpr TailShape shape{TILE_ROWS, IN_PLANES, FILTER_BLOCKS, PRODUCT_COLUMNS};
constexpr int stages = stage_slots(shape), rounds = FILTER_BLOCKS / tail_groups;
constexpr int stages_of_round = 9 * IN_PLANES;
static_assert(stages >= 2, "the ring of filters holds the stage in use and the next");

struct TailMemory { // addresses in shared memory
    u32 tiles, handed, tail_filters, weights, tile_full, tile_empty, weights_full, weights_empty, handed_full,
        handed_empty, filters_there;

    DEVICE explicit TailMemory(u32 base)
        : tiles(base), handed(base + handed_begin(shape)), tail_filters(base + tail_filters_begin(shape)),
          weights(base + stages_begin(shape)), tile_full(base + barriers_begin(shape)), tile_empty(tile_full + 8 * IN_PLANES),
          weights_full(tile_empty + 8 * IN_PLANES), weights_empty(weights_full + 8 * tail_groups * stages),
          handed_full(weights_empty + 8 * tail_groups * stages), handed_empty(handed_full + 8),
          filters_there(handed_empty + 8) {}
};

struct Tiling {
    int columns, tiles;

    DEVICE explicit Tiling(const EpilogueArgs &args) {
        columns = (args.width + 7) / 8;
        tiles = columns * ((args.height + TILE_ROWS - 1) / TILE_ROWS);
    }
    DEVICE int x(int tile) const { return tile % columns * 8; }
    DEVICE int y(int tile) const { return tile / columns * TILE_ROWS; }
};

DEVICE void load_tiles(const TensorMapParameter *input, const TailMemory &memory, const Tiling &tiling) {
    wait_for_previous();
    let_next_start();
    u32 parity = 1;
#pragma unroll 1
    for (int tile = blockIdx.x; tile < tiling.tiles; tile += gridDim.x, parity ^= 1)
#pragma unroll 1
        for (int plane = 0; plane < IN_PLANES; plane++) {
            barrier_wait(memory.tile_empty + 8 * plane, parity);
            barrier_expect(memory.tile_full + 8 * plane, tile_bytes(shape));
            load_box(memory.tiles + plane * tile_slot_bytes(shape), input, memory.tile_full + 8 * plane, plane * 64,
                     tiling.x(tile) - PAD_LEFT, tiling.y(tile) - PAD_TOP);
        }
}

// [round][plane][tap][warpgroup] stages.
DEVICE void load_weights(const unsigned char *weights, const TailMemory &memory, const Tiling &tiling, int group) {
    int slot = 0;
    u32 parity = 1;
#pragma unroll 1
    for (int tile = blockIdx.x; tile < tiling.tiles; tile += gridDim.x) {
        const unsigned char *from = weights + group * tail_stage_bytes;
#pragma unroll 1
        for (int i = 0; i < rounds * stages_of_round; i++, from += tail_groups * tail_stage_bytes) {
            const int at = group * stages + slot;
            barrier_wait(memory.weights_empty + 8 * at, parity);
            barrier_expect(memory.weights_full + 8 * at, tail_stage_bytes);
            load_bytes(memory.weights + at * tail_stage_bytes, from, tail_stage_bytes, memory.weights_full + 8 * at);
            if (++slot == stages) {
                slot = 0;
                parity ^= 1;
            }
        }
    }
}

// Parities of the barriers that tiles and rounds wait for.
struct Turn {
    u32 tile_parity = 0, handed_parity = 0;
};

// One warpgroup: 64 filters of each round.
struct Multiplier {
    const EpilogueArgs &args;
    const TailMemory &memory;
    int group, lane, slot;
    u32 parity;
    int previous; // stage that is still read by products on their way; -1: none

    DEVICE void release_stage() const {
        if (lane == 0 && previous >= 0)
            barrier_arrive(memory.weights_empty + 8 * (group * stages + previous));
    }
    DEVICE void release_plane(int plane) const {
        if (lane == 0)
            barrier_arrive(memory.tile_empty + 8 * plane);
    }

    DEVICE void plane(float (&sums)[4 * TILE_ROWS], int plane, bool first_round, bool last_round, u32 tile_parity,
                      bool lets_go) {
        if (first_round)
            barrier_wait(memory.tile_full + 8 * plane, tile_parity);
        const u64 pixels = descriptor(memory.tiles + plane * tile_slot_bytes(shape), tail_pixel, 10 * tail_pixel);
#pragma unroll
        for (int tap = 0; tap < 9; tap++) {
            const int at = group * stages + slot;
            barrier_wait(memory.weights_full + 8 * at, parity);
            const u64 filters = descriptor(memory.weights + at * tail_stage_bytes, tail_pixel, 8 * tail_pixel);
            products_begin();
#pragma unroll
            for (int k = 0; k < 4; k++)
                Product<8 * TILE_ROWS>::run(sums, moved(filters, k * 32),
                                            moved(pixels, (tap / 3 * 10 + tap % 3) * tail_pixel + k * 32),
                                            !(plane == 0 && tap == 0 && k == 0));
            products_commit();
            products_wait<1>();
            release_stage();
            if (tap == 0 && plane > 0 && last_round)
                release_plane(plane - 1);
            if (tap == LAG && lets_go)
                named_arrive(1, 256);
            previous = slot;
            if (++slot == stages) {
                slot = 0;
                parity ^= 1;
            }
        }
    }

    // 64 channels of the tile, pixel by pixel, in the swizzle of an operand. Outside the picture they are never used.
    DEVICE void hand_over(const float (&sums)[4 * TILE_ROWS], const EpilogueChannel (&of)[2]) const {
        const int warp = threadIdx.x % 128 / 32, pixel = lane % 8 + lane / 16 * 8, chunk = warp * 2 + lane / 8 % 2;
        const u32 to = memory.handed + group * handed_bytes(shape) + pixel * tail_pixel +
                       swizzled_chunk(pixel, chunk, tail_pixel) * 16;
        const auto packed = [&](int row, int half) {
            const float *sum = &sums[4 * row + 2 * half];
            return pack2(epilogue(of[half], sum[0], nullptr), epilogue(of[half], sum[1], nullptr));
        };
#pragma unroll
        for (int j = 0; j < TILE_ROWS; j += 2)
            store_transposed(to + j * 8 * tail_pixel, packed(j, 0), packed(j, 1), packed(j + 1, 0), packed(j + 1, 1));
    }

    // The channels of one round; the sums end there.
    DEVICE void round(const Turn &turn, int round, bool lets_go) {
        const int channel = (round * tail_groups + group) * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4;
        const EpilogueChannel of[2] = {epilogue_channel(args, channel), epilogue_channel(args, channel + 8)};
        float sums[4 * TILE_ROWS];
        previous = -1;
        const bool last = round == rounds - 1;
#pragma unroll 1
        for (int i = 0; i < IN_PLANES; i++)
            plane(sums, i, round == 0, last, turn.tile_parity, lets_go && round == 0 && i == 0);
        products_wait<0>();
        release_stage();
        if (last)
            release_plane(IN_PLANES - 1);
        // All are done with what was handed over before.
        if (group == 0)
            barrier_wait(memory.handed_empty, turn.handed_parity ^ 1);
        else
            named_sync(2, 128);
        hand_over(sums, of);
        fence_async();
        if (group == 0) {
            __syncwarp();
            if (lane == 0)
                barrier_arrive(memory.handed_full);
        } else {
            named_sync(2, 128);
        }
    }
};

// Products of a tile. As in tiles_epilogue.cuh a thread has four neighbouring ones of a pixel after transposing.
DEVICE void store_products(const EpilogueArgs &args, storage_t *products, const float (&sums)[4 * TILE_ROWS], int x,
                           int y) {
    const int lane = threadIdx.x % 32, column = threadIdx.x % 128 / 32 * 16 + 4 * (lane % 4);
    if (threadIdx.x % 128 / 32 * 16 >= PRODUCT_COLUMNS)
        return;
    const int rows = args.height - y;
    const bool inside = x + lane / 4 < args.width;
    storage_t *to = products + (static_cast<long long>(y) * args.width + x + lane / 4) * PRODUCT_COLUMNS + column;
#pragma unroll
    for (int j = 0; j < TILE_ROWS; j++, to += static_cast<long long>(args.width) * PRODUCT_COLUMNS) {
        const uint2 four = make_uint2(transposed(pack2(sums[4 * j], sums[4 * j + 1])),
                                      transposed(pack2(sums[4 * j + 2], sums[4 * j + 3])));
        if (j < rows && inside)
            *reinterpret_cast<uint2 *>(to) = four;
    }
}

// By the second warpgroup, of the channels that both have handed over. `waiting`: four floats of each thread that
// stores products, 128 of these apart.
DEVICE void make_products(const EpilogueArgs &args, storage_t *products, float4 *waiting, const TailMemory &memory,
                          const Turn &turn, int round, int x, int y) {
    barrier_wait(memory.handed_full, turn.handed_parity);
    float sums[4 * TILE_ROWS];
    products_begin();
#pragma unroll
    for (int i = 0; i < 4 * tail_groups; i++) {
        const int group = i / 4, k = i % 4;
        const u64 filters = descriptor(memory.tail_filters + (round * tail_groups + group) * tail_stage_bytes,
                                       tail_pixel, 8 * tail_pixel);
        const u64 pixels = descriptor(memory.handed + group * handed_bytes(shape), tail_pixel, 8 * tail_pixel);
        Product<8 * TILE_ROWS>::run(sums, moved(filters, k * 32), moved(pixels, k * 32), i > 0);
    }
    products_commit();
    products_wait<0>();
    if (threadIdx.x % 32 == 0)
        barrier_arrive(memory.handed_empty);
    if (threadIdx.x % 128 / 32 * 16 >= PRODUCT_COLUMNS)
        return;
    float4 *const own = waiting + blockIdx.x * (TILE_ROWS * 128) + threadIdx.x % 128;
    if (round > 0) {
#pragma unroll
        for (int j = 0; j < TILE_ROWS; j++) {
            const float4 before = own[j * 128];
            sums[4 * j] += before.x;
            sums[4 * j + 1] += before.y;
            sums[4 * j + 2] += before.z;
            sums[4 * j + 3] += before.w;
        }
    }
    if (round < rounds - 1) {
#pragma unroll
        for (int j = 0; j < TILE_ROWS; j++)
            own[j * 128] = make_float4(sums[4 * j], sums[4 * j + 1], sums[4 * j + 2], sums[4 * j + 3]);
        return;
    }
    store_products(args, products, sums, x, y);
}

extern "C" __global__ void __launch_bounds__(384, 1)
    kernel(const __grid_constant__ TensorMapParameter input, const unsigned char *weights, storage_t *products,
           float4 *waiting, const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const TailMemory memory(in_shared(shared));
    const Tiling tiling(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < IN_PLANES; i++) {
            barrier_init(memory.tile_full + 8 * i, 1);
            barrier_init(memory.tile_empty + 8 * i, 4 * tail_groups);
        }
        for (int i = 0; i < tail_groups * stages; i++) {
            barrier_init(memory.weights_full + 8 * i, 1);
            barrier_init(memory.weights_empty + 8 * i, 4);
        }
        barrier_init(memory.handed_full, 4);
        barrier_init(memory.handed_empty, 4);
        barrier_init(memory.filters_there, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int warpgroup = __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (warpgroup == 0) {
        registers_down<40>();
        if (threadIdx.x == 0) {
            load_tiles(&input, memory, tiling);
        } else if (threadIdx.x % 32 == 0 && threadIdx.x <= 32 * tail_groups) {
            load_weights(weights + tail_filter_bytes(shape), memory, tiling, threadIdx.x / 32 - 1);
        } else if (threadIdx.x == 96) {
            barrier_expect(memory.filters_there, tail_filter_bytes(shape));
            load_bytes(memory.tail_filters, weights, tail_filter_bytes(shape), memory.filters_there);
        }
        return;
    }
    registers_up<232>();
    wait_for_previous();
    Multiplier multiplier{args, memory, warpgroup - 1, static_cast<int>(threadIdx.x) % 32, 0, 0, -1};
    if (multiplier.group > 0) {
        barrier_wait(memory.filters_there, 0);
        named_sync(1, 256);
    }
    Turn turn;
#pragma unroll 1
    for (int tile = blockIdx.x; tile < tiling.tiles; tile += gridDim.x, turn.tile_parity ^= 1)
#pragma unroll 1
        for (int round = 0; round < rounds; round++, turn.handed_parity ^= 1) {
            multiplier.round(turn, round, multiplier.group == 0 && tile == static_cast<int>(blockIdx.x));
            if (multiplier.group > 0)
                make_products(args, products, waiting, memory, turn, round, tiling.x(tile), tiling.y(tile));
        }
}
