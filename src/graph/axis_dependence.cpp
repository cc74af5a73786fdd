// How far a window, a resize or a shuffle of pixels carries the pixels that a value depends on: the worst
// phase counts, for a tile may begin at any.
#include "graph/axis_dependence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vsmlrt::graph {
namespace {

// Sums of thirds and the like do not come out even.
constexpr double tolerance = 1e-6;

// Where result i lies in the source, less i / scale.
double offset_of(Coordinates coordinates, double scale) {
    if (coordinates == Coordinates::asymmetric || coordinates == Coordinates::align_corners)
        return 0;
    return coordinates == Coordinates::tf_half_pixel_for_nn ? 0.5 / scale : 0.5 / scale - 0.5;
}

double nearest(NearestMode mode, double position, double scale) {
    switch (mode) {
    case NearestMode::round_prefer_floor:
        return std::ceil(position - 0.5);
    case NearestMode::round_prefer_ceil:
        return std::floor(position + 0.5);
    case NearestMode::ceil:
        return std::ceil(position);
    case NearestMode::floor:
        return std::floor(position);
    case NearestMode::simple:
        break;
    }
    return scale < 1 ? std::ceil(position) : std::floor(position);
}

bool is_whole(double x) {
    return std::abs(x - std::round(x)) < tolerance;
}

// First and last source element around `position` with a weight.
std::array<double, 2> taps(const Resize &op, double position, double scale) {
    if (op.mode == Interpolation::nearest)
        return {nearest(op.nearest, position, scale), nearest(op.nearest, position, scale)};
    if (is_whole(position))
        return {std::round(position), std::round(position)};
    const double reach = op.mode == Interpolation::cubic ? 1 : 0;
    return {std::floor(position) - reach, std::floor(position) + 1 + reach};
}

} // namespace

bool follows_size(const Resize &op, float scale) {
    switch (op.coordinates) {
    case Coordinates::align_corners:
    case Coordinates::tf_crop_and_resize:
        return true;
    case Coordinates::half_pixel_symmetric:
        return !is_whole(static_cast<double>(scale)); // the result may be cut off
    default:
        return op.aspect != AspectPolicy::stretch;
    }
}

AxisDependence through(const AxisDependence &span, double stride, double low, double high) {
    return {span.axis, span.step * stride, span.low + span.step * low, span.high + span.step * high};
}

AxisDependence through_window(const AxisDependence &span, std::int64_t kernel, std::int64_t dilation,
                              std::int64_t stride, std::int64_t pad) {
    return through(span, static_cast<double>(stride), static_cast<double>(-pad),
                   static_cast<double>((kernel - 1) * dilation - pad));
}

AxisDependence through_transposed_window(const AxisDependence &span, std::int64_t kernel,
                                         std::int64_t dilation, std::int64_t stride, std::int64_t pad) {
    const auto t = static_cast<double>(stride);
    return through(span, 1 / t, static_cast<double>(pad - (kernel - 1) * dilation) / t,
                   static_cast<double>(pad) / t);
}

AxisDependence through_resize(const Resize &op, const AxisDependence &span, float scale) {
    const auto factor = static_cast<double>(scale);
    const bool stretched = op.antialias && factor < 1 && op.mode != Interpolation::nearest;
    if (stretched || follows_size(op, scale) || (!is_whole(factor) && !is_whole(1 / factor))) {
        // Any phase may occur.
        const double reach = (op.mode == Interpolation::cubic ? 2 : 1) / (stretched ? factor : 1);
        const double drift = follows_size(op, scale) ? 1 : 0;
        const double offset = offset_of(op.coordinates, factor);
        return through(span, 1 / factor, offset - reach - drift, offset + reach + drift);
    }
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    for (double i = 0; i < std::max(1.0, std::round(factor)); ++i) {
        const double place = i / factor;
        const auto [first, last] = taps(op, place + offset_of(op.coordinates, factor), factor);
        low = std::min(low, first - place);
        high = std::max(high, last - place);
    }
    return through(span, 1 / factor, low, high);
}

AxisDependence through_unpacking(const AxisDependence &span, std::int64_t block) {
    const auto b = static_cast<double>(block);
    return through(span, 1 / b, -(b - 1) / b, 0);
}

AxisDependence through_packing(const AxisDependence &span, std::int64_t block) {
    return through(span, static_cast<double>(block), 0, static_cast<double>(block - 1));
}

std::optional<AxisDependence> through_reshape(const AxisDependence &span, const Shape &from,
                                              const Shape &to) {
    const auto before = [](const Shape &dims, std::size_t axis) {
        return std::accumulate(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis),
                               std::int64_t{1}, std::multiplies<>());
    };
    const std::int64_t size = from[span.axis];
    const std::int64_t outer = before(from, span.axis);
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        if (before(to, axis) != outer || to[axis] <= 1)
            continue;
        AxisDependence result = span;
        if (size % to[axis] == 0)
            result = through_packing(span, size / to[axis]);
        else if (to[axis] % size == 0)
            result = through_unpacking(span, to[axis] / size);
        else
            return std::nullopt;
        result.axis = axis;
        return result;
    }
    return std::nullopt;
}

int pixels(const AxisDependence &span) {
    double most = 0;
    const double phases = std::max(1.0, std::round(1 / span.step));
    for (double i = 0; i < phases; ++i) {
        const double place = std::floor(i * span.step + tolerance);
        most = std::max(most, place - std::ceil(i * span.step + span.low - tolerance));
        most = std::max(most, std::floor(i * span.step + span.high + tolerance) - place);
    }
    return static_cast<int>(std::min(most, 1e9));
}

} // namespace vsmlrt::graph
