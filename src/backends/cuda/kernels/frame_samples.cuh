// What the frame kernels share. In front of it stand generated lines: sample_t (of a plane), tensor_t (of the
// tensor), INTEGER (1: sample_t is an integer type).
#pragma once
#include "frame_args.cuh"

template <typename T>
DEVICE T *row_at(const FramePlane &plane, int y) {
    return (T *)(plane.data + y * plane.stride);
}

DEVICE float read_sample(const FramePlane &plane, const SampleScale &scale, int number, int x, int y) {
    const float sample = (float)get(row_at<const sample_t>(plane, y)[x]);
    return INTEGER ? (sample - scale.zero[number]) / scale.one[number] : sample;
}

// Rounded to the nearest, ties to even, and limited; NaN becomes 0.
DEVICE void write_sample(const FramePlane &plane, const SampleScale &scale, float most, int number, int x,
                         int y, float value) {
    if (INTEGER) {
        const float sample = nearbyint(value * scale.one[number] + scale.zero[number]);
        value = sample > 0 ? (sample < most ? sample : most) : 0.0f;
    }
    row_at<sample_t>(plane, y)[x] = Put<sample_t>::from(value);
}

// Channel `channel` of a pixel, limited to [0, 1] where asked; NaN becomes 0 then.
DEVICE float read_channel(const PlanarPicture &picture, int channel, int x, int y, int limit) {
    const float value = load<tensor_t>(picture.data, channel * picture.channel_stride + y * picture.row_stride + x);
    if (!limit)
        return value;
    return value > 0 ? (value < 1 ? value : 1.0f) : 0.0f;
}

DEVICE float row_product(const float *matrix, int row, const float *v) {
    return matrix[row * 3] * v[0] + matrix[row * 3 + 1] * v[1] + matrix[row * 3 + 2] * v[2];
}

DEVICE int source_at(const ResamplingTable &map, int i, int k) {
    return ((const int *)map.sources)[i * map.taps + k];
}

DEVICE float weight_at(const ResamplingTable &map, int i, int k) {
    return ((const float *)map.weights)[i * map.taps + k];
}
