// The way of a warp's sums to the result. In front stand, next to what mma_tile.cuh needs: OUT_CHANNELS
// (where there are at most 4; else 0), ROWS_OF_PLANES (so many 16-bit elements of a row of the result's
// planes may be stored at once; else 0), TENSORS_ENLARGED (all tensors are read where a sum lies before the
// shuffle), ONE_VECTOR (a pixel of the result is one vector of 16 bytes), SHUFFLED_VECTOR (so is one that a
// shuffle makes).
#pragma once
#include "mma_tile.cuh"

// Whether they are multiplied before they leave (mma_tail.cuh, mma_shrink.cuh).
#if TAIL_CHANNELS > 0 || SHRINKS
#define MULTIPLIES_ON 1
#else
#define MULTIPLIES_ON 0
#endif

struct Neighbours {
    float v[neighbours];
};

// Half `i` of the warp's blocks of 16 pixels: what a thread has summed up of a group's filters.
DEVICE Neighbours sums_of(const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int group, int i) {
    Neighbours own;
#pragma unroll
    for (int k = 0; k < neighbours; ++k)
        own.v[k] = sum[i / 2][of_group * group + k / 2][i % 2 * 2 + k % 2];
    return own;
}

// And the factors of their channels, of which so many filters are one.
struct Factors {
    EpilogueChannel of[neighbours];

    DEVICE Factors(const EpilogueArgs &epi, int first, int filters = 1) {
#pragma unroll
        for (int k = 0; k < neighbours; ++k)
            of[k] = epilogue_channel(epi, (first + k) / filters);
    }
};

// Whether results leave as vectors of neighbouring channels and tensors come so.
#define STORES_VECTORS                                                                                       \
    (WHOLE_EIGHTS && SPREAD == 1 && (OUTPUT_LAST || OUTPUT_FLOATS) &&                                        \
     (EPILOGUE_TENSORS == 0 || TENSOR_VECTORS))

// Whether they leave as rows of an enlarged picture's planes.
enum { enlarged = OUTPUT_SHUFFLE * SPREAD };
#define STORES_ROWS                                                                                          \
    (!STORES_VECTORS && SCALE == 1 && EPILOGUE_SUMS == 0 && (OUTPUT_SHUFFLE == 1 || SPREAD == 1) &&          \
     ((OUTPUT_SHUFFLE * SPREAD == 4 && ROWS_OF_PLANES >= 4) ||                                               \
      (OUTPUT_SHUFFLE * SPREAD == 2 && ROWS_OF_PLANES >= 2)))
// Whether a thread takes pixels of its own instead, whose few channels other threads have summed up.
#define STORES_PIXELS                                                                                        \
    (BLOCKS == 2 && TILE_W == 32 && OUT_CHANNELS > 0 && SCALE == 1 && SPREAD == 1 && OUTPUT_SHUFFLE == 1 &&  \
     EPILOGUE_SUMS == 0)

// Whether they are pixels of a shuffle by 2, one vector each, of which a thread has summed up two channels.
#define STORES_SHUFFLED                                                                                      \
    (SHUFFLED_VECTOR && OUTPUT_SHUFFLE == 2 && BLOCKS == 4 && SPREAD == 1 && EPILOGUE_TENSORS == 0 &&        \
     EPILOGUE_SUMS == 0)

// Whether they are one vector a pixel of phases that are channels.
#define STORES_PHASES (SPREAD == 2 && BLOCKS == 2 && ONE_VECTOR && OUT_CHANNELS > 0 && EPILOGUE_SUMS == 0)

#if STORES_VECTORS

// What a pixel's neighbours have added to them: 16-bit elements of each tensor.
struct Operands {
    u32 word[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1][of_group];

    DEVICE void load(const EpilogueArgs &epi, bool inside, int y, int x, int first) {
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
            const EpilogueTensor &tensor = epi.tensor[i];
            read_words(inside, word[i],
                       (const unsigned short *)tensor.data + y * tensor.stride_y + x * tensor.stride_x +
                           first);
        }
    }
};

// The tensors of an item on their way to L2, 32 bytes a time, while it is multiplied.
DEVICE void fetch_operands(const EpilogueArgs &epi, int tile_y, int tile_x, int phase, int group) {
    enum {
        pieces_of_pixel = BLOCKS / 2,
        pixels_at_once = warps * 32 / pieces_of_pixel,
    };
    const int pixel = threadIdx.x / pieces_of_pixel, piece = threadIdx.x % pieces_of_pixel;
    const int channel = (group * pieces_of_pixel + piece) * 16;
#pragma unroll
    for (int first = 0; first < TILE_W * TILE_H; first += pixels_at_once) {
        const int y = (tile_y + (first + pixel) / TILE_W) * SCALE + phase / SCALE;
        const int x = (tile_x + (first + pixel) % TILE_W) * SCALE + phase % SCALE;
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
            const EpilogueTensor &tensor = epi.tensor[i];
            fetch_early(
                y < epi.height && x < epi.width && channel < epi.channels && first + pixel < TILE_W * TILE_H,
                (const unsigned short *)tensor.data + y * tensor.stride_y + x * tensor.stride_x + channel);
        }
    }
}

// What is stored of `sums`, before it is rounded.
DEVICE Neighbours result_of(const Factors &factors, const Operands &operands, Neighbours sums) {
#pragma unroll
    for (int k = 0; k < neighbours; ++k) {
        float tensors[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
#pragma unroll
        for (int i = 0; i < EPILOGUE_TENSORS; ++i) {
            packed_t stored;
            stored.bits = (unsigned short)(operands.word[i][k / 2] >> (k % 2 * 16));
            tensors[i] = get(stored);
        }
        sums.v[k] = epilogue(factors.of[k], sums.v[k], tensors);
    }
    return sums;
}

DEVICE void store_vector(bool inside, output_t *to, const Neighbours &result) {
#if OUTPUT_LAST
    u32 words[of_group];
#pragma unroll
    for (int i = 0; i < of_group; ++i)
        words[i] = pack2(result.v[2 * i], result.v[2 * i + 1]);
    store_words(inside, to, words);
#else
#pragma unroll
    for (int k = 0; k < neighbours; k += 4) {
        const u32 words[4] = {bits_of_float(result.v[k]), bits_of_float(result.v[k + 1]),
                              bits_of_float(result.v[k + 2]), bits_of_float(result.v[k + 3])};
        store_words(inside, to + k, words);
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
    const Factors factors(epi, first);
    const int out_y = y * SCALE + phase / SCALE, out_x = x * SCALE + phase % SCALE;
    output_t *line = epi.output.data + out_y * epi.output.stride_y + out_x * epi.output.stride_x + first;
    const i64 next_line = SCALE * epi.output.stride_y, next_pixel = 8 * SCALE * epi.output.stride_x;
#pragma unroll
    for (int begin = 0; begin < 2 * PIXEL_BLOCKS; begin += batch) {
        Operands operands[batch];
#pragma unroll
        for (int i = begin; EPILOGUE_TENSORS > 0 && i < begin + batch; ++i) {
            const int down = i / 2 / across * SCALE, right = (i / 2 % across * 16 + i % 2 * 8) * SCALE;
            operands[i - begin].load(epi, out_y + down < epi.height && out_x + right < epi.width,
                                     out_y + down, out_x + right, first);
        }
#pragma unroll
        for (int i = begin; i < begin + batch; ++i) {
            const int down = i / 2 / across * SCALE, step = i % (2 * across);
            const bool inside = out_y + down < epi.height && out_x + step * 8 * SCALE < epi.width;
            const Neighbours own = result_of(factors, operands[i - begin], sums_of(sum, group, i));
            store_vector(inside, line + step * next_pixel, own);
            if (step + 1 == 2 * across)
                line += next_line;
#pragma unroll
            for (int k = 0; EPILOGUE_SUMS && k < neighbours; ++k)
                totals[k] += inside ? own.v[k] : 0.0f;
        }
    }
}

#elif STORES_ROWS

// Of a pixel and of one color the neighbours are whole rows of the block that a shuffle, or phases that are
// channels, make of it.
DEVICE void store_group(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int group,
                        int first, int y, int x, int, float (&)[neighbours]) {
    enum {
        across = TILE_W / 16,
        block = enlarged * enlarged,
        rows = neighbours / enlarged,
        tensors = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1,
        values = TENSORS_ENLARGED ? 1 : neighbours, // of a tensor
        batch = EPILOGUE_TENSORS * values > 2 ? 1 : PIXEL_BLOCKS,
    };
    const Factors factors(epi, first, SPREAD * SPREAD);
    output_t *to[rows];
#pragma unroll
    for (int row = 0; row < rows; ++row) {
        const int filter = first + row * enlarged;
        to[row] = epi.output.data + filter / block * epi.output.stride_c +
                  (y * enlarged + filter % block / enlarged) * epi.output.stride_y + x * enlarged;
    }
#pragma unroll
    for (int begin = 0; begin < 2 * PIXEL_BLOCKS; begin += batch) {
        float operands[batch][tensors][values];
#pragma unroll
        for (int i = begin; EPILOGUE_TENSORS > 0 && i < begin + batch; ++i) {
            const int down = i / 2 / across, right = i / 2 % across * 16 + i % 2 * 8;
#pragma unroll
            for (int k = 0; k < values; ++k) {
                const int phase = (first + k) % (SPREAD * SPREAD);
                const int own_y = (y + down) * SPREAD + phase / SPREAD,
                          own_x = (x + right) * SPREAD + phase % SPREAD;
#pragma unroll
                for (int t = 0; t < EPILOGUE_TENSORS; ++t) // outside of the picture that of its last pixel
                    operands[i - begin][t][k] = epilogue_tensor(
                        epi, t, own_y < epi.height ? own_y : epi.height - 1,
                        own_x < epi.width ? own_x : epi.width - 1, (first + k) / (SPREAD * SPREAD));
            }
        }
#pragma unroll
        for (int i = begin; i < begin + batch; ++i) {
            const int down = i / 2 / across, right = i / 2 % across * 16 + i % 2 * 8;
            const Neighbours sums = sums_of(sum, group, i);
#pragma unroll
            for (int row = 0; row < rows; ++row) {
                const int own_y =
                    (y + down) * SPREAD + (SPREAD > 1 ? (first + row * enlarged) % block / enlarged : 0);
                float result[enlarged];
#pragma unroll
                for (int n = 0; n < enlarged; ++n) {
                    const int k = row * enlarged + n;
                    float own[tensors];
#pragma unroll
                    for (int t = 0; t < EPILOGUE_TENSORS; ++t)
                        own[t] = operands[i - begin][t][TENSORS_ENLARGED ? 0 : k];
                    result[n] = epilogue(factors.of[k], sums.v[k], own);
                }
                u32 words[enlarged / 2];
#pragma unroll
                for (int n = 0; n < enlarged / 2; ++n)
                    words[n] = pack2(result[2 * n], result[2 * n + 1]);
                store_words(own_y < epi.height && (x + right) * SPREAD < epi.width,
                            to[row] + right * enlarged, words);
                if (i % (2 * across) + 1 == 2 * across)
                    to[row] += enlarged * epi.output.stride_y;
            }
        }
    }
}

#elif STORES_PHASES

// A thread has summed up the phases of one channel and stores one phase: four threads exchange them.
DEVICE void store_phases(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int y, int x) {
    enum { across = TILE_W / 16, tensors = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1 };
    const int lane = threadIdx.x & 31, own = lane & 3;
    const int channel = own < OUT_CHANNELS ? own : OUT_CHANNELS - 1;
    const EpilogueChannel factors = epilogue_channel(epi, channel);
#pragma unroll
    for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
        const int out_y = (y + i / 2 / across) * 2, out_x = (x + i / 2 % across * 16 + i % 2 * 8) * 2;
        float result[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const int at_y = out_y + k / 2, at_x = out_x + k % 2;
            float operands[tensors];
#pragma unroll
            for (int t = 0; t < EPILOGUE_TENSORS; ++t) // outside of the picture that of its last pixel
                operands[t] = epilogue_tensor(epi, t, at_y < epi.height ? at_y : epi.height - 1,
                                              at_x < epi.width ? at_x : epi.width - 1, channel);
            result[k] = epilogue(factors, sum[i / 2][k / 2][i % 2 * 2 + k % 2], operands);
        }
        const u32 rows[2] = {pack2(result[0], result[1]), pack2(result[2], result[3])};
        u32 words[4] = {};
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; ++c) {
            const u32 above = bits_of_float(of_lane(float_of_bits(rows[0]), lane - own + c));
            const u32 below = bits_of_float(of_lane(float_of_bits(rows[1]), lane - own + c));
            const u32 row = own < 2 ? above : below;
            words[c / 2] |= (own % 2 == 0 ? row & 0xffff : row >> 16) << c % 2 * 16;
        }
        const int at_y = out_y + own / 2, at_x = out_x + own % 2;
        store_words(at_y < epi.height && at_x < epi.width,
                    epi.output.data + at_y * epi.output.stride_y + at_x * epi.output.stride_x, words);
    }
}

#elif STORES_SHUFFLED

DEVICE u32 one_of(const u32 (&words)[4], int index) {
    const u32 low = index & 1 ? words[1] : words[0], high = index & 1 ? words[3] : words[2];
    return index & 2 ? high : low;
}

// A thread's 8 neighbours are two channels of each pixel of the block of 2x2 that a shuffle makes; four
// threads exchange them, and each stores one of its pixels, the padding behind the last channel too.
DEVICE void store_group(const EpilogueArgs &epi, const float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int, int first,
                        int y, int x, int phase, float (&)[neighbours]) {
    enum { across = TILE_W / 16, block = 4 };
    const int own = threadIdx.x & 3;
    const Factors factors(epi, first);
#pragma unroll
    for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
        const int row = (y + i / 2 / across) * SCALE + phase / SCALE,
                  column = (x + i / 2 % across * 16 + i % 2 * 8) * SCALE + phase % SCALE;
        const Neighbours sums = sums_of(sum, 0, i);
        float result[neighbours];
#pragma unroll
        for (int k = 0; k < neighbours; ++k) {
            const float none[1] = {};
            const float value = epilogue(factors.of[k], sums.v[k], none);
            result[k] = first + k < epi.channels ? value : 0.0f;
        }
        u32 given[block], taken[block], words[block];
#pragma unroll
        for (int pixel = 0; pixel < block; ++pixel)
            given[pixel] = pack2(result[pixel], result[block + pixel]);
#pragma unroll
        for (int away = 0; away < block; ++away) // own pixel's word of the thread whose number differs so
            taken[away] = bits_of_float(exchanged(float_of_bits(one_of(given, own ^ away)), away));
#pragma unroll
        for (int part = 0; part < block; ++part)
            words[part] = one_of(taken, own ^ part);
        store_words(row < epi.height && column < epi.width,
                    epi.output.data + (row * 2 + own / 2) * epi.output.stride_y +
                        (column * 2 + own % 2) * epi.output.stride_x,
                    words);
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
    const Factors factors(epi, first, phases);
#pragma unroll 1
    for (int i = 0; i < 2 * PIXEL_BLOCKS; ++i) {
        const int row = (y + i / 2 / across) * SCALE + phase / SCALE,
                  column = (x + i / 2 % across * 16 + i % 2 * 8) * SCALE + phase % SCALE;
        const Neighbours sums = sums_of(sum, group, 0);
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
                const float result = epilogue(factors.of[k], sums.v[k], tensors);
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

#if MULTIPLIES_ON // who does stores them too

#elif STORES_PIXELS

// A warp's lane takes the same pixel of each row of 32: channel c of pixel 8 * i + p has been summed up by
// lane 4 * p.
DEVICE void store_tile(const EpilogueArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tile_y, int tile_x,
                       int, int, float (&)[groups][neighbours]) {
    enum { rows = PIXEL_BLOCKS / 2, tensors = EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1 };
    const int lane = threadIdx.x & 31, x = tile_x + lane, y = tile_y + (threadIdx.x >> 5) * rows;
    float operands[rows][OUT_CHANNELS][tensors];
#pragma unroll
    for (int row = 0; row < rows; ++row)
#pragma unroll
        for (int c = 0; c < OUT_CHANNELS; ++c)
#pragma unroll
            for (int t = 0; t < EPILOGUE_TENSORS; ++t) // outside of the picture that of its last pixel
                operands[row][c][t] = epilogue_tensor(epi, t, y + row < epi.height ? y + row : epi.height - 1,
                                                      x < epi.width ? x : epi.width - 1, c);
#pragma unroll
    for (int c = 0; c < OUT_CHANNELS; ++c) {
        const EpilogueChannel channel = epilogue_channel(epi, c);
#pragma unroll
        for (int row = 0; row < rows; ++row) {
            float own = 0;
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const float given = of_lane(sum[2 * row + i / 2][c / 2][i % 2 * 2 + c % 2], lane % 8 * 4);
                own = lane / 8 == i ? given : own;
            }
            if (y + row < epi.height && x < epi.width) {
                store_output(epi, y + row, x, c, epilogue(channel, own, operands[row][c]));
                for (int behind = 0; c + 1 == OUT_CHANNELS && behind < epi.pad_lanes; ++behind)
                    store_padding(epi, y + row, x, behind);
            }
        }
    }
}

#elif STORES_PHASES

DEVICE void store_tile(const EpilogueArgs &epi, float (&sum)[PIXEL_BLOCKS][BLOCKS][4], int tile_y, int tile_x,
                       int, int, float (&)[groups][neighbours]) {
    enum { across = TILE_W / 16 };
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    store_phases(epi, sum, tile_y + warp * PIXEL_BLOCKS / across, tile_x + (lane >> 2));
}

#else

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
        if (STORES_SHUFFLED || first < (epi.channels + (written ? 0 : epi.pad_lanes)) * SPREAD * SPREAD)
            store_group(epi, sum, group, first, y, x, phase, totals[group]);
    }
}

#endif

// Sums of a block's pixels, of results of one group of channels (EPILOGUE_SUMS). `room`: floats in shared
// memory, BLOCKS * 8 a warp, of which each is one lane's.
struct BlockSums {
    float *room;

    DEVICE void begin() {
        each([](float &own, int, int) { own = 0; });
    }
    DEVICE void add(const float (&totals)[groups][neighbours]) {
        float sums[groups][neighbours];
#pragma unroll
        for (int part = 0; part < groups; ++part)
#pragma unroll
            for (int k = 0; k < neighbours; ++k) {
                float sum = totals[part][k];
#pragma unroll
                for (int distance = 4; distance < 32; distance *= 2)
                    sum += exchanged(sum, distance);
                sums[part][k] = sum;
            }
        each([&](float &own, int part, int k) { own += sums[part][k]; });
    }
    DEVICE void store(const EpilogueArgs &epi, int row, int group) const {
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

private:
    template <typename Action>
    DEVICE void each(const Action &action) {
        const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
        if (lane >= 4)
            return;
#pragma unroll
        for (int part = 0; part < groups; ++part)
#pragma unroll
            for (int k = 0; k < neighbours; ++k)
                action(room[warp * BLOCKS * 8 + mma_channel(BLOCKS, of_group * part, lane, 0) + k], part, k);
    }
};
