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

// Chroma of plane `number` at a luma position: across the taps of each row, then down.
DEVICE float chroma_at(const FrameDecodeArgs &args, int number, int x, int y) {
    float sum = 0;
    for (int j = 0; j < args.down.taps; ++j) {
        const int row = source_at(args.down, y, j);
        float across = 0;
        for (int i = 0; i < args.across.taps; ++i)
            across += weight_at(args.across, x, i) *
                      read_sample(args.plane[number], args.scale, number, source_at(args.across, x, i), row);
        sum += weight_at(args.down, y, j) * across;
    }
    return sum;
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
            const float yuv[3] = {read_sample(args.plane[0], args.scale, 0, x, y), chroma_at(args, 1, x, y),
                                  chroma_at(args, 2, x, y)};
            for (int channel = 0; channel < 3; ++channel)
                result[channel] = row_product(args.matrix, channel, yuv);
        } else {
            for (int channel = 0; channel < (FROM == 0 ? 1 : 3); ++channel) {
                const int number = FROM == 2 ? channel : 0;
                result[channel] = read_sample(args.plane[number], args.scale, number, x, y);
            }
        }
    }
    for (int channel = 0; channel < (FROM == 0 ? 1 : 3); ++channel)
        store<tensor_t>(args.output[channel], pixel, result[channel]);
}
