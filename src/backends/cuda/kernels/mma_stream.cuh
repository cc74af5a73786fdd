// Convolution by mma.sync for sm_80 and newer, NHWC, by blocks that stay: each takes every gridDim-th item, a
// tile of TILE_W x TILE_H pixels by 8 * BLOCKS channels of one phase, and what the next item needs is on its
// way while this one is multiplied. A warp multiplies 16 * PIXEL_BLOCKS pixels by all channels of the item,
// so that an operand serves as often as registers allow; weights serve all pixels of the tile.
//
//      halos    | chunk c | chunk c + 1 |                   CHUNK input channels of the tile and its halo;
//                                                           c + 1 may be the next item's first
//      weights  | step | step + 1 | ... | step + STAGES - 1 | a step of a chunk as mma_columns.cuh reads it
//
// Where a chunk is one step, it is over before the next but one could come: then there are STAGES halos too.
// Operands lie in registers a tap before they are multiplied. So nobody reads the slot of a step any more
// when its last tap's turn is there: then all wait until the next step has come for all, and fill the slot
// anew. With KEEPS_WEIGHTS the ring holds all steps of the only group and phase; they stay there, and all
// wait once a chunk. The loop over a chunk has no branch, so that the compiler can mix its parts.
// In front stand also TAPS, COLUMNS and ROWS (of the taps of a step; both together divide TAPS), STAGES (2 to
// 1 + steps of a chunk), BLOCKS_AT_ONCE (of a multiprocessor), KEEPS_BEHIND (mma_shrink.cuh).
#include "mma_tile.cuh"
#if WINOGRAD
#include "mma_winograd.cuh"
#else
#include "mma_columns.cuh"
#endif

enum {
    step_bytes = step_taps * tap_bytes,
    steps_of_chunk = TAPS / step_taps,
    halo_slots = steps_of_chunk == 1 && !KEEPS_WEIGHTS ? STAGES : 2,
    ring_bytes = halo_slots * halo_bytes + STAGES * step_bytes, // what lies behind it: sums, or weights
};
#include "mma_shrink.cuh"
#include "mma_tail.cuh"

// The slot behind a halo's.
DEVICE SharedAddress next_halo(SharedAddress halos, SharedAddress halo) {
    if (halo_slots == 2)
        return halos + halos + halo_bytes - halo;
    const SharedAddress next = halo + halo_bytes;
    return next == halos + halo_slots * halo_bytes ? halos : next;
}

struct Item {
    int row, column, phase, group; // row and column: of tiles
};

// Groups of channels of one tile are neighbours, and share its pixels in L2.
DEVICE Item item_of(const MmaArgs &args, int index) {
    const int rest = index / args.groups, tile = rest / (SCALE * SCALE);
    Item item;
    item.group = index - rest * args.groups;
    item.phase = rest % (SCALE * SCALE);
    item.row = tile / args.tiles_x;
    item.column = tile - item.row * args.tiles_x;
    return item;
}

// The item as many behind `item` as `step` is behind the first.
DEVICE void advance(const MmaArgs &args, Item &item, const Item &step) {
    item.group += step.group;
    item.phase += step.phase;
    item.column += step.column;
    item.row += step.row;
    if (item.group >= args.groups) {
        item.group -= args.groups;
        ++item.phase;
    }
    if (item.phase >= SCALE * SCALE) {
        item.phase -= SCALE * SCALE;
        ++item.column;
    }
    if (item.column >= args.tiles_x) {
        item.column -= args.tiles_x;
        ++item.row;
    }
}

// The way of the pixels to the halos, a chunk at a time, of one item after the other. Behind the last item
// they lie outside of the picture.
struct Pixels {
    Item item; // that `next` is of
    Halo halo, next;
    int left; // chunks of `halo`

    DEVICE void begin_next(const MmaArgs &args, const Item &step) {
        advance(args, item, step);
        next.begin(args, item.row * TILE_H * STEP_Y + args.first_y,
                   item.column * TILE_W * STEP_X + args.first_x);
    }
    DEVICE void begin(const MmaArgs &args, const Item &step) {
        item = item_of(args, blockIdx.x);
        halo.begin(args, item.row * TILE_H * STEP_Y + args.first_y,
                   item.column * TILE_W * STEP_X + args.first_x);
        left = args.chunks;
        begin_next(args, step);
    }
    // Whether `next` is to begin anew.
    DEVICE bool load(const MmaArgs &args, SharedAddress to) {
        halo.load(args, to);
        const bool last = --left == 0;
        halo.become(next, last);
        left = last ? args.chunks : left;
        return last;
    }
};

// The way of the weights to the ring, a step at a time, of one item after the other. Behind the last item
// they are anybody's. This thread's are 16 bytes of every `threads` times 16.
struct Weights {
    Item item; // that `next` is of
    const char *from, *next;
    int left; // steps of `from`

    DEVICE const char *image(const MmaArgs &args) const {
        const u64 number = item.group * SCALE * SCALE + item.phase;
        return (const char *)args.weights + number * args.chunks * (steps_of_chunk * step_bytes) +
               threadIdx.x * 16;
    }
    DEVICE void begin_next(const MmaArgs &args, const Item &step) {
        advance(args, item, step);
        next = image(args);
    }
    DEVICE void begin(const MmaArgs &args, const Item &step) {
        item = item_of(args, blockIdx.x);
        from = image(args);
        left = args.chunks * steps_of_chunk;
        begin_next(args, step);
    }
    DEVICE bool load(const MmaArgs &args, SharedAddress to) {
        enum { threads = warps * 32, pieces_of_step = step_bytes / 16 };
#pragma unroll
        for (int i = 0; i < pieces_of_step; i += threads)
            copy_async_if(i + threads <= pieces_of_step || threadIdx.x < pieces_of_step - i, to + i * 16,
                          from + i * 16, 16);
        from += step_bytes;
        const bool last = --left == 0;
        from = last ? next : from;
        left = last ? args.chunks * steps_of_chunk : left;
        return last;
    }
};

#define BOUNDS __launch_bounds__(warps * 32, BLOCKS_AT_ONCE)

#if TAIL_CHANNELS > 0
typedef TailArgs ResultArgs;
#elif SHRINKS
typedef ShrinkArgs ResultArgs;
#else
typedef EpilogueArgs ResultArgs;
#endif

KERNEL_OF_TILES(MmaArgs, ResultArgs, BOUNDS) {
    enum {
        fixed_slots = steps_of_chunk % STAGES == 0,    // a step of every chunk has the same
        groups_ahead = KEEPS_WEIGHTS ? 0 : STAGES - 2, // of copies behind those that a step waits for
    };
    SHARED_MEMORY(memory);
    const SharedAddress halos = shared_address(memory), ring = halos + halo_slots * halo_bytes;
    const SharedAddress filters = ring + filter_of_lane(threadIdx.x & 31), to = ring + threadIdx.x * 16;
    const LanePixel own = place_of_lane();
    const Item step_of_item = item_of(args, gridDim.x);

#if SHRINKS && KEEPS_BEHIND
    keep_weights_behind(epi, halos + ring_bytes);
#endif
    Pixels pixels;
    Weights weights;
    pixels.begin(args, step_of_item);
    weights.begin(args, step_of_item);
    if (pixels.load(args, halos))
        pixels.begin_next(args, step_of_item);
#pragma unroll 1
    for (int stage = 0; stage < STAGES; ++stage) {
        if (weights.load(args, to + stage * step_bytes))
            weights.begin_next(args, step_of_item);
        if (halo_slots > 2 && stage > 0 && pixels.load(args, halos + stage * halo_bytes))
            pixels.begin_next(args, step_of_item);
        if (stage + 1 < STAGES && !KEEPS_WEIGHTS)
            commit_copies();
    }
    if (KEEPS_WEIGHTS)
        commit_copies();
    if (halo_slots == 2 && pixels.load(args, halos + halo_bytes))
        pixels.begin_next(args, step_of_item);
    commit_copies();
    Item item = item_of(args, blockIdx.x);
    SharedAddress halo = halos, place = place_of_tap(args, own, halo, item.phase * TAPS);
    Fragments fragments;
    BlockSums sums{(float *)(memory + ring_bytes)};
    if (EPILOGUE_SUMS)
        sums.begin();
    wait_for_copies<groups_ahead + 1>();
    wait_for_block();
    fragments.begin(place, filters);
    int slot = 0;
#pragma unroll 1
    for (int index = blockIdx.x; index < args.items; index += gridDim.x) {
        Item next = item;
        advance(args, next, step_of_item);
#if EPILOGUE_TENSORS > 0 && STORES_VECTORS
        fetch_operands(epi, item.row * TILE_H, item.column * TILE_W, item.phase, item.group);
#endif
        Sums sums_of_item;
        sums_of_item.begin();
#pragma unroll 1
        for (int chunk = 0; chunk < args.chunks; ++chunk) {
            const int next_chunk =
                (chunk + 1 == args.chunks ? next.phase : item.phase) * TAPS; // its first tap
#pragma unroll(steps_of_chunk <= 3 ? steps_of_chunk : 1)
            for (int step = 0; step < steps_of_chunk; ++step) {
                int next_tap = item.phase * TAPS + step * step_taps;
                const int own_slot = fixed_slots ? step % STAGES : slot;
                SharedAddress filter = filters + own_slot * step_bytes;
#pragma unroll
                for (int tap = 0; tap < step_taps; ++tap) {
                    ++next_tap;
                    filter += tap_bytes;
                    const bool last = tap + 1 == step_taps, ends = last && step + 1 == steps_of_chunk;
                    const bool waits = KEEPS_WEIGHTS ? ends : last;
                    if (waits) {
                        wait_for_copies<groups_ahead>(); // a halo came with weights that were asked for with
                                                         // it
                        wait_for_block();
                    }
                    if (last) {
                        slot = own_slot + 1 == STAGES ? 0 : own_slot + 1;
                        filter = filters + slot * step_bytes;
                    }
                    if (tap % ROWS == ROWS - 1)
                        place = place_of_tap(args, own, ends ? next_halo(halos, halo) : halo,
                                             ends ? next_chunk : next_tap);
                    fragments.multiply_by(sums_of_item.of, tap, place, filter, [&] {
                        if (!waits)
                            return;
                        if (!KEEPS_WEIGHTS)
                            weights.load(args, to + own_slot * step_bytes);
                        if (ends)
                            pixels.load(args, halo);
                        commit_copies();
                    });
                    if (ends)
                        halo = next_halo(halos, halo);
                }
            }
        }
        pixels.begin_next(args, step_of_item);
        if (!KEEPS_WEIGHTS)
            weights.begin_next(args, step_of_item);
#if WINOGRAD
        float sum[PIXEL_BLOCKS][BLOCKS][4];
        sums_of_item.give(sum);
#else
        auto &sum = sums_of_item.of;
#endif
        float totals[groups][neighbours] = {};
        store_tile(epi, sum, item.row * TILE_H, item.column * TILE_W, item.phase, item.group, totals);
        if (EPILOGUE_SUMS)
            sums.add(totals);
        item = next;
        if (EPILOGUE_TENSORS > 0 || !STORES_VECTORS || MULTIPLIES_ON) // which need the registers meanwhile
            fragments.begin(place, filters + slot * step_bytes);
    }
    wait_for_copies<0>();
    if (EPILOGUE_SUMS) // of the same group in all its items
        sums.store(epi, blockIdx.x / args.groups, blockIdx.x % args.groups);
}
