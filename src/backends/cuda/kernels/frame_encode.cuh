// A picture to the planes of a frame at full size, four pixels a thread: those of a warp's lanes are neighbours. TO: 0 GRAY
// of one channel, 1 GRAY of three, 2 RGB, 3 YUV 4:4:4. Says where a sample is not finite.
#include "frame_samples.cuh"

KERNEL(FrameEncodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int lane = divide_off(index, 32);
    const int first = divide_off(index, (args.width + 32 * FRAME_PIXELS - 1) / (32 * FRAME_PIXELS)) * 32 * FRAME_PIXELS + lane;
    const int y = (int)index;
    const int channels = TO == 0 ? 1 : 3;
    const int planes = TO == 2 || TO == 3 ? 3 : 1;
    bool finite = true;
    for (int k = 0; k < FRAME_PIXELS; ++k) {
        const int x = first + 32 * k;
        if (x >= args.width)
            break;
        float v[3];
        for (int channel = 0; channel < channels; ++channel) {
            v[channel] = read_channel(args.input, channel, x, y);
            finite &= v[channel] - v[channel] == 0;
            v[channel] = limited(v[channel], args.limit);
        }
        for (int number = 0; number < planes; ++number)
            write_sample(args.plane[number], args.scale, args.most, number, x, y,
                         TO == 0 || TO == 2 ? v[number] : row_product(args.matrix, number, v));
    }
    if (!finite)
        *(unsigned *)args.not_finite = args.frame;
}
