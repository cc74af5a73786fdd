// Softmax over one axis, one thread a row of it; LOGARITHM.
#include "args.cuh"

KERNEL(SoftmaxArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    i64 from = 0, to = 0;
    for (int axis = max_rank - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.kept[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
    }
    float most = -infinity();
    for (int i = 0; i < args.length; ++i) {
        const float value = (float)load<element_t>(args.input.data, from + i * args.input_step);
        most = value > most ? value : most;
    }
    float sum = 0;
    for (int i = 0; i < args.length; ++i)
        sum += exp((float)load<element_t>(args.input.data, from + i * args.input_step) - most);
    const float logarithm = log(sum);
    for (int i = 0; i < args.length; ++i) {
        const float shifted = (float)load<element_t>(args.input.data, from + i * args.input_step) - most;
        store<output_t>(args.output.data, to + i * args.output_step, LOGARITHM ? shifted - logarithm : exp(shifted) / sum);
    }
}
