// The cubic convolution kernel. Source: R. Keys, "Cubic Convolution Interpolation for Digital Image
// Processing", IEEE Transactions on Acoustics, Speech, and Signal Processing 29 (1981).
#pragma once

#include <array>

namespace vsmlrt::interpreter {

// Of an element `distance` >= 0 away; `a` is the kernel's parameter.
[[nodiscard]] inline double cubic_weight(double distance, double a) {
    if (distance <= 1)
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
    return distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0;
}

// Weights of the elements at floor(x) - 1, floor(x), floor(x) + 1 and floor(x) + 2; `t` is x - floor(x), `a`
// the kernel's parameter.
[[nodiscard]] inline std::array<double, 4> cubic_weights(double t, double a) {
    return {cubic_weight(1 + t, a), cubic_weight(t, a), cubic_weight(1 - t, a), cubic_weight(2 - t, a)};
}

} // namespace vsmlrt::interpreter
