// A tile of a frame in a clip's own format to the network's channels, four pixels a thread: those of a warp's lanes are
// neighbours. FROM: 0 GRAY or luma to one channel, 1 GRAY to three equal ones, 2 RGB, 3 YUV 4:4:4 to RGB.
#include "frame_samples.cuh"

KERNEL(FrameDecodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int lane = divide_off(index, 32);
    const int first = divide_off(index, (args.tile_width + 32 * FRAME_PIXELS - 1) / (32 * FRAME_PIXELS)) * 32 * FRAME_PIXELS + lane;
    const int channels = FROM == 0 ? 1 : 3;
    const int row = (int)index, y = inside(row + args.origin_y, args.height, args.border);
    for (int k = 0; k < FRAME_PIXELS; ++k) {
        const int column = first + 32 * k;
        if (column >= args.tile_width)
            break;
        const int x = inside(column + args.origin_x, args.width, args.border);
        float sample[3] = {0, 0, 0}, result[3] = {0, 0, 0};
        if (x >= 0 && y >= 0) {
            for (int number = 0; number < (FROM < 2 ? 1 : 3); ++number)
                sample[number] = value_of(read_sample(args.frame[0].plane[number], x, y), args.scale, number);
            for (int channel = 0; channel < channels; ++channel)
                result[channel] = FROM == 3 ? row_product(args.matrix, channel, sample) : sample[FROM == 2 ? channel : 0];
        }
        for (int channel = 0; channel < channels; ++channel)
            store<tensor_t>(args.frame[0].output[channel], (i64)row * args.tile_width + column, result[channel]);
    }
}
