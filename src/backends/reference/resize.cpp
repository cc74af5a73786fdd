#include "backends/reference/cubic.h"
#include "backends/reference/kernels.h"

#include "graph/select.h"
#include "graph/storage.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::reference {
namespace {

using Integer = std::int64_t;
using graph::Coordinates;
using graph::Interpolation;
using graph::NearestMode;
using graph::Resize;
using graph::Shape;

// One axis of a Resize.
struct Axis {
    Integer from;
    Integer to;
    float scale;
};

// Where result `i` lies in the source. In single precision, as the operator's runtimes reckon: which
// neighbour is the nearest depends on it.
float source_position(Coordinates coordinates, const Axis &axis, Integer i) {
    const auto at = static_cast<float>(i);
    const auto from = static_cast<float>(axis.from);
    const auto to = static_cast<float>(axis.to);
    const float half_pixel = (at + 0.5f) / axis.scale - 0.5f;
    switch (coordinates) {
    case Coordinates::half_pixel:
        return half_pixel;
    case Coordinates::half_pixel_symmetric:
        return from / 2 * (1 - to / (axis.scale * from)) + half_pixel;
    case Coordinates::pytorch_half_pixel:
        return axis.to > 1 ? half_pixel : 0.0f;
    case Coordinates::align_corners:
        return axis.to > 1 ? at * (from - 1) / (to - 1) : 0.0f;
    case Coordinates::asymmetric:
        return at / axis.scale;
    }
    throw InternalError("unknown coordinates");
}

Integer nearest(NearestMode mode, float position, float scale) {
    switch (mode) {
    case NearestMode::round_prefer_floor:
        return static_cast<Integer>(std::ceil(position - 0.5f));
    case NearestMode::round_prefer_ceil:
        return static_cast<Integer>(std::floor(position + 0.5f));
    case NearestMode::floor:
        return static_cast<Integer>(std::floor(position));
    case NearestMode::ceil:
        return static_cast<Integer>(std::ceil(position));
    case NearestMode::simple:
        return static_cast<Integer>(scale < 1 ? std::ceil(position) : std::floor(position));
    }
    throw InternalError("unknown nearest mode");
}

void resize_nearest(const Resize &op, const graph::ConstView &input, const graph::View &output) {
    const Shape strides = graph::strides_of(input.dims);
    std::vector<graph::AxisTable> tables;
    for (std::size_t a = 0; a < strides.size(); ++a) {
        const Axis axis{input.dims[a], output.dims[a], op.scales[a]};
        graph::AxisTable table = graph::steps(axis.to, 0, 1);
        if (axis.from != axis.to || axis.scale != 1)
            for (Integer &i : table)
                i = std::clamp<Integer>(
                    nearest(op.nearest, source_position(op.coordinates, axis, i), axis.scale), 0,
                    axis.from - 1);
        for (Integer &i : table)
            i *= strides[a];
        tables.push_back(std::move(table));
    }
    graph::select(input, output, tables);
}

// The elements of the source that make one of the result, and their weights.
struct Taps {
    std::array<Integer, 4> at;
    std::array<double, 4> weight;
};

Taps taps_of(const Resize &op, const Axis &axis, Integer i) {
    const auto position = static_cast<double>(source_position(op.coordinates, axis, i));
    const auto base = static_cast<Integer>(std::floor(position));
    const double t = position - std::floor(position);
    Taps taps{{base - 1, base, base + 1, base + 2}, {0, 1 - t, t, 0}};
    if (op.mode == Interpolation::cubic)
        taps.weight = cubic_weights(t, op.cubic_a);
    if (op.exclude_outside) {
        for (std::size_t k = 0; k < 4; ++k)
            if (taps.at[k] < 0 || taps.at[k] >= axis.from)
                taps.weight[k] = 0;
        const double sum = std::accumulate(taps.weight.begin(), taps.weight.end(), 0.0);
        for (double &weight : taps.weight)
            weight /= sum;
    }
    for (Integer &at : taps.at)
        at = std::clamp<Integer>(at, 0, axis.from - 1);
    return taps;
}

// Resizes axis `a` of a tensor of shape `dims`; the other axes stay.
std::vector<double> resize_axis(const Resize &op, const std::vector<double> &values, const Shape &dims,
                                std::size_t a, Integer to) {
    const Integer inner = std::accumulate(dims.begin() + static_cast<std::ptrdiff_t>(a) + 1, dims.end(),
                                          Integer{1}, std::multiplies<>());
    const Axis axis{dims[a], to, op.scales[a]};
    const Integer outer = static_cast<Integer>(values.size()) / (axis.from * inner);
    std::vector<double> result(static_cast<std::size_t>(outer * to * inner));
    for (Integer i = 0; i < to; ++i) {
        const Taps taps = taps_of(op, axis, i);
        for (Integer o = 0; o < outer; ++o) {
            double *out = result.data() + (o * to + i) * inner;
            for (std::size_t k = 0; k < 4; ++k) {
                const double *in = values.data() + (o * axis.from + taps.at[k]) * inner;
                for (Integer x = 0; taps.weight[k] != 0 && x < inner; ++x)
                    out[x] += taps.weight[k] * in[x];
            }
        }
    }
    return result;
}

} // namespace

void evaluate(const Resize &op, Inputs inputs, Outputs outputs) {
    if (op.mode == Interpolation::nearest)
        return resize_nearest(op, inputs[0], outputs[0]);
    Shape dims = inputs[0].dims;
    std::vector<double> values = graph::widen<double>(inputs[0]);
    for (std::size_t a = 0; a < dims.size(); ++a) {
        const Integer to = outputs[0].dims[a];
        if (to == dims[a] && op.scales[a] == 1)
            continue;
        values = resize_axis(op, values, dims, a, to);
        dims[a] = to;
    }
    graph::narrow<double>(values, outputs[0]);
}

} // namespace vsmlrt::reference
