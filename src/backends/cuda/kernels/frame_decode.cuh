// A tile of a frame in a clip's own format to the network's channels, a pixel a thread. FROM: 0 GRAY or luma
// to one channel, 1 GRAY to three equal ones, 2 RGB, 3 YUV to RGB.
#include "frame_samples.cuh"

// Where a position outside of the frame takes its sample from; negative: it is zero. pixel/border.h.
DEVICE int inside(int at, int size, int border) {
    if (at >= 0 && at < size)
        return at;
    if (border == 2)
        return -1;
    if (border == 1 || size == 1)
        return at < 0 ? 0 : size - 1;
    const int period = 2 * (size - 1);
    const int phase = ((at % period) + period) % period;
    return phase < size ? phase : period - phase;
}

// The colour differences at a luma position: samples across the taps of each row, then down, and what their sum stands for,
// as weights add up to 1.
DEVICE void read_chroma(const FrameDecodeArgs &args, int x, int y, float &blue, float &red) {
    int column[FRAME_ENLARGING_TAPS];
    float weight[FRAME_ENLARGING_TAPS];
#pragma unroll
    for (int i = 0; i < FRAME_ENLARGING_TAPS; ++i) {
        const bool is_there = i < args.across.taps;
        column[i] = is_there ? source_at(args.across, x, i) : 0;
        weight[i] = is_there ? weight_at(args.across, x, i) : 0.0f;
    }
    float sums[2] = {0, 0};
    for (int j = 0; j < args.down.taps; ++j) {
        const int row = source_at(args.down, y, j);
        const sample_t *const first = row_at<const sample_t>(args.plane[1], row), *const second = row_at<const sample_t>(args.plane[2], row);
        float across[2] = {0, 0};
#pragma unroll
        for (int i = 0; i < FRAME_ENLARGING_TAPS; ++i)
            if (i < args.across.taps) {
                across[0] += weight[i] * (float)get(first[column[i]]);
                across[1] += weight[i] * (float)get(second[column[i]]);
            }
        const float down = weight_at(args.down, y, j);
        sums[0] += down * across[0];
        sums[1] += down * across[1];
    }
    blue = value_of(sums[0], args.scale, 1);
    red = value_of(sums[1], args.scale, 2);
}

KERNEL(FrameDecodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const i64 pixel = index;
    const int x = inside(divide_off(index, args.tile_width) + args.origin_x, args.width, args.border);
    const int y = inside((int)index + args.origin_y, args.height, args.border);
    float result[3] = {0, 0, 0};
    if (x >= 0 && y >= 0) {
        if (FROM == 3) {
            float yuv[3] = {value_of(read_sample(args.plane[0], x, y), args.scale, 0)};
            read_chroma(args, x, y, yuv[1], yuv[2]);
            for (int channel = 0; channel < 3; ++channel)
                result[channel] = row_product(args.matrix, channel, yuv);
        } else {
            for (int channel = 0; channel < (FROM == 0 ? 1 : 3); ++channel) {
                const int number = FROM == 2 ? channel : 0;
                result[channel] = value_of(read_sample(args.plane[number], x, y), args.scale, number);
            }
        }
    }
    for (int channel = 0; channel < (FROM == 0 ? 1 : 3); ++channel)
        store<tensor_t>(args.output[channel], pixel, result[channel]);
}
