// Adds a tile's result, times its weights, to the sums of all tiles: a pixel a thread. In front of it stands a
// generated line: tensor_t (of the tile).
#include "frame_args.cuh"

KERNEL(TileBlendArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int x = divide_off(index, args.width);
    const int y = (int)index;
    const float weight = ((const float *)args.column_weights)[x] * ((const float *)args.row_weights)[y];
    for (int channel = 0; channel < args.channels; ++channel) {
        const float value =
            load<tensor_t>(args.tile.data, channel * args.tile.channel_stride + y * args.tile.row_stride + x);
        ((float *)args.sums.data)[channel * args.sums.channel_stride + y * args.sums.row_stride + x] +=
            weight * value;
    }
}
