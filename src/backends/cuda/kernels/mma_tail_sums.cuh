// Adds up what mma_tail.cuh leaves of each warp: one thread a pixel of the result. A pixel of row 4 * strip +
// r has its sums in row r of the strip, and where r < 2 in row 4 + r of the strip above; the same for columns
// of tiles of 16.
#pragma once
#include "mma_tail_args.cuh"
#include "warp_mma.cuh"

enum { strip_lines = 4, strip_rows = strip_lines + 2 };

// What one row of a strip has of a pixel.
DEVICE float row_sum(const TailSumsArgs &args, int row, int channel, int x) {
    const float *line = (const float *)args.sums + ((i64)row * TAIL_CHANNELS + channel) * args.pitch;
    const int tile = x / 16, rest = x % 16;
    float sum = tile < args.tiles ? line[x] : 0.0f;
    if (rest < 2 && tile > 0 && tile <= args.tiles)
        sum += line[args.tiles * 16 + (tile - 1) * 2 + rest];
    return sum;
}

DEVICE float tail_sum(const TailSumsArgs &args, int y, int channel, int x) {
    const int strip = y / strip_lines, rest = y % strip_lines;
    float sum = strip < args.strips ? row_sum(args, strip * strip_rows + rest, channel, x) : 0.0f;
    if (rest < 2 && strip > 0 && strip <= args.strips)
        sum += row_sum(args, (strip - 1) * strip_rows + strip_lines + rest, channel, x);
    return sum;
}

KERNEL_WITH(TailSumsArgs, EpilogueArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int x = divide_off(index, epi.width), y = (int)index;
    float result[TAIL_CHANNELS];
#pragma unroll
    for (int c = 0; c < TAIL_CHANNELS; ++c) {
        float operands[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
#pragma unroll
        for (int t = 0; t < EPILOGUE_TENSORS; ++t)
            operands[t] = epilogue_tensor(epi, t, y, x, c);
        result[c] = epilogue(epilogue_channel(epi, c), tail_sum(args, y + args.moved_y, c, x + args.moved_x),
                             operands);
    }
#if ONE_VECTOR
    u32 words[4] = {};
#pragma unroll
    for (int c = 0; c < TAIL_CHANNELS; c += 2)
        words[c / 2] = pack2(result[c], c + 1 < TAIL_CHANNELS ? result[c + 1] : 0.0f);
    store_words(true, epi.output.data + y * epi.output.stride_y + x * epi.output.stride_x, words);
#else
#pragma unroll
    for (int c = 0; c < TAIL_CHANNELS; ++c)
        store_output(epi, y, x, c, result[c]);
    for (int lane = 0; lane < epi.pad_lanes; ++lane)
        store_padding(epi, y, x, lane);
#endif
}
