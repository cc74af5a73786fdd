// (x - mean) / sqrt(variance + epsilon) * scale + bias with moments that were found before; RANK.
#include "args.cuh"

KERNEL(NormalizeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    i64 from = 0, to = 0, pair = 0, scale = 0, bias = 0;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
        pair += at * args.moments.stride[axis];
        scale += at * args.scale.stride[axis];
        bias += at * args.bias.stride[axis];
    }
    const float *moments = (const float *)args.moments_data + 2 * pair;
    float value = ((float)load<element_t>(args.input.data, from) - moments[0]) / sqrt(moments[1] + args.epsilon);
    value *= (float)load<scale_t>(args.scale.data, scale);
    if (args.bias.data != 0)
        value += (float)load<scale_t>(args.bias.data, bias);
    store<output_t>(args.output.data, to, value);
}
