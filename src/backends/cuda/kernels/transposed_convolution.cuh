// A transposed convolution of any kind, one thread an element of the result. Weights: stride_i goes along the
// channels of the input, stride_o along those of the result within its group.
#include "picture.cuh"

// The source of result `at` by tap `tap`; -1 where it has none.
DEVICE int source_of(int at, int tap, int pad, int stride, int dilation, int size) {
    const int shifted = at + pad - tap * dilation;
    if (shifted < 0 || shifted % stride != 0 || shifted / stride >= size)
        return -1;
    return shifted / stride;
}

KERNEL_WITH(ConvArgs, EpilogueArgs) {
    if (thread_index() >= args.threads)
        return;
    const Spot spot = spot_of(epi, thread_index());
    if (is_padding(epi, spot))
        return;
    const int first = spot.channel / args.out_per_group * args.in_per_group;
    const int own = spot.channel % args.out_per_group;
    float sum = 0;
    for (int i = 0; i < args.kernel_y; ++i) {
        const int y = source_of(spot.y, i, args.pad_y, args.stride_y, args.dilation_y, args.input.height);
        for (int j = 0; y >= 0 && j < args.kernel_x; ++j) {
            const int x = source_of(spot.x, j, args.pad_x, args.stride_x, args.dilation_x, args.input.width);
            if (x < 0)
                continue;
            const i64 from = place_of(args.input, y, x, first);
            const i64 weight = own * args.weight_stride_o + first * args.weight_stride_i +
                               i * args.weight_stride_y + j * args.weight_stride_x;
            for (int c = 0; c < args.in_per_group; ++c)
                sum += (float)load<input_t>(args.input.data, from + c * args.input.stride_c) *
                       (float)load<weight_t>(args.weights, weight + c * args.weight_stride_i);
        }
    }
    finish(epi, spot, sum);
}
