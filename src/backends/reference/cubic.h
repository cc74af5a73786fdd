// The cubic convolution kernel. Source: R. Keys, "Cubic Convolution Interpolation for Digital Image
// Processing", IEEE Transactions on Acoustics, Speech, and Signal Processing 29 (1981).
#pragma once

#include <array>

namespace vsmlrt::reference {

// Weights of the elements at floor(x) - 1, floor(x), floor(x) + 1 and floor(x) + 2; `t` is x - floor(x), `a`
// the kernel's parameter.
[[nodiscard]] inline std::array<double, 4> cubic_weights(double t, double a) {
    const auto near = [&](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto far = [&](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    return {far(1 + t), near(t), near(1 - t), far(2 - t)};
}

} // namespace vsmlrt::reference
