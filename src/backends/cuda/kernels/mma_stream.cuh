// Convolution by mma.sync for sm_80 and newer, NHWC, by blocks that stay: each takes every gridDim-th item, a tile of
// TILE_W x TILE_H pixels by 8 * BLOCKS channels of one phase, and what the next item needs is on its way while this one
// is multiplied. A warp multiplies 16 * PIXEL_BLOCKS pixels by all channels of the item, so that an operand serves as
// often as registers allow; weights serve all pixels of the tile.
//
//      halos    | chunk c | chunk c + 1 |                   CHUNK input channels of the tile and its halo; c + 1 may be
//                                                           the first chunk of the next item
//      weights  | step | step + 1 | ... | step + STAGES - 1 | of STEP_TAPS taps of a chunk, as mma_products.cuh reads
//                                                           them
//
// A step begins when its weights are there for all warps; then the slot of the step before is filled anew. In front
// stand also TAPS, STEP_TAPS (divides TAPS), STAGES (at most 1 + TAPS / STEP_TAPS), BLOCKS_AT_ONCE (of a
// multiprocessor).
#include "mma_tile.cuh"

enum {
    step_bytes = STEP_TAPS * weight_bytes,
    steps_of_chunk = TAPS / STEP_TAPS,
};

struct Item {
    int tile_y, tile_x, phase, group;
};

// Groups of channels of one tile are neighbours, and share its pixels in L2.
DEVICE Item item_of(const MmaArgs &args, int index) {
    const int rest = index / args.groups, tile = rest / (SCALE * SCALE), row = tile / args.tiles_x;
    Item item;
    item.group = index - rest * args.groups;
    item.phase = rest % (SCALE * SCALE);
    item.tile_y = row * TILE_H;
    item.tile_x = (tile - row * args.tiles_x) * TILE_W;
    return item;
}

DEVICE void load_chunk(const MmaArgs &args, const Item &item, SharedAddress to, int chunk) {
    load_halo(args, to, item.tile_y * STEP_Y + args.first_y, item.tile_x * STEP_X + args.first_x, chunk);
}

// The weights' way into the ring, a step at a time. This thread's are 16 bytes of every `threads` times 16.
struct Weights {
    const char *from;
    SharedAddress to;
    int slot;

    DEVICE void begin(const MmaArgs &args, const Item &item) {
        const u64 images = item.group * SCALE * SCALE + item.phase;
        from = (const char *)args.weights + images * args.chunks * (steps_of_chunk * step_bytes) + threadIdx.x * 16;
    }
    DEVICE void load_step() {
        enum { threads = warps * 32, pieces_of_step = step_bytes / 16 };
#pragma unroll
        for (int i = 0; i < pieces_of_step; i += threads)
            if (i + threads <= pieces_of_step || threadIdx.x < pieces_of_step - i)
                copy_async(to + slot * step_bytes + i * 16, from + i * 16, 16);
        from += step_bytes;
        slot = slot + 1 == STAGES ? 0 : slot + 1;
    }
};

#define BOUNDS __launch_bounds__(warps * 32, BLOCKS_AT_ONCE)

KERNEL_OF_TILES(MmaArgs, EpilogueArgs, BOUNDS) {
    SHARED_MEMORY(memory);
    const SharedAddress halos = shared_address(memory), ring = halos + 2 * halo_bytes;
    const int lane = threadIdx.x & 31, steps_of_item = args.chunks * steps_of_chunk;
    const LanePixel own = place_of_lane();

    Item item = item_of(args, blockIdx.x);
    Weights weights = {0, ring + threadIdx.x * 16, 0};
    weights.begin(args, item);
    load_chunk(args, item, halos, 0);
#pragma unroll
    for (int stage = 0; stage < STAGES - 1; ++stage) { // not more than an item has
        weights.load_step();
        commit_copies();
    }
    int slot = 0, half = 0;
#pragma unroll 1
    for (int index = blockIdx.x; index < args.items; index += gridDim.x) {
        float sum[PIXEL_BLOCKS][BLOCKS][4];
        clear(sum);
        Item next = item;
        int to_come = steps_of_item - (STAGES - 1); // of this item's weights
#pragma unroll 1
        for (int chunk = 0; chunk < args.chunks; ++chunk, half ^= 1) {
#pragma unroll 1
            for (int step = 0; step < steps_of_chunk; ++step) {
                wait_for_copies<STAGES - 2>(); // a halo came with the weights that were asked for after it
                wait_for_block();
                if (step == 0) {
                    const bool last = chunk + 1 == args.chunks;
                    if (last)
                        next = item_of(args, index + gridDim.x);
                    if (!last || index + gridDim.x < args.items)
                        load_chunk(args, next, halos + (half ^ 1) * halo_bytes, last ? 0 : chunk + 1);
                }
                if (to_come-- == 0)
                    weights.begin(args, next);
                if (to_come >= 0 || index + gridDim.x < args.items)
                    weights.load_step();
                commit_copies();
                Tap taps[STEP_TAPS];
#pragma unroll
                for (int i = 0; i < STEP_TAPS; ++i)
                    taps[i] = tap_of(args, item.phase * TAPS + step * STEP_TAPS + i);
                multiply_taps<STEP_TAPS>(sum, halos + half * halo_bytes, own, taps,
                                         ring + slot * step_bytes + filter_of_lane(lane));
                slot = slot + 1 == STAGES ? 0 : slot + 1;
            }
        }
        float totals[groups][neighbours] = {};
        store_tile(epi, sum, item.tile_y, item.tile_x, item.phase, item.group, totals);
        if (EPILOGUE_SUMS)
            store_sums(epi, (float *)(memory + 2 * halo_bytes + STAGES * step_bytes), totals, index / args.groups,
                       item.group);
        item = next;
    }
    wait_for_copies<0>();
}
