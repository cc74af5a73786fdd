#include "pixel/color_matrix.h"

namespace vsmlrt::pixel {
namespace {

// From the shares of red and blue in luma (H.273, equations 38 to 40).
ColorMatrix of_shares(double red, double blue) {
    const double green = 1 - red - blue;
    const double b = 2 * (1 - blue);
    const double r = 2 * (1 - red);
    return {{{{red, green, blue}, {-red / b, -green / b, 0.5}, {0.5, -green / r, -blue / r}}},
            {{{1, 0, r}, {1, -b * blue / green, -r * red / green}, {1, b, 0}}}};
}

} // namespace

std::optional<ColorMatrix> color_matrix(int number) {
    switch (number) {
    case 1:
        return of_shares(0.2126, 0.0722);
    case 4:
        return of_shares(0.30, 0.11);
    case 5:
    case 6:
        return of_shares(0.299, 0.114);
    case 7:
        return of_shares(0.212, 0.087);
    case 8: // YCgCo: the differences are green and orange
        return ColorMatrix{{{{0.25, 0.5, 0.25}, {-0.25, 0.5, -0.25}, {0.5, 0, -0.5}}},
                           {{{1, -1, 1}, {1, 1, 0}, {1, -1, -1}}}};
    case 9:
        return of_shares(0.2627, 0.0593);
    default:
        return std::nullopt;
    }
}

} // namespace vsmlrt::pixel
