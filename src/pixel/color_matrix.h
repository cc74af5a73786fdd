// Between RGB and a luma with two colour differences, as float samples: R, G, B and luma in [0, 1],
// differences in [-0.5, 0.5]. Coefficients: ITU-T H.273, table 4 (MatrixCoefficients).
#pragma once

#include <array>
#include <optional>

namespace vsmlrt::pixel {

using Matrix3 = std::array<std::array<double, 3>, 3>;

struct ColorMatrix {
    Matrix3 from_rgb; // rows: luma, blue difference, red difference
    Matrix3 to_rgb;   // rows: red, green, blue
};

// Of the linear matrices, 1, 4 to 9 and no others: what is constant-luminance or needs primaries is not a
// matrix of samples.
[[nodiscard]] std::optional<ColorMatrix> color_matrix(int number);

} // namespace vsmlrt::pixel
