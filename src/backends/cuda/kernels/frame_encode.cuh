// A picture to the planes of a frame at full size, four neighbouring pixels a thread. TO: 0 GRAY of one
// channel, 1 GRAY of three, 2 RGB, 3 YUV 4:4:4, 4 the luma of YUV whose chroma is subsampled. Says where a
// sample is not finite.
#include "frame_samples.cuh"

enum { pixels_of_thread = 4 };

KERNEL(FrameEncodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int first =
        divide_off(index, (args.width + pixels_of_thread - 1) / pixels_of_thread) * pixels_of_thread;
    const int y = (int)index;
    const int channels = TO == 0 ? 1 : 3;
    const int planes = TO == 2 || TO == 3 ? 3 : 1;
    bool finite = true;
    for (int k = 0; k < pixels_of_thread; ++k) {
        const int x = first + k;
        if (x >= args.width)
            break;
        float v[3];
        for (int channel = 0; channel < channels; ++channel) {
            const float value = read_channel(args.input, channel, x, y, 0);
            finite &= value - value == 0;
            v[channel] = read_channel(args.input, channel, x, y, args.limit);
        }
        for (int number = 0; number < planes; ++number)
            write_sample(args.plane[number], args.scale, args.most, number, x, y,
                         TO == 0 || TO == 2 ? v[number] : row_product(args.matrix, number, v));
    }
    if (!finite)
        *(int *)args.not_finite = 1;
}
