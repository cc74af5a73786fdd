// How an axis of a value inside the network depends on the same axis of the picture, and what operators do to
// that.
#pragma once

#include "graph/ops.h"

#include <array>
#include <optional>

namespace vsmlrt::graph {

// Element i depends on the picture's elements [step * i + low, step * i + high].
struct AxisDependence {
    std::size_t axis = 0; // of the value
    double step = 1;
    double low = 0;
    double high = 0;
};

// Vertical and horizontal; absent for values that do not depend on the picture.
using Trace = std::optional<std::array<AxisDependence, 2>>;

// A result i that reads source elements [i * stride + low, i * stride + high].
[[nodiscard]] AxisDependence through(const AxisDependence &axis, double stride, double low, double high);

// Result i reads one window of `kernel` elements, `dilation` apart, from i * stride - pad on.
[[nodiscard]] AxisDependence through_window(const AxisDependence &axis, std::int64_t kernel,
                                            std::int64_t dilation, std::int64_t stride, std::int64_t pad);
// The transposed window: source i is spread from i * stride - pad on.
[[nodiscard]] AxisDependence through_transposed_window(const AxisDependence &axis, std::int64_t kernel,
                                                       std::int64_t dilation, std::int64_t stride,
                                                       std::int64_t pad);
// Whether the step between samples, or where they begin, depends on the picture's size.
[[nodiscard]] bool follows_size(const Resize &op, float scale);
// `scale`: of this axis.
[[nodiscard]] AxisDependence through_resize(const Resize &op, const AxisDependence &axis, float scale);
// Each element becomes `block` of them, or `block` become one.
[[nodiscard]] AxisDependence through_unpacking(const AxisDependence &axis, std::int64_t block);
[[nodiscard]] AxisDependence through_packing(const AxisDependence &axis, std::int64_t block);

// That of the same axis after a reshape, where that keeps, splits or merges it; else nothing.
[[nodiscard]] std::optional<AxisDependence> through_reshape(const AxisDependence &axis, const Shape &from,
                                                            const Shape &to);

// Pixels on each side: the most that an output element lies away from what it depends on.
[[nodiscard]] int pixels(const AxisDependence &axis);

} // namespace vsmlrt::graph
