// What the frame kernels share. In front of it stand generated lines: sample_t (of a plane), tensor_t (of the
// tensor), INTEGER (1: sample_t is an integer type).
#pragma once
#include "frame_args.cuh"

template <typename T>
DEVICE T *row_at(const FramePlane &plane, int y) {
    return (T *)(plane.data + y * plane.stride);
}

DEVICE float read_sample(const FramePlane &plane, int x, int y) {
    return (float)get(row_at<const sample_t>(plane, y)[x]);
}

// What a sample, or a mean of samples, stands for.
DEVICE float value_of(float sample, const SampleScale &scale, int number) {
    return INTEGER ? (sample - scale.zero[number]) / scale.one[number] : sample;
}

// What lies within the range of T already; by way of doubles (Put) it takes GeForce cards 64 times as long.
template <typename T>
DEVICE T within_range(float value) {
    return (T)(int)value;
}
template <>
DEVICE float within_range<float>(float value) {
    return value;
}
template <>
DEVICE half_t within_range<half_t>(float value) {
    return Put<half_t>::from(value);
}

// Rounded to the nearest, ties to even, and limited; NaN becomes 0.
DEVICE void write_sample(const FramePlane &plane, const SampleScale &scale, float most, int number, int x,
                         int y, float value) {
    if (INTEGER) {
        const float sample = nearbyint(value * scale.one[number] + scale.zero[number]);
        value = sample > 0 ? (sample < most ? sample : most) : 0.0f;
    }
    row_at<sample_t>(plane, y)[x] = within_range<sample_t>(value);
}

// Limited to [0, 1] where asked; NaN becomes 0 then.
DEVICE float limited(float value, int limit) {
    if (!limit)
        return value;
    return value > 0 ? (value < 1 ? value : 1.0f) : 0.0f;
}

// Channel `channel` of a pixel.
DEVICE float read_channel(const PlanarPicture &picture, int channel, int x, int y) {
    return load<tensor_t>(picture.data, channel * picture.channel_stride + y * picture.row_stride + x);
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
