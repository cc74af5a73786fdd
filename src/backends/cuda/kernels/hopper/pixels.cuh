// Convolution of stride 1 to a number of channels that whole blocks of 64 would waste much on: here pixels
// are the rows of a product and filters its columns, any multiple of 32 of them. Both operands come from
// shared memory.
//
// A work item is four squares of 8 x 8 pixels, two for each of two warpgroups, which lie below each other and
// go on at the top of the next column, so that a picture is shared out evenly. Of every plane of channels
// each square with its halo is fetched once and serves all taps:
//
//      window, 8 + halo pixels wide
//      +----------------+
//      |  ########      |   # the 64 rows of tap (dy, dx): the window's address moved by dy * WIDTH + dx
//      pixels, |  ########      |     groups of 8 rows WIDTH pixels apart |  ...           |
//      +----------------+
//
// Filters stream from L2, a row of taps a stage, and serve all four squares.
#pragma once

#include "pixels_shape.cuh"
#include "ptx.cuh"
#include "ring.cuh"
#include "wgmma.cuh"

constexpr PixelsShape shape{IN_PLANES, FILTERS, TAPS_Y, TAPS_X};
constexpr int slots = stage_slots(shape), warpgroups = 2, own = squares_of_item / warpgroups;
constexpr int operands = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1;
static_assert(slots >= 2, "the ring of filters holds the stage in use and the next");

// The epilogue's numbers of all channels: from global memory each part of a square would wait for them.
__shared__ __align__(16) float channel_numbers[EPILOGUE_CHANNELS > 0 ? EPILOGUE_CHANNELS : 1][FILTERS];

// By the warps that load nothing else.
DEVICE void fetch_channel_numbers(const EpilogueArgs &args) {
    wait_for_previous();
    for (int channel = threadIdx.x - 64; channel < min(FILTERS, args.channels + args.pad_lanes);
         channel += 64) {
        const EpilogueChannel of = epilogue_channel(args, channel);
#pragma unroll
        for (int i = 0; i < EPILOGUE_CHANNELS; i++)
            channel_numbers[i][channel] = of.v[i];
    }
    named_arrive(1, 64 + 128 * warpgroups);
}

struct PixelsMemory { // addresses in shared memory
    u32 windows, stages, window_full, window_empty, stage_full, stage_empty;

    DEVICE explicit PixelsMemory(u32 base)
        : windows(base), stages(base + plane_slots * squares_of_item * window_slot_bytes(shape)),
          window_full(base + barriers_begin(shape)), window_empty(window_full + 8 * plane_slots),
          stage_full(window_empty + 8 * plane_slots), stage_empty(stage_full + 8 * slots) {}
    DEVICE u32 window(int slot, int square) const {
        return windows + (slot * squares_of_item + square) * window_slot_bytes(shape);
    }
};

struct Squares {
    int high, items;

    DEVICE explicit Squares(const EpilogueArgs &args) {
        high = (args.height + square_side - 1) / square_side;
        items = ((args.width + square_side - 1) / square_side * high + squares_of_item - 1) / squares_of_item;
    }
    DEVICE int y(int square) const { return square % high * square_side; }
    DEVICE int x(int square) const { return square / high * square_side; }
};

DEVICE void load_windows(const TensorMapParameter *map, const PixelsMemory &memory, const Squares &squares) {
    wait_for_previous();
    let_next_start();
    Ring ring{0, 1};
#pragma unroll 1
    for (int item = blockIdx.x; item < squares.items; item += gridDim.x)
#pragma unroll 1
        for (int plane = 0; plane < IN_PLANES; plane++) {
            const u32 full = memory.window_full + 8 * ring.slot;
            barrier_wait(memory.window_empty + 8 * ring.slot, ring.parity);
            barrier_expect(full, squares_of_item * window_bytes(shape));
#pragma unroll
            for (int i = 0; i < squares_of_item; i++) {
                const int square = item * squares_of_item + i;
                load_box(memory.window(ring.slot, i), map, full, plane * square_lanes,
                         squares.x(square) - PAD_LEFT, squares.y(square) - PAD_TOP);
            }
            ring.next<plane_slots>();
        }
}

DEVICE void load_stages(const unsigned char *weights, const PixelsMemory &memory, const Squares &squares) {
    Ring ring{0, 1};
#pragma unroll 1
    for (int item = blockIdx.x; item < squares.items; item += gridDim.x)
#pragma unroll 1
        for (int i = 0; i < IN_PLANES * TAPS_Y; i++) {
            barrier_wait(memory.stage_empty + 8 * ring.slot, ring.parity);
            barrier_expect(memory.stage_full + 8 * ring.slot, stage_bytes(shape));
            load_bytes(memory.stages + ring.slot * stage_bytes(shape), weights + i * stage_bytes(shape),
                       stage_bytes(shape), memory.stage_full + 8 * ring.slot);
            ring.next<slots>();
        }
}

// One warpgroup. A thread's sums of a square: of the pixels (2 * warp, lane / 4) and the one below, 8
// neighbouring channels of each 32 from 8 * (lane % 4) on.
struct PixelsMultiplier {
    const EpilogueArgs &args;
    const PixelsMemory &memory;
    int group, warp, lane;
    Ring window, stage;
    int previous_stage, previous_window; // still read by products on their way; -1: none

    DEVICE void release(u32 barriers, int &previous) {
        if (lane == 0 && previous >= 0)
            barrier_arrive(barriers + 8 * previous);
        previous = -1;
    }

    DEVICE void plane(float (&sums)[own][FILTERS / 2], bool first_plane) {
        barrier_wait(memory.window_full + 8 * window.slot, window.parity);
        u64 pixels[own];
#pragma unroll
        for (int i = 0; i < own; i++)
            pixels[i] = descriptor(memory.window(window.slot, group * own + i), square_pixel_bytes,
                                   window_width(shape) * square_pixel_bytes);
#pragma unroll 1
        for (int dy = 0; dy < TAPS_Y; dy++) {
            barrier_wait(memory.stage_full + 8 * stage.slot, stage.parity);
            const u64 filters = descriptor(memory.stages + stage.slot * stage_bytes(shape),
                                           square_pixel_bytes, 8 * square_pixel_bytes);
            products_begin();
#pragma unroll
            for (int dx = 0; dx < TAPS_X; dx++)
#pragma unroll
                for (int k = 0; k < square_lanes / 16; k++)
#pragma unroll
                    for (int i = 0; i < own; i++)
                        Product<FILTERS>::run(
                            sums[i],
                            moved(pixels[i], (dy * window_width(shape) + dx) * square_pixel_bytes + k * 32),
                            moved(filters, dx * tap_bytes(shape) + k * 32),
                            !(first_plane && dy == 0 && dx == 0 && k == 0));
            products_commit();
            products_wait<1>();
            release(memory.stage_empty, previous_stage);
            release(memory.window_empty, previous_window);
            previous_stage = stage.slot;
            stage.next<slots>();
        }
        previous_window = window.slot;
        window.next<plane_slots>();
    }

    // The epilogue's operands of a square, fetched while the last products run.
    struct Operands {
        uint4 early[FILTERS / 32][2][operands];
    };
    DEVICE void fetch(Operands &operand, int y, int x) {
        x += lane / 4;
        y += 2 * warp;
#pragma unroll
        for (int part = 0; part < FILTERS / 32; part++)
#pragma unroll
            for (int half = 0; half < 2; half++)
#pragma unroll
                for (int i = 0; i < EPILOGUE_TENSORS; i++) {
                    const int first = 32 * part + 8 * (lane % 4);
                    operand.early[part][half][i] = make_uint4(0, 0, 0, 0);
                    if (x < args.width && y + half < args.height &&
                        first + 8 <= args.channels + args.pad_lanes)
                        operand.early[part][half][i] = load_early(reinterpret_cast<const uint4 *>(
                            static_cast<const storage_t *>(args.tensor[i].data) + first +
                            x * args.tensor[i].stride_x + (y + half) * args.tensor[i].stride_y));
                }
    }

    DEVICE void store(const float (&sums)[FILTERS / 2], const Operands &operand, int y, int x) {
        x += lane / 4;
        y += 2 * warp;
#pragma unroll
        for (int part = 0; part < FILTERS / 32; part++) {
            const int first = 32 * part + 8 * (lane % 4);
            if (x >= args.width || first + 8 > args.channels + args.pad_lanes)
                continue;
            const auto &early = operand.early[part];
            float result[2][8];
#pragma unroll
            for (int k = 0; k < 8; k++) {
                EpilogueChannel channel;
#pragma unroll
                for (int i = 0; i < EPILOGUE_CHANNELS; i++)
                    channel.v[i] = channel_numbers[i][first + k];
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    float t[operands] = {};
#pragma unroll
                    for (int i = 0; i < EPILOGUE_TENSORS; i++) {
                        const u32 pair = k < 2   ? early[half][i].x
                                         : k < 4 ? early[half][i].y
                                         : k < 6 ? early[half][i].z
                                                 : early[half][i].w;
                        t[i] = k % 2 == 0 ? low_value(pair) : high_value(pair);
                    }
                    const float sum = sums[16 * part + 4 * (k / 2) + 2 * half + k % 2];
                    result[half][k] =
                        OUT_CHANNELS % 8 == 0 || first + k < args.channels ? epilogue(channel, sum, t) : 0.0f;
                }
            }
#pragma unroll
            for (int half = 0; half < 2; half++)
                if (y + half < args.height)
                    *reinterpret_cast<uint4 *>(args.output.data + first + x * args.output.stride_x +
                                               (y + half) * args.output.stride_y) =
                        make_uint4(
                            pack2(result[half][0], result[half][1]), pack2(result[half][2], result[half][3]),
                            pack2(result[half][4], result[half][5]), pack2(result[half][6], result[half][7]));
        }
    }

    DEVICE void item(const Squares &squares, int item, bool has_numbers) {
        float sums[own][FILTERS / 2];
        previous_stage = previous_window = -1;
        Operands operand[own];
        const auto square = [&](int i) { return item * squares_of_item + group * own + i; };
#pragma unroll 1
        for (int i = 0; i < IN_PLANES; i++) {
            if (i == IN_PLANES - 1)
#pragma unroll
                for (int k = 0; k < own; k++)
                    fetch(operand[k], squares.y(square(k)), squares.x(square(k)));
            plane(sums, i == 0);
        }
        if (!has_numbers)
            named_sync(1, 64 + 128 * warpgroups);
        products_wait<0>();
        release(memory.stage_empty, previous_stage);
        release(memory.window_empty, previous_window);
#pragma unroll
        for (int i = 0; i < own; i++)
            store(sums[i], operand[i], squares.y(square(i)), squares.x(square(i)));
    }
};

extern "C" __global__ void __launch_bounds__(128 * (warpgroups + 1), 1)
    kernel(const __grid_constant__ TensorMapParameter input, const unsigned char *weights,
           const __grid_constant__ EpilogueArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const PixelsMemory memory(in_shared(shared));
    const Squares squares(args);
    if (threadIdx.x == 0) {
        for (int i = 0; i < plane_slots; i++) {
            barrier_init(memory.window_full + 8 * i, 1);
            barrier_init(memory.window_empty + 8 * i, 4 * warpgroups);
        }
        for (int i = 0; i < slots; i++) {
            barrier_init(memory.stage_full + 8 * i, 1);
            barrier_init(memory.stage_empty + 8 * i, 4 * warpgroups);
        }
        barrier_init_done();
    }
    __syncthreads();
    const int warpgroup =
        __shfl_sync(~0u, threadIdx.x / 128, 0); // the same in a whole warp, and the compiler knows
    if (warpgroup == 0) {
        registers_down<40>();
        if (threadIdx.x == 0)
            load_windows(&input, memory, squares);
        else if (threadIdx.x == 32)
            load_stages(weights, memory, squares);
        else if (threadIdx.x >= 64)
            fetch_channel_numbers(args);
    } else {
        registers_up<232>();
        wait_for_previous();
        PixelsMultiplier multiplier{args,
                                    memory,
                                    warpgroup - 1,
                                    static_cast<int>(threadIdx.x) % 128 / 32,
                                    static_cast<int>(threadIdx.x) % 32,
                                    Ring{},
                                    Ring{},
                                    -1,
                                    -1};
        bool waited = false;
#pragma unroll 1
        for (int item = blockIdx.x; item < squares.items; item += gridDim.x) {
            multiplier.item(squares, item, waited);
            waited = true;
        }
    }
}
