// What frame_chroma_rows.cuh left, brought to the height of subsampled chroma and written to its planes: a
// thread a sample of both.
#include "frame_samples.cuh"

KERNEL(FrameEncodeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int column = divide_off(index, args.chroma_width);
    const int row = (int)index;
    float blue = 0, red = 0;
    for (int k = 0; k < args.down.taps; ++k) {
        const float weight = weight_at(args.down, row, k);
        const i64 place = (i64)source_at(args.down, row, k) * args.chroma_width + column;
        blue += weight * ((const float *)args.rows)[2 * place];
        red += weight * ((const float *)args.rows)[2 * place + 1];
    }
    write_sample(args.plane[1], args.scale, args.most, 1, column, row, blue);
    write_sample(args.plane[2], args.scale, args.most, 2, column, row, red);
}
