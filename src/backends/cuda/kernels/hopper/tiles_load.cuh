// What a block of the kernel in tiles.cuh works on, and the threads that bring it: one the tiles of the
// input, one the filters of each warpgroup.
#pragma once

#include "ptx.cuh"
#include "ring.cuh"
#include "tiles_shape.cuh"

constexpr TilesShape shape{TILE_ROWS,
                           GROUPS,
                           IN_LANES,
                           IN_PLANES,
                           Axis{TAPS_Y, STRIDE_Y, PAD_TOP, TRANSPOSED},
                           Axis{TAPS_X, STRIDE_X, PAD_LEFT, TRANSPOSED}};
constexpr int pixel = pixel_bytes(shape);
constexpr int tiles_on_way = tile_slots(shape), stages = weight_slots(shape),
              stage_bytes = weight_bytes(shape);
constexpr int channel_blocks = (OUT_CHANNELS + 63) / 64;            // of a phase
constexpr int filter_blocks = phases(shape) * channel_blocks;       // of 64
constexpr int item_filters = (filter_blocks + GROUPS - 1) / GROUPS; // items of a tile
static_assert(stages >= 2, "the ring of filters holds the stage in use and the next");

struct TilesMemory { // addresses in shared memory
    u32 tiles, weights, tile_full, tile_empty, weights_full, weights_empty;

    DEVICE explicit TilesMemory(u32 base)
        : tiles(base), weights(base + tiles_on_way * tile_slot_bytes(shape)),
          tile_full(base + barriers_begin(shape)), tile_empty(tile_full + 8 * tiles_on_way),
          weights_full(tile_empty + 8 * tiles_on_way), weights_empty(weights_full + 8 * GROUPS * stages) {}
};

struct Tiling {
    int columns, items; // tiles next to each other; tiles times item_filters

    DEVICE explicit Tiling(const EpilogueArgs &args) {
        const int wide = (args.width + RESULT_STEP_X - 1) / RESULT_STEP_X;
        const int high = (args.height + RESULT_STEP_Y - 1) / RESULT_STEP_Y;
        columns = (wide + 7) / 8;
        items = columns * ((high + TILE_ROWS - 1) / TILE_ROWS) * item_filters;
    }
    DEVICE int x(int item) const { return item / item_filters % columns * 8; }
    DEVICE int y(int item) const { return item / item_filters / columns * TILE_ROWS; }
};

// maps: of the pictures of even and odd columns, then of the odd rows, where the stride is 2.
DEVICE void load_tiles(const TensorMapParameter *const (&maps)[4], const TilesMemory &memory,
                       const Tiling &tiling) {
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
#pragma unroll 1
    for (int item = blockIdx.x; item < tiling.items; item += gridDim.x) {
        const int x = tiling.x(item) + tile_origin(shape.x), y = tiling.y(item) + tile_origin(shape.y);
#pragma unroll 1
        for (int parity = 0; parity < parities(shape); parity++) {
            // Indexed by constants, for the pointers to stay in registers.
            const TensorMapParameter *const map = parity == 0   ? maps[0]
                                                  : parity == 1 ? maps[1]
                                                  : parity == 2 ? maps[2]
                                                                : maps[3];
#pragma unroll 1
            for (int plane = 0; plane < IN_PLANES; plane++) {
                const u32 full = memory.tile_full + 8 * ring.slot;
                barrier_wait(memory.tile_empty + 8 * ring.slot, ring.parity);
                barrier_expect(full, tile_bytes(shape));
                load_box(memory.tiles + ring.slot * tile_slot_bytes(shape), map, full, plane * IN_LANES, x,
                         y);
                ring.next<tiles_on_way>();
            }
        }
    }
}

DEVICE void load_weights(const unsigned char *weights, const TilesMemory &memory, const Tiling &tiling,
                         int group) {
    constexpr int stages_of_item = IN_PLANES * taps(shape);
    Ring ring{0, 1};
#pragma unroll 1
    for (int item = blockIdx.x; item < tiling.items; item += gridDim.x) {
        const unsigned char *from =
            weights + (static_cast<u64>(item % item_filters) * stages_of_item * GROUPS + group) * stage_bytes;
#pragma unroll 1
        for (int i = 0; i < stages_of_item; i++, from += GROUPS * stage_bytes) {
            const int slot = group * stages + ring.slot;
            barrier_wait(memory.weights_empty + 8 * slot, ring.parity);
            barrier_expect(memory.weights_full + 8 * slot, stage_bytes);
            load_bytes(memory.weights + slot * stage_bytes, from, stage_bytes,
                       memory.weights_full + 8 * slot);
            ring.next<stages>();
        }
    }
}
