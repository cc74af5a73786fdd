// Transposed convolution of 4x4 taps and stride 2 to a few pixels' channels, which a shuffle by 2 lays beside
// each other: at the end of an interpolator's block. Pixels are the rows of a product, the filters of a phase
// its columns, since 64 rows of filters would be mostly empty.
//
// A warpgroup has a square of 8 x 8 pixels at a time. Each of nine windows of it and its border is multiplied
// once with the filters of all phases that read it, instead of once for each:
//
//      phases that read the window of a pixel's neighbour        0: results (2y, 2x)      1: (2y, 2x + 1)
//           0    0 1    1                                        2: (2y + 1, 2x)          3: (2y + 1, 2x + 1)
//          0 2  0 1 2 3  1 3
//           2    2 3    3
//
// Filters stay in shared memory; two blocks on a multiprocessor, where they have room, and two warpgroups in
// each wait for nobody, so that one stores while another multiplies.
#pragma once

#include "phases_shape.cuh"
#include "ptx.cuh"
#include "ring.cuh"
#include "wgmma.cuh"

constexpr PhasesShape shape{IN_CHANNELS, PIXEL_CHANNELS};
constexpr int pixel = pixel_bytes(shape), slots = square_slots(shape), planes = phases_planes(shape);
constexpr int columns = phase_columns(shape), sums_of_phase = columns / 2;
static_assert(slots >= 2, "each warpgroup has a slot");

struct PhasesMemory { // addresses in shared memory
    u32 filters, squares, full, empty, filters_there;

    DEVICE explicit PhasesMemory(u32 base)
        : filters(base), squares(base + rounded_up(all_filters_bytes(shape), 1024)),
          full(base + barriers_begin(shape)), empty(full + 8 * slots), filters_there(empty + 8 * slots) {}
};

struct PhasesSquares {
    int high, count;

    DEVICE explicit PhasesSquares(const EpilogueArgs &args) {
        high = (args.height / 2 + phases_side - 1) / phases_side;
        count = (args.width / 2 + phases_side - 1) / phases_side * high;
    }
    DEVICE int y(int square) const { return square % high * phases_side; }
    DEVICE int x(int square) const { return square / high * phases_side; }
};

DEVICE void load_squares(const TensorMapParameter *map, const unsigned char *weights,
                         const PhasesMemory &memory, const PhasesSquares &squares) {
    barrier_expect(memory.filters_there, all_filters_bytes(shape));
    for (int plane = 0; plane < planes; plane++)
        load_bytes(memory.filters + plane * phases_of_windows * filters_bytes(shape),
                   weights + plane * phases_of_windows * filters_bytes(shape),
                   phases_of_windows * filters_bytes(shape), memory.filters_there);
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
#pragma unroll 1
    for (int square = 2 * blockIdx.x; square < squares.count; square += 2 * gridDim.x)
#pragma unroll 1
        for (int group = 0; group < 2 && square + group < squares.count; group++) {
            barrier_wait(memory.empty + 8 * ring.slot, ring.parity);
            barrier_expect(memory.full + 8 * ring.slot, planes * square_bytes(shape));
            for (int plane = 0; plane < planes; plane++)
                load_box(memory.squares + ring.slot * square_slot_bytes(shape) +
                             plane * (square_slot_bytes(shape) / planes),
                         map, memory.full + 8 * ring.slot, plane * (pixel / 2), squares.x(square + group) - 1,
                         squares.y(square + group) - 1);
            ring.next<slots>();
        }
}

// The products of a window with the filters of its phases. A product's sums are neighbouring registers, so
// phases lie in the order of phase_at.
template <int window>
DEVICE void multiply_window(float (&sums)[4][sums_of_phase], u64 pixels, u64 filters, bool begins) {
    const u64 moved_pixels =
        moved(pixels, ((1 + window_y(window)) * phases_width + 1 + window_x(window)) * pixel);
    const u64 own = moved(filters, phases_before(window) * filters_bytes(shape));
#pragma unroll
    for (int k = 0; k < pixel / 32; k++) {
        const u64 a = moved(moved_pixels, k * 32), b = moved(own, k * 32);
        if constexpr (window == 0)
            PhaseProduct<4>::run(sums[0], sums[1], sums[3], sums[2], a, b, !(begins && k == 0));
        else if constexpr (window == 1) // above
            PhaseProduct<2>::run(sums[0], sums[1], a, b, 1);
        else if constexpr (window == 2) // below
            PhaseProduct<2>::run(sums[3], sums[2], a, b, 1);
        else if constexpr (window == 3) { // to the left: 0 and 2 do not lie beside each other
            PhaseProduct<1>::run(sums[0], a, b, 1);
            PhaseProduct<1>::run(sums[2], a, moved(b, filters_bytes(shape)), 1);
        } else if constexpr (window == 4) // to the right
            PhaseProduct<2>::run(sums[1], sums[3], a, b, 1);
        else
            PhaseProduct<1>::run(sums[window - 5], a, b, 1);
    }
}

DEVICE void store_square(const EpilogueArgs &args, const float (&sums)[4][sums_of_phase], int first_y,
                         int first_x) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x % 128 / 32;
    const int first_row = 2 * (first_y + 2 * warp), first_column = 2 * (first_x + lane / 4);
    output_t *const first = args.output.data + (2 * first_row + lane % 4 / 2) * args.output.stride_y +
                            (2 * first_column + lane % 2) * args.output.stride_x;
    EpilogueChannel channels[PIXEL_CHANNELS];
#pragma unroll
    for (int c = 0; c < PIXEL_CHANNELS; c++)
        channels[c] = epilogue_channel(args, 4 * c + lane % 4);
    const float none[1] = {0};
#pragma unroll
    for (int phase = 0; phase < 4; phase++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int down = 2 * half + phase / 2, across = phase % 2;
            if (first_row + down >= args.height || first_column + across >= args.width)
                continue;
            float result[PIXEL_LANES] = {};
#pragma unroll
            for (int c = 0; c < PIXEL_CHANNELS; c++)
                result[c] = epilogue(channels[c], sums[phase][c / 2 * 4 + 2 * half + c % 2], none);
            output_t *const to = first + 2 * down * args.output.stride_y + 2 * across * args.output.stride_x;
#pragma unroll
            for (int i = 0; i < PIXEL_LANES; i += 8)
                store_chunk(to + i, pack2(result[i], result[i + 1]), pack2(result[i + 2], result[i + 3]),
                            pack2(result[i + 4], result[i + 5]), pack2(result[i + 6], result[i + 7]));
        }
}

DEVICE void multiply_squares(const EpilogueArgs &args, const PhasesMemory &memory,
                             const PhasesSquares &squares, int group) {
    const int lane = threadIdx.x % 32;
    barrier_wait(memory.filters_there, 0);
    int slot = group;
    u32 parity = 0;
#pragma unroll 1
    for (int square = 2 * blockIdx.x + group; square < squares.count; square += 2 * gridDim.x) {
        float sums[4][sums_of_phase];
        barrier_wait(memory.full + 8 * slot, parity);
        products_begin();
#pragma unroll
        for (int plane = 0; plane < planes; plane++) {
            const u64 pixels = descriptor(memory.squares + slot * square_slot_bytes(shape) +
                                              plane * (square_slot_bytes(shape) / planes),
                                          pixel, phases_width * pixel);
            u64 filters = descriptor(memory.filters + plane * phases_of_windows * filters_bytes(shape), pixel,
                                     8 * pixel);
            asm volatile("" : "+l"(filters)); // else all windows' descriptors are kept from square to square
            multiply_window<0>(sums, pixels, filters, plane == 0);
            multiply_window<1>(sums, pixels, filters, false);
            multiply_window<2>(sums, pixels, filters, false);
            multiply_window<3>(sums, pixels, filters, false);
            multiply_window<4>(sums, pixels, filters, false);
            multiply_window<5>(sums, pixels, filters, false);
            multiply_window<6>(sums, pixels, filters, false);
            multiply_window<7>(sums, pixels, filters, false);
            multiply_window<8>(sums, pixels, filters, false);
        }
        products_commit();
        products_wait<0>();
        if (lane == 0)
            barrier_arrive(memory.empty + 8 * slot);
        store_square(args, sums, squares.y(square), squares.x(square));
        slot += 2;
        if (slot >= slots) {
            slot = group;
            parity ^= 1;
        }
    }
}

extern "C" __global__ void __launch_bounds__(phases_threads, phases_blocks(shape))
    kernel(const __grid_constant__ TensorMapParameter input, const unsigned char *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const PhasesMemory memory(in_shared(shared));
    const PhasesSquares squares(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < slots; i++) {
            barrier_init(memory.full + 8 * i, 1);
            barrier_init(memory.empty + 8 * i, 4);
        }
        barrier_init(memory.filters_there, 1);
        barrier_init_done();
    }
    __syncthreads();
    const int warpgroup =
        __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (warpgroup == 2) {
        if (threadIdx.x % 128 == 0)
            load_squares(&input, weights, memory, squares);
    } else {
        wait_for_previous();
        multiply_squares(args, memory, squares, warpgroup);
    }
}
