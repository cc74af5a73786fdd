// Convolution by mma.sync for sm_80 and newer, or by fp32 multiplication, NHWC: an implicit product of
// TILE_W x TILE_H pixels by 8 * BLOCKS channels. CHUNK input channels of the tile and its halo lie in shared
// memory, two chunks in turn, and serve all taps; weights of one tap stream behind them in the order in which
// mma_products.cuh reads them.
// A transposed convolution is one such convolution a phase (blockIdx.z). In front stand, next to what
// mma_tile.cuh needs: TAPS, STAGES, SINGLE (one chunk: halo and weights come at once).
#include "mma_results.cuh"

DEVICE void load_weights(u64 from, SharedAddress to) {
    for (int i = threadIdx.x; i < weight_bytes / 16; i += warps * 32)
        copy_async(to + i * 16, (const void *)(from + i * 16), 16);
}

// As many blocks on a multiprocessor as registers do for.
#if PRODUCT == FLOATS // blocks of 128 threads
#define BOUNDS __launch_bounds__(warps * 32, 3)
#elif PRODUCT == THREE_TF32 && BLOCKS == 4
#define BOUNDS __launch_bounds__(warps * 32, 2)
#elif (PRODUCT == HALF_SUMS || PRODUCT == TF32) && BLOCKS == 8
#define BOUNDS __launch_bounds__(warps * 32, 1)
#else
#define BOUNDS __launch_bounds__(warps * 32)
#endif

KERNEL_OF_TILES(MmaArgs, EpilogueArgs, BOUNDS) {
    SHARED_MEMORY(memory);
    const SharedAddress halos = shared_address(memory), weights = halos + (SINGLE ? 1 : 2) * halo_bytes;
    const int lane = threadIdx.x & 31, phase = blockIdx.z;
    const int tile_y = blockIdx.x / args.tiles_x * TILE_H, tile_x = blockIdx.x % args.tiles_x * TILE_W;
    const int y0 = tile_y * STEP_Y + args.first_y, x0 = tile_x * STEP_X + args.first_x;
    const u64 filters =
        args.weights + ((u64)blockIdx.y * gridDim.z + phase) * args.chunks * TAPS * weight_bytes;

    const LanePixel own = place_of_lane();
    float sum[PIXEL_BLOCKS][BLOCKS][4];
    clear(sum);

#if SINGLE
    Halo halo;
    halo.begin(args, y0, x0);
    halo.load(args, halos);
    for (int tap = 0; tap < TAPS; ++tap)
        load_weights(filters + (u64)tap * weight_bytes, weights + tap * weight_bytes);
    commit_copies();
    wait_for_copies<0>();
    wait_for_block();
#pragma unroll(PRODUCT >= THREE_TF32 ? 1 : 3)
    for (int tap = 0; tap < TAPS; ++tap)
        multiply_tap(sum, halos, own, tap_of(args, phase * TAPS + tap),
                     weights + tap * weight_bytes + filter_of_lane(lane));
#else
    const int total = args.chunks * TAPS;
    Halo pixels;
    pixels.begin(args, y0, x0);
    pixels.load(args, halos);
    for (int stage = 0; stage < STAGES - 1; ++stage) {
        if (stage < total)
            load_weights(filters + (u64)stage * weight_bytes, weights + stage * weight_bytes);
        commit_copies();
    }
    int step = 0;
#pragma unroll 1
    for (int chunk = 0; chunk < args.chunks; ++chunk) {
#pragma unroll 1
        for (int tap = 0; tap < TAPS; ++tap, ++step) {
            // A halo that was asked for one chunk ago has come with the groups before the last ones.
            if (TAPS < STAGES - 1)
                wait_for_copies<0>();
            else
                wait_for_copies<STAGES - 2>();
            wait_for_block();
            if (tap == 0 && chunk + 1 < args.chunks)
                pixels.load(args, halos + (chunk + 1) % 2 * halo_bytes);
            if (step + STAGES - 1 < total)
                load_weights(filters + (u64)(step + STAGES - 1) * weight_bytes,
                             weights + (step + STAGES - 1) % STAGES * weight_bytes);
            commit_copies();
            const SharedAddress halo = halos + chunk % 2 * halo_bytes;
            const SharedAddress filter = weights + step % STAGES * weight_bytes + filter_of_lane(lane);
            multiply_tap(sum, halo, own, tap_of(args, phase * TAPS + tap), filter);
        }
    }
    wait_for_copies<0>();
#endif
    float totals[groups][neighbours] = {};
    store_tile(epi, sum, tile_y, tile_x, phase, blockIdx.y, totals);
    if (EPILOGUE_SUMS) {
        BlockSums sums{(float *)memory};
        wait_for_block(); // nobody reads operands there any more
        sums.begin();
        sums.add(totals);
        sums.store(epi, blockIdx.x, blockIdx.y);
    }
}
