// The cubic convolution kernel. Source: R. Keys, "Cubic Convolution Interpolation for Digital Image
// Processing", IEEE Transactions on Acoustics, Speech, and Signal Processing 29 (1981).
#pragma once

// Up to four elements along one axis, with their weights.
struct Taps {
    int number;
    int at[4]; // -1: outside, counts as 0
    float weight[4];
};

DEVICE float cubic_near(float d, float a) {
    return ((a + 2) * d - (a + 3)) * d * d + 1;
}
DEVICE float cubic_far(float d, float a) {
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}
DEVICE void set_cubic(Taps &taps, float t, float a) {
    taps.weight[0] = cubic_far(1 + t, a);
    taps.weight[1] = cubic_near(t, a);
    taps.weight[2] = cubic_near(1 - t, a);
    taps.weight[3] = cubic_far(2 - t, a);
}
DEVICE float clamped(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}
DEVICE int limited(int at, int size) {
    const int last = size - 1;
    const int inside = at < last ? at : last;
    return inside > 0 ? inside : 0;
}
