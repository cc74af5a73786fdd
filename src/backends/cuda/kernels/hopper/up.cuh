// Transposed convolution of 2x2 taps and stride 2: each pixel becomes four, each by filters of its own. What costs is
// the result, and a picture as large that is added to it, so these are only moved by the copy engine.
//
// A piece of work is 120 or 104 pixels of a row of the input, 64 filters of each phase: one warpgroup computes the upper
// of the two rows of results, the other the lower one. Of a row of results the operand of the epilogue is brought first;
// results take its place pixel by pixel and are stored from there.
//
//   input row  . . . .        row 2y      0 1 0 1 0 1 0 1      pixels of phase 0 and 1
//                             row 2y + 1  2 3 2 3 2 3 2 3
#pragma once

#include "ptx.cuh"
#include "up_shape.cuh"
#include "wgmma.cuh"

constexpr int columns = up_columns(IN_PLANES), groups = columns / 8; // of 8 pixels
constexpr int rows_on_way = up_rows(IN_PLANES), plane_bytes = up_plane_bytes(IN_PLANES),
              row_bytes = up_row_bytes(IN_PLANES);
constexpr int channel_blocks = (OUT_CHANNELS + 63) / 64;
static_assert(rows_on_way >= up_fewest_rows, "two rows in work, and two on their way");

struct UpMemory { // addresses in shared memory
    u32 weights, tiles, rows, tile_full, tile_empty, row_full, row_empty, weights_there;

    DEVICE explicit UpMemory(u32 base)
        : weights(base), tiles(base + up_weight_bytes(IN_PLANES)), rows(base + up_rows_begin(IN_PLANES)),
          tile_full(base + up_barriers_begin(IN_PLANES)), tile_empty(tile_full + 8 * up_tiles),
          row_full(tile_empty + 8 * up_tiles), row_empty(row_full + 8 * rows_on_way),
          weights_there(row_empty + 8 * rows_on_way) {}
    DEVICE u32 tile(int number) const { return tiles + number % up_tiles * IN_PLANES * plane_bytes; }
    DEVICE u32 row(int number) const { return rows + number % rows_on_way * row_bytes; }
};

// Every so many pieces are a block's. Blocks next to each other have the same pixels and other filters.
struct UpShare {
    int strips, begin, end, step, channel;

    DEVICE explicit UpShare(const EpilogueArgs &args)
        : strips(((args.width + 1) / 2 + columns - 1) / columns), begin(blockIdx.x / channel_blocks),
          end(strips * ((args.height + 1) / 2)), step(gridDim.x / channel_blocks),
          channel(blockIdx.x % channel_blocks * 64) {}
    DEVICE int x(int piece) const { return piece % strips * columns; }
    DEVICE int y(int piece) const { return piece / strips; }
};

DEVICE void load_tiles(const TensorMapParameter *input, const unsigned char *weights, const UpMemory &memory,
                       const UpShare &share) {
    constexpr int bytes = up_weight_bytes(IN_PLANES);
    wait_for_previous();
    let_next_start();
    barrier_expect(memory.weights_there, bytes);
    load_bytes(memory.weights, weights + share.channel / 64 * bytes, bytes, memory.weights_there);
    int number = 0;
#pragma unroll 1
    for (int piece = share.begin; piece < share.end; piece += share.step, number++) {
        const u32 full = memory.tile_full + 8 * (number % up_tiles);
        barrier_wait(memory.tile_empty + 8 * (number % up_tiles), number / up_tiles & 1 ^ 1);
        barrier_expect(full, IN_PLANES * plane_bytes);
#pragma unroll
        for (int plane = 0; plane < IN_PLANES; plane++)
            load_box(memory.tile(number) + plane * plane_bytes, input, full, plane * 64, share.x(piece),
                     share.y(piece));
    }
}

// Rows of results get their operands; without one they are only free.
DEVICE void load_operands(const TensorMapParameter *operand, const UpMemory &memory, const UpShare &share) {
    wait_for_previous();
    int number = 0;
#pragma unroll 1
    for (int piece = share.begin; piece < share.end; piece += share.step)
#pragma unroll 1
        for (int lower = 0; lower < 2; lower++, number++) {
            const u32 full = memory.row_full + 8 * (number % rows_on_way);
            barrier_wait(memory.row_empty + 8 * (number % rows_on_way), number / rows_on_way & 1 ^ 1);
            if (EPILOGUE_TENSORS == 0) {
                barrier_arrive(full);
                continue;
            }
            barrier_expect(full, row_bytes);
            load_box(memory.row(number), operand, full, share.channel, 2 * share.x(piece), 2 * share.y(piece) + lower);
        }
}

// A warp's 16 channels of the pixels of one phase, in place.
DEVICE void finish_phase(u32 row, const EpilogueChannel (&of)[2], const float (&sums)[columns / 2], int phase) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x % 128 / 32;
    const int at = 2 * (lane % 8) + phase, chunk = warp * 2 + lane / 8 % 2;
    constexpr int step = 16 * up_pixel; // 8 pixels of a phase
    // Of two matrices, and of four. Lanes whose address an instruction does not take give one of shared memory as well.
    const u32 place = row + at * up_pixel + swizzled_chunk(at, chunk, up_pixel) * 16;
    const u32 places = place + lane / 16 * step;
    const auto packed = [&](int group, u32 (&pairs)[2]) {
        u32 operand[2] = {};
        if (EPILOGUE_TENSORS > 0)
            load_transposed(operand, place + group * step);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const float t[2] = {low_value(operand[half]), high_value(operand[half])};
            const float *sum = &sums[4 * group + 2 * half];
            pairs[half] = pack2(epilogue(of[half], sum[0], &t[0]), epilogue(of[half], sum[1], &t[1]));
        }
    };
#pragma unroll
    for (int j = 0; j + 1 < groups; j += 2) {
        u32 a[2], b[2];
        packed(j, a);
        packed(j + 1, b);
        store_transposed(places + j * step, a[0], a[1], b[0], b[1]);
    }
    if constexpr (groups % 2 == 1) {
        u32 last[2];
        packed(groups - 1, last);
        store_transposed(place + (groups - 1) * step, last[0], last[1]);
    }
}

// Upper or lower rows of results.
DEVICE void compute_rows(const TensorMapParameter *output, const EpilogueArgs &args, const UpMemory &memory,
                         const UpShare &share, int lower) {
    const int thread = threadIdx.x % 128, channel = share.channel + thread / 32 * 16 + thread % 32 / 4;
    const int own_threads = 1 + lower;
    wait_for_previous();
    const EpilogueChannel of[2] = {epilogue_channel(args, channel), epilogue_channel(args, channel + 8)};
    barrier_wait(memory.weights_there, 0);
    const u64 filters = descriptor(memory.weights + lower * 2 * IN_PLANES * up_filter_bytes, up_pixel, 8 * up_pixel);
    const u64 pixels = descriptor(0, up_pixel, 8 * up_pixel);
    int number = 0;
#pragma unroll 1
    for (int piece = share.begin; piece < share.end; piece += share.step, number++) {
        barrier_wait(memory.tile_full + 8 * (number % up_tiles), number / up_tiles & 1);
        const u64 tile = pixels + (memory.tile(number) >> 4);
        float left[columns / 2], right[columns / 2];
        products_begin();
#pragma unroll
        for (int i = 0; i < 4 * IN_PLANES; i++) {
            const int k = i / 4 * up_filter_bytes + i % 4 * 32;
            const u64 from = moved(tile, i / 4 * plane_bytes + i % 4 * 32);
            Product<columns>::run(left, moved(filters, k), from, i > 0);
            Product<columns>::run(right, moved(filters, IN_PLANES * up_filter_bytes + k), from, i > 0);
        }
        products_commit();
        products_wait<0>();
        const int row_number = 2 * number + lower;
        const u32 row = memory.row(row_number);
        barrier_wait(memory.row_full + 8 * (row_number % rows_on_way), row_number / rows_on_way & 1);
        finish_phase(row, of, left, 0);
        finish_phase(row, of, right, 1);
        fence_async();
        named_sync(own_threads, 128);
        if (thread == 0) {
            barrier_arrive(memory.tile_empty + 8 * (number % up_tiles));
            store_box(output, row, share.channel, 2 * share.x(piece), 2 * share.y(piece) + lower);
            stores_commit();
            stores_read<0>();
            barrier_arrive(memory.row_empty + 8 * (row_number % rows_on_way));
        }
    }
    if (thread == 0)
        stores_done();
}

extern "C" __global__ void __launch_bounds__(384, 1)
    kernel(const __grid_constant__ TensorMapParameter input, const __grid_constant__ TensorMapParameter operand,
           const __grid_constant__ TensorMapParameter output, const unsigned char *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const UpMemory memory(in_shared(shared));
    const UpShare share(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < up_tiles; i++) {
            barrier_init(memory.tile_full + 8 * i, 1);
            barrier_init(memory.tile_empty + 8 * i, 2);
        }
        for (int i = 0; i < 2 * rows_on_way + 1; i++) // of rows, and of the weights
            barrier_init(memory.row_full + 8 * i, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int group = __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (group == 0) {
        registers_down<24>();
        if (threadIdx.x == 0)
            load_tiles(&input, weights, memory, share);
        else if (threadIdx.x == 32)
            load_operands(&operand, memory, share);
    } else {
        registers_up<240>();
        compute_rows(&output, args, memory, share, group - 1);
    }
}
