// Convolution of any number of channels; filters stream from L2. Stride 1 or 2, and transposed by whole
// phases.
//
// A work item is 64 * GROUPS filters (of one or more phases) of a tile 8 pixels wide and TILE_ROWS high; a
// block takes every gridDim-th item, so that the filters of a tile run on neighbouring blocks and share its
// pixels in L2. Of every plane of channels the tile with its halo is fetched once and serves all taps:
// filters are the rows of a product, pixels its columns, 8 at a time, and the distance of two such groups is
// a row of the halo tile.
//
//      halo tile, WIDTH = 8 + halo pixels of 64 or 32 channels
//      +----------------+
//      |  ########      |   # the window of tap (dy, dx): the tile's address moved by dy * WIDTH + dx pixels,
//      |  ########      |     groups of 8 pixels WIDTH pixels apart
//      |  ########      |
//      +----------------+
//
// Each warpgroup has its own ring of filters (a tap of a plane a stage) and runs LAG stages behind its
// neighbour, so that one's epilogue is covered by the others' products.
#pragma once

#include "ptx.cuh"
#include "tiles_epilogue.cuh"
#include "tiles_load.cuh"
#include "tiles_shape.cuh"
#include "wgmma.cuh"

// One warpgroup: 64 filters of each of the block's items.
struct Multiplier {
    const EpilogueArgs &args;
    const TilesMemory &memory;
    int group, lane;
    Ring tile, stage;
    int previous_stage, previous_tile; // still read by products on their way; -1: none
    TileTotals totals;                 // with EPILOGUE_SUMS a warp's channels are the same in all items

    DEVICE void release_stage() {
        if (lane == 0 && previous_stage >= 0)
            barrier_arrive(memory.weights_empty + 8 * (group * stages + previous_stage));
    }
    DEVICE void release_tile() {
        if (lane == 0 && previous_tile >= 0)
            barrier_arrive(memory.tile_empty + 8 * previous_tile);
        previous_tile = -1;
    }

    // The taps of one parity on one plane. `moved_window`: of the filters' phase, in bytes.
    template <int parity>
    DEVICE void plane(float (&sums)[4 * TILE_ROWS], bool first_plane, int moved_window, bool lag) {
        constexpr int parity_y = parity / parities(shape.x), parity_x = parity % parities(shape.x);
        constexpr int count_x = tap_count(shape.x, parity_x), count = taps_of_parity(shape, parity);
        constexpr int from_y = first_place(shape.y, parity_y, 0) - tile_origin(shape.y);
        constexpr int from_x = first_place(shape.x, parity_x, 0) - tile_origin(shape.x);
        barrier_wait(memory.tile_full + 8 * tile.slot, tile.parity);
        const u64 pixels = descriptor(memory.tiles + tile.slot * tile_slot_bytes(shape) + moved_window, pixel,
                                      tile_width(shape) * pixel);
#pragma unroll
        for (int tap = 0; tap < count; tap++) {
            const int slot = group * stages + stage.slot;
            barrier_wait(memory.weights_full + 8 * slot, stage.parity);
            const u64 filters = descriptor(memory.weights + slot * stage_bytes, pixel, 8 * pixel);
            const int window = ((TRANSPOSED ? 0 : from_y) + tap / count_x) * tile_width(shape) +
                               (TRANSPOSED ? 0 : from_x) + tap % count_x;
            products_begin();
#pragma unroll
            for (int k = 0; k < IN_LANES / 16; k++)
                Product<8 * TILE_ROWS>::run(sums, moved(filters, k * 32),
                                            moved(pixels, window * pixel + k * 32),
                                            !(first_plane && parity == 0 && tap == 0 && k == 0));
            products_commit();
            products_wait<1>();
            release_stage();
            if (tap == 0)
                release_tile();
            if (LAG > 0 && lag && tap == LAG)
                named_arrive(2 + group, 256);
            previous_stage = stage.slot;
            stage.next<stages>();
        }
        previous_tile = tile.slot;
        tile.next<tiles_on_way>();
    }
    template <int parity>
    DEVICE void planes(float (&sums)[4 * TILE_ROWS], TilePlace &place, TileOperands &operand,
                       int moved_window, bool lag) {
#pragma unroll 1
        for (int i = 0; i < IN_PLANES; i++) {
            if (parity == parities(shape) - 1 && i == IN_PLANES - 1)
                operand.fetch(args, place);
            plane<parity>(sums, i == 0, moved_window, lag && parity == 0 && i == 0);
        }
    }

    DEVICE TilePlace place_of(int block) const {
        TilePlace place;
        place.lane = lane;
        place.block = block % channel_blocks * 64 + threadIdx.x % 128 / 32 * 16;
        return place;
    }

    DEVICE void item(const Tiling &tiling, int item, bool lag) {
        const int block = item % item_filters * GROUPS + group, phase = block / channel_blocks;
        TilePlace place = place_of(block);
        place.phase_y = phase / phases(shape.x);
        place.phase_x = phase % phases(shape.x);
        place.y = tiling.y(item);
        place.x = tiling.x(item);
        place.of[0] = epilogue_channel(args, place.channel(0));
        place.of[1] = epilogue_channel(args, place.channel(1));
        int moved_window = 0;
        if (TRANSPOSED)
            moved_window =
                ((first_place(shape.y, 0, place.phase_y) - tile_origin(shape.y)) * tile_width(shape) +
                 first_place(shape.x, 0, place.phase_x) - tile_origin(shape.x)) *
                pixel;
        float sums[4 * TILE_ROWS];
        TileOperands operand;
        previous_stage = -1;
        planes<0>(sums, place, operand, moved_window, lag);
        if constexpr (parities(shape) > 1)
            planes<1>(sums, place, operand, moved_window, false);
        if constexpr (parities(shape) > 2) {
            planes<2>(sums, place, operand, moved_window, false);
            planes<3>(sums, place, operand, moved_window, false);
        }
        products_wait<0>();
        release_stage();
        release_tile();
        if (block < filter_blocks &&
            place.block < places) // lanes behind the last channel are written too
            store_tile(args, place, operand, sums, totals);
    }
};

extern "C" __global__ void __launch_bounds__(128 * (GROUPS + 1), 1)
    kernel(const __grid_constant__ TensorMapParameter input,
           const __grid_constant__ TensorMapParameter odd_columns,
           const __grid_constant__ TensorMapParameter odd_rows,
           const __grid_constant__ TensorMapParameter odd_both, const unsigned char *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const TilesMemory memory(in_shared(shared));
    const Tiling tiling(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < tiles_on_way; i++) {
            barrier_init(memory.tile_full + 8 * i, 1);
            barrier_init(memory.tile_empty + 8 * i, 4 * GROUPS);
        }
        for (int i = 0; i < GROUPS * stages; i++) {
            barrier_init(memory.weights_full + 8 * i, 1);
            barrier_init(memory.weights_empty + 8 * i, 4);
        }
        barrier_init_done();
    }
    __syncthreads();
    const int warpgroup =
        __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (warpgroup == 0) {
        registers_down<loading_registers(GROUPS)>();
        if (threadIdx.x == 0)
            load_tiles({&input, &odd_columns, &odd_rows, &odd_both}, memory, tiling);
        else if (threadIdx.x % 32 == 0 && threadIdx.x <= 32 * GROUPS)
            load_weights(weights, memory, tiling, threadIdx.x / 32 - 1);
    } else {
        registers_up<multiplying_registers(GROUPS)>();
        wait_for_previous();
        Multiplier multiplier{args, memory, warpgroup - 1, static_cast<int>(threadIdx.x) % 32, Ring{}, Ring{},
                              -1,   -1};
        const bool lags = LAG > 0 && blockIdx.x < tiling.items;
        if (lags && multiplier.group > 0)
            named_sync(1 + multiplier.group, 256);
#pragma unroll 1
        for (int item = blockIdx.x; item < tiling.items; item += gridDim.x)
            multiplier.item(tiling, item, lags && multiplier.group < GROUPS - 1 && item == blockIdx.x);
        if (EPILOGUE_SUMS && multiplier.group < filter_blocks)
            multiplier.totals.store(args, multiplier.place_of(multiplier.group), blockIdx.x);
    }
}
