// What mma.cuh and mma_stream.cuh have in common: the halo of a tile of pixels on its way to shared memory,
// the places of a warp's pixels in it, and the way of its sums to the result. In front stand TILE_W, TILE_H,
// CHUNK, BLOCKS, HALO_W, HALO_H, STEP_Y, STEP_X, SCALE (phases a side: output pixel = SCALE * pixel of the
// phase + phase), SPREAD (phases a side that are channels: filter (channel * SPREAD + phase y) * SPREAD +
// phase x), PIXEL_BLOCKS (of 16 pixels a warp; whole rows of the tile), BRAIN, PRODUCT, OUTPUT_FLOATS
// (vectors of 4 floats may be stored), TENSOR_VECTORS, WHOLE_EIGHTS (of channels).
#pragma once
#include "args.cuh"
#include "async_copy.cuh"
#include "mma_args.cuh"
#include "mma_products.cuh"

enum {
    warps = TILE_W * TILE_H / (16 * PIXEL_BLOCKS),
    halo_bytes = HALO_W * HALO_H * pixel_bytes,
    of_group = mma_group(BLOCKS),
    groups = BLOCKS / of_group,
    neighbours = 2 * of_group, // channels of a thread's in each group
};

// Pieces of a halo by the threads of a block: whole rows, and the rest of the threads are idle, or all of
// them one behind the other, whatever takes fewer turns.
enum {
    pieces_of_row = HALO_W * pieces,
    fits_row = pieces_of_row <= warps * 32,
    rows_at_once = fits_row ? warps * 32 / pieces_of_row : 1,
    turns_of_rows = (HALO_H + rows_at_once - 1) / rows_at_once,
    pixels_at_once = warps * 32 / pieces,
    turns_of_pixels = (HALO_W * HALO_H + pixels_at_once - 1) / pixels_at_once,
};

// A thread copies one piece of a pixel of every so many rows.
DEVICE void load_halo_by_rows(const MmaArgs &args, SharedAddress to, int y0, int x0, int chunk) {
    const int row = threadIdx.x / pieces_of_row, rest = threadIdx.x % pieces_of_row;
    const int column = rest / pieces, piece = rest % pieces;
    const int lane = chunk * CHUNK + piece * (16 / element_bytes), y = y0 + row, x = x0 + column;
    const char *from =
        (const char *)args.input + (y * args.stride_y + x * args.stride_x + lane) * element_bytes;
    const i64 on = rows_at_once * args.stride_y * element_bytes;
    const SharedAddress place = to + (row * HALO_W + column) * pixel_bytes + piece_place(column, piece);
    const u32 height = lane < args.lanes && (u32)x < (u32)args.width ? args.height : 0;
    if (row < rows_at_once)
#pragma unroll
        for (int begin = 0; begin < HALO_H; begin += rows_at_once, from += on)
            if (begin + rows_at_once <= HALO_H || row < HALO_H - begin)
                copy_async(place + begin * (HALO_W * pixel_bytes), from, (u32)(y + begin) < height ? 16 : 0);
}

// A thread copies one piece of every so many pixels: the place in memory, and whether it is in the picture,
// follow from the pixel before.
DEVICE void load_halo_by_pixels(const MmaArgs &args, SharedAddress to, int y0, int x0, int chunk) {
    enum {
        rows = pixels_at_once / HALO_W,
        columns = pixels_at_once % HALO_W,
    };
    const int pixel = threadIdx.x / pieces, piece = threadIdx.x % pieces;
    const int lane = chunk * CHUNK + piece * (16 / element_bytes);
    int y = y0 + pixel / HALO_W, column = pixel % HALO_W;
    const char *from =
        (const char *)args.input + (y * args.stride_y + (x0 + column) * args.stride_x + lane) * element_bytes;
    const i64 on = (rows * args.stride_y + columns * args.stride_x) * element_bytes;
    const i64 to_next_row = (args.stride_y - HALO_W * args.stride_x) * element_bytes;
    const SharedAddress place = to + pixel * pixel_bytes;
    const u32 height = lane < args.lanes ? args.height : 0;
#pragma unroll
    for (int pass = 0; pass < turns_of_pixels; ++pass) {
        if ((pass + 1) * pixels_at_once <= HALO_W * HALO_H || pixel < HALO_W * HALO_H - pass * pixels_at_once)
            copy_async(place + pass * pixels_at_once * pixel_bytes + piece_place(column, piece), from,
                       (u32)y < height && (u32)(x0 + column) < (u32)args.width ? 16 : 0);
        y += rows;
        column += columns;
        from += on;
        if (column >= HALO_W) {
            column -= HALO_W;
            ++y;
            from += to_next_row;
        }
    }
}

DEVICE void load_halo(const MmaArgs &args, SharedAddress to, int y0, int x0, int chunk) {
    if (fits_row && turns_of_rows <= turns_of_pixels + 1)
        load_halo_by_rows(args, to, y0, x0, chunk);
    else
        load_halo_by_pixels(args, to, y0, x0, chunk);
}

// Where this lane's pixel of the warp's first block begins in the halo.
DEVICE LanePixel place_of_lane() {
    const int lane = threadIdx.x & 31, block = (threadIdx.x >> 5) * PIXEL_BLOCKS, across = TILE_W / 16;
    LanePixel own;
    own.column = (block % across * 16 + pixel_of_lane(lane)) * STEP_X;
    own.pixel = block / across * STEP_Y * HALO_W + own.column;
    return own;
}

DEVICE Tap tap_of(const MmaArgs &args, int index) {
    Tap tap;
    tap.shift = args.shift[index];
    tap.column = args.column[index];
    return tap;
}

// Where this lane's pixel of a tap begins, of the warp's first block.
DEVICE SharedAddress place_of_tap(const MmaArgs &args, const LanePixel &own, SharedAddress halo, int index) {
    const Tap tap = tap_of(args, index);
    return halo + (own.pixel + tap.shift) * pixel_bytes +
           piece_place(own.column + tap.column, threadIdx.x >> 4 & 1);
}

DEVICE void clear(float (&sum)[PIXEL_BLOCKS][BLOCKS][4]) {
#pragma unroll
    for (int m = 0; m < PIXEL_BLOCKS; ++m)
#pragma unroll
        for (int n = 0; n < BLOCKS; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                sum[m][n][e] = 0;
}

struct Neighbours {
    float v[neighbours];
};

// Whether results leave as vectors of neighbouring channels and tensors come so.
#define STORES_VECTORS                                                                                       \
    (WHOLE_EIGHTS && SPREAD == 1 && (OUTPUT_LAST || OUTPUT_FLOATS) &&                                        \
     (EPILOGUE_TENSORS == 0 || TENSOR_VECTORS))

#if STORES_VECTORS

// What a pixel's neighbours have added to them: 16-bit elements of each tensor.
struct Operands {
    u32 word[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1][of_group];

    DEVICE void load(const EpilogueArgs &epi, int y, int x, int first) {
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
            const EpilogueTensor &tensor = epi.tensor[i];
            read_words(word[i], (const unsigned short *)tensor.data + y * tensor.stride_y +
                                    x * tensor.stride_x + first);
        }
    }
};

// What is stored of `sums`, before it is rounded.
DEVICE Neighbours result_of(const EpilogueChannel *channels, const Operands &operands, Neighbours sums) {
#pragma unroll
    for (int k = 0; k < neighbours; ++k) {
        float tensors[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
            packed_t stored;
            stored.bits = (unsigned short)(operands.word[i][k / 2] >> (k % 2 * 16));
            tensors[i] = get(stored);
        }
        sums.v[k] = epilogue(channels[k], sums.v[k], tensors);
    }
    return sums;
}

DEVICE void store_vector(output_t *to, const Neighbours &result) {
#if OUTPUT_LAST
    u32 words[of_group];
#pragma unroll
    for (int i = 0; i < of_group; ++i)
        words[i] = pack2(result.v[2 * i], result.v[2 * i + 1]);
    store_words(to, words);
#else
#pragma unroll
    for (int k = 0; k < neighbours; k += 4) {
        const u32 words[4] = {bits_of_float(result.v[k]), bits_of_float(result.v[k + 1]),
                              bits_of_float(result.v[k + 2]), bits_of_float(result.v[k + 3])};
        store_words(to + k, words);
    }
#endif
}

// `y`, `x`: of the first of the warp's pixels that are this lane's.
DEVICE void store_group(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int group,
                        int first, int y, int x, int phase, float (&totals)[neighbours]) {
    enum {
        across = TILE_W / 16,
        // Pixels whose operands are on their way at once.
        batch = EPILOGUE_TENSORS > 1 ? 2
                : BLOCKS == 4        ? PIXEL_BLOCKS
                                     : 2 * PIXEL_BLOCKS,
    };
    EpilogueChannel channels[neighbours];
#pragma unroll
    for (int k = 0; k < neighbours; ++k)
        channels[k] = epilogue_channel(epi, first + k);
    const int out_y = y * SCALE + phase / SCALE, out_x = x * SCALE + phase % SCALE;
    output_t *line = epi.output.data + out_y * epi.output.stride_y + out_x * epi.output.stride_x + first;
    const i64 next_line = SCALE * epi.output.stride_y, next_pixel = 8 * SCALE * epi.output.stride_x;
#pragma unroll
    for (int begin = 0; begin < 2 * PIXEL_BLOCKS; begin += batch) {
        Operands operands[batch];
#pragma unroll
        for (int i = begin; EPILOGUE_TENSORS > 0 && i < begin + batch; ++i) {
            const int down = i / 2 / across * SCALE, right = (i / 2 % across * 16 + i % 2 * 8) * SCALE;
            if (out_y + down < epi.height && out_x + right < epi.width)
                operands[i - begin].load(epi, out_y + down, out_x + right, first);
        }
#pragma unroll
        for (int i = begin; i < begin + batch; ++i) {
            const int down = i / 2 / across * SCALE, step = i % (2 * across);
            const bool inside = out_y + down < epi.height && out_x + step * 8 * SCALE < epi.width;
            Neighbours own;
#pragma unroll
            for (int k = 0; k < neighbours; ++k)
                own.v[k] = sum[i / 2][of_group * group + k / 2][i % 2 * 2 + k % 2];
            own = result_of(channels, operands[i - begin], own);
            if (inside)
                store_vector(line + step * next_pixel, own);
            if (step + 1 == 2 * across)
                line += next_line;
#pragma unroll
            for (int k = 0; EPILOGUE_SUMS && k < neighbours; ++k)
                totals[k] += inside ? own.v[k] : 0.0f;
        }
    }
}

#else

// The sums of a group, each half of 16 pixels to the place of the one before it.
DEVICE void move_up(float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int block) {
#pragma unroll
    for (int n = 0; n < of_group; ++n)
#pragma unroll
        for (int i = 0; i + 1 < 2 * PIXEL_BLOCKS; ++i)
#pragma unroll
            for (int e = 0; e < 2; ++e)
                sum[i / 2][block + n][i % 2 * 2 + e] = sum[(i + 1) / 2][block + n][(i + 1) % 2 * 2 + e];
}

// Element by element, the padding behind the last channel too. That is much code a pixel: one pixel after the
// other by the same code, to which the sums move.
DEVICE void store_group(const EpilogueArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int group, int first,
                        int y, int x, int phase, float (&totals)[neighbours]) {
    enum { across = TILE_W / 16, phases = SPREAD * SPREAD };
    EpilogueChannel channels[neighbours];
#pragma unroll
    for (int k = 0; k < neighbours; ++k)
        channels[k] = epilogue_channel(epi, (first + k) / phases);
#pragma unroll 1
    for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
        const int row = (y + i / 2 / across) * SCALE + phase / SCALE,
                  column = (x + i / 2 % across * 16 + i % 2 * 8) * SCALE + phase % SCALE;
#pragma unroll
        for (int k = 0; k < neighbours; ++k) {
            const int channel = (first + k) / phases, part = (first + k) % phases;
            const int out_y = row * SPREAD + part / SPREAD, out_x = column * SPREAD + part % SPREAD;
            if (out_y >= epi.height || out_x >= epi.width)
                continue;
            if (channel < epi.channels) {
                float tensors[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
#pragma unroll
                for (int t = 0; t < EPILOGUE_TENSORS; ++t)
                    tensors[t] = epilogue_tensor(epi, t, out_y, out_x, channel);
                const float result = epilogue(channels[k], sum[0][of_group * group + k / 2][k % 2], tensors);
                store_output(epi, out_y, out_x, channel, result);
                if (EPILOGUE_SUMS)
                    totals[k] += result;
            }
            // Filters of the padding there are where the last group is not full, and none where phases are
            // channels.
            if (SPREAD > 1 && channel == epi.channels - 1)
                for (int behind = 0; behind < epi.pad_lanes; ++behind)
                    store_padding(epi, out_y, out_x, behind);
            else if (SPREAD == 1 && channel >= epi.channels && channel < epi.channels + epi.pad_lanes)
                store_padding(epi, out_y, out_x, channel - epi.channels);
        }
        move_up(sum, of_group * group);
    }
}

#endif

// A warp's sums to the result; `totals` of what was stored where EPILOGUE_SUMS asks for them. The sums are
// gone then.
DEVICE void store_tile(const EpilogueArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tile_y, int tile_x,
                       int phase, int channels_of, float (&totals)[groups][neighbours]) {
    enum { across = TILE_W / 16, written = STORES_VECTORS };
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int y = tile_y + warp * PIXEL_BLOCKS / across,
              x = tile_x + warp * PIXEL_BLOCKS % across * 16 + (lane >> 2);
#pragma unroll
    for (int group = 0; group < groups; ++group) {
        const int first = channels_of * BLOCKS * 8 + mma_channel(BLOCKS, of_group * group, lane & 3, 0);
        if (first < (epi.channels + (written ? 0 : epi.pad_lanes)) * SPREAD * SPREAD)
            store_group(epi, sum, group, first, y, x, phase, totals[group]);
    }
}

// The sums over a block's pixels, from those of each thread's (EPILOGUE_SUMS). `room`: floats in shared
// memory, BLOCKS * 8 a warp, which nobody reads any more.
DEVICE void store_sums(const EpilogueArgs &epi, float *room, const float (&totals)[groups][neighbours],
                       int row, int group) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    wait_for_block();
#pragma unroll
    for (int part = 0; part < groups; ++part)
#pragma unroll
        for (int k = 0; k < neighbours; ++k) {
            float sum = totals[part][k];
#pragma unroll
            for (int distance = 4; distance < 32; distance *= 2)
                sum += exchanged(sum, distance);
            if (lane < 4)
                room[warp * BLOCKS * 8 + mma_channel(BLOCKS, of_group * part, lane, 0) + k] = sum;
        }
    wait_for_block();
    for (int own = threadIdx.x; own < BLOCKS * 8; own += warps * 32) {
        const int channel = group * BLOCKS * 8 + own;
        float sum = 0;
        for (int i = 0; i < warps; ++i)
            sum += room[i * BLOCKS * 8 + own];
        if (channel < epi.channels)
            store_sum(epi, row, channel, sum);
    }
}
