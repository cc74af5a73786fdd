// Weights of a convolution times the factors of their input channels, in whatever order a kernel wants them: who
// multiplies weights by channels need not multiply the picture.
#include "args.cuh"

KERNEL(ScaleArgs) {
    const i64 index = thread_index();
    if (index >= args.threads)
        return;
    const int channel = ((const unsigned short *)args.channels)[index];
    const float factor = channel == 0 ? 0.0f : ((const float *)args.factors)[channel - 1];
    store<weight_t>(args.scaled, index, (float)load<weight_t>(args.weights, index) * factor);
}
