// A convolution of any kind, one thread an element of the result.
#include "picture.cuh"

KERNEL_WITH(ConvArgs, EpilogueArgs) {
    if (thread_index() >= args.threads)
        return;
    const Spot spot = spot_of(epi, thread_index());
    if (is_padding(epi, spot))
        return;
    const int first = spot.channel / args.out_per_group * args.in_per_group;
    float sum = 0;
    for (int i = 0; i < args.kernel_y; ++i) {
        const int y = spot.y * args.stride_y + i * args.dilation_y - args.pad_y;
        if (y < 0 || y >= args.input.height)
            continue;
        for (int j = 0; j < args.kernel_x; ++j) {
            const int x = spot.x * args.stride_x + j * args.dilation_x - args.pad_x;
            if (x < 0 || x >= args.input.width)
                continue;
            const i64 from = place_of(args.input, y, x, first);
            const i64 weight = spot.channel * args.weight_stride_o + i * args.weight_stride_y + j * args.weight_stride_x;
            for (int c = 0; c < args.in_per_group; ++c)
                sum += (float)load<input_t>(args.input.data, from + c * args.input.stride_c) *
                       (float)load<weight_t>(args.weights, weight + c * args.weight_stride_i);
        }
    }
    finish(epi, spot, sum);
}
