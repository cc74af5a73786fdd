// Squeeze and excitation behind the sums: means, a fully connected layer, another, each with its chain (FIRST and
// SECOND are generated functions of one number). One block, since there is next to nothing to compute; the phases
// run thread after thread where a test has no barriers.
#include "args.cuh"

enum {
    excite_threads = 1024,
    means_at = excite_threads,
    parts_at = 2 * excite_threads,
    hidden_at = 3 * excite_threads,
    excite_floats = 4 * excite_threads,
};

// Several threads a channel, each some of the rows.
DEVICE void add_rows(const ExciteArgs &args, float *shared, int thread) {
    const int parts = excite_threads / args.channels;
    const int channel = thread % args.channels, part = thread / args.channels;
    if (part >= parts)
        return;
    const float *rows = (const float *)args.rows + channel;
    float sum = 0;
#pragma unroll 8
    for (int row = part; row < args.number; row += parts)
        sum += rows[row * args.pitch];
    shared[thread] = sum;
}
DEVICE void find_means(const ExciteArgs &args, float *shared, int thread) {
    if (thread >= args.channels)
        return;
    float sum = 0;
    for (int part = 0; part < excite_threads / args.channels; ++part)
        sum += shared[part * args.channels + thread];
    shared[means_at + thread] = sum * args.share;
}
// Several threads a result, each some of the channels.
DEVICE void multiply_first(const ExciteArgs &args, float *shared, int thread) {
    const int parts = excite_threads / args.hidden;
    const int result = thread / parts;
    if (result >= args.hidden)
        return;
    const float *weights = (const float *)args.first_weights + result * args.channels;
    float sum = 0;
    for (int channel = thread % parts; channel < args.channels; channel += parts)
        sum += weights[channel] * shared[means_at + channel];
    shared[parts_at + thread] = sum;
}
DEVICE void finish_first(const ExciteArgs &args, float *shared, int thread) {
    if (thread >= args.hidden)
        return;
    const int parts = excite_threads / args.hidden;
    float sum = args.first_bias != 0 ? ((const float *)args.first_bias)[thread] : 0.0f;
    for (int part = 0; part < parts; ++part)
        sum += shared[parts_at + thread * parts + part];
    shared[hidden_at + thread] = first_chain(sum);
}
DEVICE void multiply_second(const ExciteArgs &args, float *shared, int thread) {
    // Who reads a vector of channels may read on behind the last.
    for (int i = thread; i < args.results + args.behind; i += excite_threads)
        if (i >= args.results)
            ((float *)args.factors)[i] = 0.0f;
    if (thread >= args.results)
        return;
    float sum = args.second_bias != 0 ? ((const float *)args.second_bias)[thread] : 0.0f;
    for (int i = 0; i < args.hidden; ++i)
        sum += ((const float *)args.second_weights)[i * args.results + thread] * shared[hidden_at + i];
    ((float *)args.factors)[thread] = second_chain(sum);
}

KERNEL_IN_PHASES(ExciteArgs, excite_floats, add_rows, find_means, multiply_first, finish_first, multiply_second)
