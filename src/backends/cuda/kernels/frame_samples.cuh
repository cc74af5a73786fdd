// What the frame kernels share. In front of it stand generated lines: sample_t (of a plane), tensor_t (of the
// tensor), INTEGER (1: sample_t is an integer type).
#pragma once
#include "frame_args.cuh"

// Limited to [0, most]; NaN becomes 0.
DEVICE float between(float value, float most) {
    return fminf(fmaxf(value, 0.0f), most);
}

// The same for [0, 1].
DEVICE float saturated(float value) {
#ifdef __CUDACC__
    return __saturatef(value);
#else
    return between(value, 1);
#endif
}

template <typename T>
DEVICE T *row_at(const FramePlane &plane, int y) {
    return (T *)(plane.data + (i64)y * (int)plane.stride);
}

DEVICE float read_sample(const FramePlane &plane, int x, int y) {
    return (float)get(row_at<const sample_t>(plane, y)[x]);
}

// What a sample, or a mean of samples, stands for: the quotient, by its remainder (Markstein, "Computation of Elementary
// Functions on the IBM RISC System/6000 Processor", 1990).
DEVICE float value_of(float sample, const SampleScale &scale, int number) {
    if (!INTEGER)
        return sample;
    const float above = sample - scale.zero[number], nearly = above * scale.of_one[number];
    return fmaf(fmaf(-scale.one[number], nearly, above), scale.of_one[number], nearly);
}

// Where a position outside of the frame takes its sample from; negative: it is zero. pixel/border.h.
DEVICE int inside(int at, int size, int border) {
    if (at >= 0 && at < size)
        return at;
    if (border == 2)
        return -1;
    if (border == 1 || size == 1)
        return at < 0 ? 0 : size - 1;
    const int period = 2 * (size - 1);
    const int phase = ((at % period) + period) % period;
    return phase < size ? phase : period - phase;
}

// A position inside of a size.
DEVICE int clamped(int at, int size) {
    return at < 0 ? 0 : at >= size ? size - 1 : at;
}

// Outside of a plane samples are reflected with the edge sample repeated: pixel/resample.h.
DEVICE int reflected(int position, int size) {
    return clamped(position < 0 ? -1 - position : position >= size ? 2 * size - 1 - position : position, size);
}

// The sample of a value: integers rounded to the nearest, ties to even, and limited; NaN becomes 0.
template <typename T>
struct SampleOf {
    // By way of doubles (Put) it takes GeForce cards 64 times as long. Behind the addition the lowest bits are the integer.
    DEVICE static T from(float value, float one, float zero, float most) {
        return (T)bits_of_float(between(value * one + zero, most) + 12582912.0f);
    }
};
template <>
struct SampleOf<float> {
    DEVICE static float from(float value, float, float, float) { return value; }
};
template <>
struct SampleOf<half_t> {
    DEVICE static half_t from(float value, float, float, float) { return Put<half_t>::from(value); }
};

DEVICE sample_t sample_of(float value, const SampleScale &scale, float most, int number) {
    return SampleOf<sample_t>::from(value, scale.one[number], scale.zero[number], most);
}

DEVICE void write_sample(const FramePlane &plane, const SampleScale &scale, float most, int number, int x,
                         int y, float value) {
    row_at<sample_t>(plane, y)[x] = sample_of(value, scale, most, number);
}

// Limited to [0, 1] where asked; NaN becomes 0 then.
DEVICE float limited(float value, int limit) {
    return limit ? between(value, 1) : value;
}

// Channel `channel` of a pixel.
DEVICE float read_channel(const PlanarPicture &picture, int channel, int x, int y) {
    return load<tensor_t>(picture.data, channel * picture.channel_stride + y * picture.row_stride + x);
}

DEVICE float row_product(const float *matrix, int row, const float *v) {
    return matrix[row * 3] * v[0] + matrix[row * 3 + 1] * v[1] + matrix[row * 3 + 2] * v[2];
}
