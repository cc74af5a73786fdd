// Convolution by mma.sync for sm_80 and newer, or by fp32 multiplication, NHWC: an implicit product of
// TILE_W x TILE_H pixels by 8 * BLOCKS channels. CHUNK input channels of the tile and its halo lie in shared
// memory, two chunks in turn, and serve all taps; weights of one tap stream behind them in the order in which
// mma_products.cuh reads them.
// A transposed convolution is one such convolution a phase (blockIdx.z). In front stand: TILE_W, TILE_H, CHUNK,
// BLOCKS, TAPS, HALO_W, HALO_H, STEP_Y, STEP_X, STAGES, SINGLE (one chunk: halo and weights come at once), BRAIN (bf16),
// PRODUCT (see mma_products.cuh), OUTPUT_FLOATS (two vectors of 4 floats may be stored).
#include "args.cuh"
#include "async_copy.cuh"
#include "mma_args.cuh"
#include "mma_products.cuh"

enum {
    warps = TILE_W * TILE_H / 32,
    halo_bytes = HALO_W * HALO_H * pixel_bytes,
};

DEVICE void load_halo(const MmaArgs &args, SharedAddress to, int y0, int x0, int chunk) {
    for (int i = threadIdx.x; i < HALO_W * HALO_H * pieces; i += warps * 32) {
        const int pixel = i / pieces, piece = i % pieces;
        const int y = y0 + pixel / HALO_W, x = x0 + pixel % HALO_W, lane = chunk * CHUNK + piece * (16 / element_bytes);
        const bool inside = y >= 0 && y < args.height && x >= 0 && x < args.width && lane < args.lanes;
        const char *from = (const char *)args.input;
        if (inside)
            from += (y * args.stride_y + x * args.stride_x + lane) * element_bytes;
        copy_async(to + piece_place(pixel, piece), from, inside ? 16 : 0);
    }
}

DEVICE void load_weights(u64 from, SharedAddress to) {
    for (int i = threadIdx.x; i < weight_bytes / 16; i += warps * 32)
        copy_async(to + i * 16, (const void *)(from + i * 16), 16);
}

struct Eight {
    float v[8];
};

// 8 neighbouring channels of one pixel; gives what was stored, before it was rounded.
DEVICE Eight store_eight(const EpilogueArgs &epi, const EpilogueChannel *channels, int y, int x, int first, Eight sums) {
    float tensors[8][EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
#if TENSOR_VECTORS
#pragma unroll
    for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
        const EpilogueTensor &tensor = epi.tensor[i];
        uint4 bits = make_uint4(0, 0, 0, 0);
        if (first < epi.channels)
            bits = *(const uint4 *)((const unsigned short *)tensor.data + y * tensor.stride_y + x * tensor.stride_x + first);
        const u32 words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
        for (int k = 0; k < 8; ++k) {
            packed_t stored;
            stored.bits = (unsigned short)(words[k / 2] >> (k % 2 * 16));
            tensors[k][i] = get(stored);
        }
    }
#else
#pragma unroll
    for (int i = 0; i < EPILOGUE_TENSORS; ++i)
#pragma unroll
        for (int k = 0; k < 8; ++k)
            tensors[k][i] = first + k < epi.channels ? epilogue_tensor(epi, i, y, x, first + k) : 0.0f;
#endif
#pragma unroll
    for (int k = 0; k < 8; ++k)
        sums.v[k] = first + k < epi.channels ? epilogue(channels[k], sums.v[k], tensors[k]) : 0.0f;
#if OUTPUT_LAST
    if (first + 8 <= epi.channels + epi.pad_lanes) {
        const uint4 halves = make_uint4(pack2(sums.v[0], sums.v[1]), pack2(sums.v[2], sums.v[3]),
                                        pack2(sums.v[4], sums.v[5]), pack2(sums.v[6], sums.v[7]));
        *(uint4 *)(epi.output.data + y * epi.output.stride_y + x * epi.output.stride_x + first) = halves;
        return sums;
    }
#endif
#if OUTPUT_FLOATS
    if (first + 8 <= epi.channels + epi.pad_lanes) {
        float4 *to = (float4 *)(epi.output.data + y * epi.output.stride_y + x * epi.output.stride_x + first);
        to[0] = make_float4(sums.v[0], sums.v[1], sums.v[2], sums.v[3]);
        to[1] = make_float4(sums.v[4], sums.v[5], sums.v[6], sums.v[7]);
        return sums;
    }
#endif
#pragma unroll
    for (int k = 0; k < 8; ++k) {
        if (first + k < epi.channels)
            store_output(epi, y, x, first + k, sums.v[k]);
        else if (first + k < epi.channels + epi.pad_lanes)
            store_padding(epi, y, x, first + k - epi.channels);
    }
    return sums;
}

// The sums over a block's pixels, from those of each thread's (EPILOGUE_SUMS). `room`: floats in shared memory,
// BLOCKS * 8 a warp, which nobody reads any more.
DEVICE void store_sums(const EpilogueArgs &epi, float *room, const float (&totals)[BLOCKS / 4][8]) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    wait_for_block();
#pragma unroll
    for (int group = 0; group < BLOCKS / 4; ++group)
#pragma unroll
        for (int k = 0; k < 8; ++k) {
            float sum = totals[group][k];
#pragma unroll
            for (int distance = 4; distance < 32; distance *= 2)
                sum += exchanged(sum, distance);
            if (lane < 4)
                room[warp * BLOCKS * 8 + mma_channel(4 * group, lane, 0) + k] = sum;
        }
    wait_for_block();
    for (int own = threadIdx.x; own < BLOCKS * 8; own += warps * 32) {
        const int channel = blockIdx.y * BLOCKS * 8 + own;
        float sum = 0;
        for (int i = 0; i < warps; ++i)
            sum += room[i * BLOCKS * 8 + own];
        if (channel < epi.channels)
            store_sum(epi, blockIdx.x, channel, sum);
    }
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
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, phase = blockIdx.z;
    const int tile_y = blockIdx.x / args.tiles_x * TILE_H, tile_x = blockIdx.x % args.tiles_x * TILE_W;
    const int y0 = tile_y * STEP_Y + args.first_y, x0 = tile_x * STEP_X + args.first_x;
    const u64 filters = args.weights + ((u64)blockIdx.y * gridDim.z + phase) * args.chunks * TAPS * weight_bytes;
    const short *shifts = args.shift + phase * TAPS;

    int pixel[2]; // of this lane in each block of 16
    for (int m = 0; m < 2; ++m) {
        const int block = warp * 2 + m, row = block / (TILE_W / 16), column = block % (TILE_W / 16) * 16;
        pixel[m] = row * STEP_Y * HALO_W + (column + pixel_of_lane(lane)) * STEP_X;
    }
    float sum[2][BLOCKS][4];
    for (int m = 0; m < 2; ++m)
        for (int n = 0; n < BLOCKS; ++n)
            for (int e = 0; e < 4; ++e)
                sum[m][n][e] = 0;

#if SINGLE
    load_halo(args, halos, y0, x0, 0);
    for (int tap = 0; tap < TAPS; ++tap)
        load_weights(filters + (u64)tap * weight_bytes, weights + tap * weight_bytes);
    commit_copies();
    wait_for_copies<0>();
    wait_for_block();
#pragma unroll(PRODUCT == FLOATS ? 1 : 3)
    for (int tap = 0; tap < TAPS; ++tap)
        multiply_tap(sum, halos, pixel, shifts[tap], weights + tap * weight_bytes + filter_of_lane(lane));
#else
    const int total = args.chunks * TAPS;
    load_halo(args, halos, y0, x0, 0);
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
                load_halo(args, halos + (chunk + 1) % 2 * halo_bytes, y0, x0, chunk + 1);
            if (step + STAGES - 1 < total)
                load_weights(filters + (u64)(step + STAGES - 1) * weight_bytes,
                             weights + (step + STAGES - 1) % STAGES * weight_bytes);
            commit_copies();
            const SharedAddress halo = halos + chunk % 2 * halo_bytes, filter = weights + step % STAGES * weight_bytes + filter_of_lane(lane);
            multiply_tap(sum, halo, pixel, shifts[tap], filter);
        }
    }
    wait_for_copies<0>();
#endif
    const int column = lane & 3;
    float totals[BLOCKS / 4][8] = {};
#pragma unroll
    for (int group = 0; group < BLOCKS / 4; ++group) {
        const int first = blockIdx.y * BLOCKS * 8 + mma_channel(4 * group, column, 0);
        if (first >= epi.channels + epi.pad_lanes)
            continue;
        EpilogueChannel channels[8];
#pragma unroll
        for (int k = 0; k < 8; ++k)
            channels[k] = epilogue_channel(epi, first + k);
#pragma unroll
        for (int m = 0; m < 2; ++m)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int part = warp * 2 + m, row = part / (TILE_W / 16);
                const int y = tile_y + row, x = tile_x + part % (TILE_W / 16) * 16 + (lane >> 2) + 8 * half;
                if (y >= args.out_height || x >= args.out_width)
                    continue;
                const int out_y = y * args.scale + phase / args.scale, out_x = x * args.scale + phase % args.scale;
                if (out_y >= epi.height || out_x >= epi.width)
                    continue;
                Eight eight;
#pragma unroll
                for (int k = 0; k < 8; ++k)
                    eight.v[k] = sum[m][4 * group + k / 2][2 * half + k % 2];
                eight = store_eight(epi, channels, out_y, out_x, first, eight);
#pragma unroll
                for (int k = 0; EPILOGUE_SUMS && k < 8; ++k)
                    totals[group][k] += eight.v[k];
            }
    }
    if (EPILOGUE_SUMS)
        store_sums(epi, (float *)memory, totals);
}
