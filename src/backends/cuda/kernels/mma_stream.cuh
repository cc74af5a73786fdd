// Convolution by mma.sync for sm_80 and newer, NHWC, by blocks that stay: each takes every gridDim-th item, a
// tile of TILE_W x TILE_H pixels by 8 * BLOCKS channels of one phase, and what the next item needs is on its
// way while this one is multiplied. A warp multiplies 16 * PIXEL_BLOCKS pixels by all channels of the item,
// so that an operand serves as often as registers allow; weights serve all pixels of the tile.
//
//      halos    | chunk c | chunk c + 1 |                   CHUNK input channels of the tile and its halo; c
//      + 1 may be
//                                                           the first chunk of the next item
//      weights  | step | step + 1 | ... | step + STAGES - 1 | a step of a chunk as mma_columns.cuh reads it
//
// Operands lie in registers a tap before they are multiplied. So nobody reads the slot of a step any more
// when its last tap's turn is there: then all wait until the next step has come for all, and fill the slot
// anew. In front stand also TAPS, COLUMNS and ROWS (of the taps of a step; both together divide TAPS), STAGES
// (2 to 1 + steps of a chunk), BLOCKS_AT_ONCE (of a multiprocessor).
#include "mma_columns.cuh"

enum {
    step_bytes = step_taps * weight_bytes,
    steps_of_chunk = TAPS / step_taps,
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

// The way of the pixels to the two halos, a chunk at a time.
struct Halos {
    SharedAddress to;
    int index, chunk, y, x;

    DEVICE void begin(const MmaArgs &args, int of) {
        const Item item = item_of(args, of);
        index = of;
        chunk = 0;
        y = item.tile_y * STEP_Y + args.first_y;
        x = item.tile_x * STEP_X + args.first_x;
    }
    DEVICE void load_chunk(const MmaArgs &args, int half) {
        if (index < args.items)
            load_halo(args, to + half * halo_bytes, y, x, chunk);
        if (++chunk == args.chunks)
            begin(args, index + gridDim.x);
    }
};

// The way of the weights to the ring, a step at a time. This thread's are 16 bytes of every `threads`
// times 16.
struct Weights {
    const char *from;
    SharedAddress to;
    int index, steps_left; // of the item

    DEVICE void begin(const MmaArgs &args, int of) {
        const Item item = item_of(args, of);
        const u64 images = item.group * SCALE * SCALE + item.phase;
        index = of;
        steps_left = args.chunks * steps_of_chunk;
        from = (const char *)args.weights + images * steps_left * step_bytes + threadIdx.x * 16;
    }
    DEVICE void load_step(const MmaArgs &args, int slot) {
        enum { threads = warps * 32, pieces_of_step = step_bytes / 16 };
        if (index < args.items)
#pragma unroll
            for (int i = 0; i < pieces_of_step; i += threads)
                if (i + threads <= pieces_of_step || threadIdx.x < pieces_of_step - i)
                    copy_async(to + slot * step_bytes + i * 16, from + i * 16, 16);
        from += step_bytes;
        if (--steps_left == 0)
            begin(args, index + gridDim.x);
    }
};

DEVICE int phase_of(const MmaArgs &args, int index) {
    return SCALE == 1 ? 0 : item_of(args, index).phase;
}

#define BOUNDS __launch_bounds__(warps * 32, BLOCKS_AT_ONCE)

KERNEL_OF_TILES(MmaArgs, EpilogueArgs, BOUNDS) {
    SHARED_MEMORY(memory);
    const SharedAddress halos = shared_address(memory), ring = halos + 2 * halo_bytes;
    const SharedAddress filters = ring + filter_of_lane(threadIdx.x & 31);
    const LanePixel own = place_of_lane();

    Halos pixels = {halos, 0, 0, 0, 0};
    pixels.begin(args, blockIdx.x);
    Weights weights = {0, ring + threadIdx.x * 16, 0, 0};
    weights.begin(args, blockIdx.x);
    pixels.load_chunk(args, 0);
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
        if (stage == STAGES - 1)
            pixels.load_chunk(args, 1);
        weights.load_step(args, stage);
        commit_copies();
    }
    int slot = 0, half = 0;
    Fragments fragments;
    wait_for_copies<STAGES - 1>();
    wait_for_block();
    SharedAddress place = place_of_tap(args, own, halos, phase_of(args, blockIdx.x) * TAPS);
    fragments.begin(place, filters);
#pragma unroll 1
    for (int index = blockIdx.x; index < args.items; index += gridDim.x) {
        const int phase = phase_of(args, index), next_phase = phase_of(args, index + gridDim.x);
        float sum[PIXEL_BLOCKS][BLOCKS][4];
        clear(sum);
#pragma unroll 1
        for (int chunk = 0; chunk < args.chunks; ++chunk) {
            const int next_chunk = (chunk + 1 == args.chunks ? next_phase : phase) * TAPS; // its first tap
#pragma unroll(steps_of_chunk <= 3 ? steps_of_chunk : 1)
            for (int step = 0; step < steps_of_chunk; ++step) {
                int next_tap = phase * TAPS + step * step_taps;
                SharedAddress filter = filters + slot * step_bytes;
#pragma unroll
                for (int tap = 0; tap < step_taps; ++tap) {
                    ++next_tap;
                    filter += weight_bytes;
                    if (tap + 1 == step_taps) {
                        wait_for_copies<STAGES - 2>(); // a halo came with weights that were asked for with it
                        wait_for_block();
                        weights.load_step(args, slot);
                        slot = slot + 1 == STAGES ? 0 : slot + 1;
                        filter = filters + slot * step_bytes;
                        if (step + 1 == steps_of_chunk) {
                            pixels.load_chunk(args, half);
                            half ^= 1;
                            next_tap = next_chunk;
                        }
                        commit_copies();
                    }
                    if (tap % ROWS == ROWS - 1)
                        place = place_of_tap(args, own, halos + half * halo_bytes, next_tap);
                    fragments.multiply_by(sum, tap, place, filter);
                }
            }
        }
        const Item item = item_of(args, index);
        float totals[groups][neighbours] = {};
        store_tile(epi, sum, item.tile_y, item.tile_x, item.phase, item.group, totals);
        if (EPILOGUE_SUMS)
            store_sums(epi, (float *)(memory + 2 * halo_bytes + STAGES * step_bytes), totals,
                       index / args.groups, item.group);
    }
    wait_for_copies<0>();
}
