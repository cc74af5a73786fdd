// Both colour differences of a picture, brought to the width of subsampled chroma: a thread a column of chroma
// in a row of luma.
#include "frame_samples.cuh"

KERNEL(FrameEncodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const i64 place = index;
    const int column = divide_off(index, args.chroma_width);
    const int y = (int)index;
    float blue = 0, red = 0;
    for (int k = 0; k < args.across.taps; ++k) {
        const int x = source_at(args.across, column, k);
        const float weight = weight_at(args.across, column, k);
        float v[3];
        for (int channel = 0; channel < 3; ++channel)
            v[channel] = read_channel(args.input, channel, x, y, args.limit);
        blue += weight * row_product(args.matrix, 1, v);
        red += weight * row_product(args.matrix, 2, v);
    }
    ((float *)args.rows)[2 * place] = blue;
    ((float *)args.rows)[2 * place + 1] = red;
}
