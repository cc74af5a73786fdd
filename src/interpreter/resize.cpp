// One axis after another, with the kernel's weights from their definition at every position. Positions are in
// single precision, as the operator's runtimes reckon; weights and sums are in double.
#include "interpreter/cubic.h"
#include "interpreter/kernels.h"

#include "graph/select.h"
#include "graph/storage.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::interpreter {
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
    std::array<float, 2> roi;
};

Axis axis_of(const Resize &op, std::size_t a, Integer from, Integer to) {
    return {from, to, op.scales[a], op.roi.empty() ? std::array<float, 2>{0, 1} : op.roi[a]};
}

bool stays(const Axis &axis) {
    return axis.from == axis.to && axis.scale == 1 && axis.roi[0] == 0 && axis.roi[1] == 1;
}

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
    case Coordinates::tf_half_pixel_for_nn:
        return (at + 0.5f) / axis.scale;
    case Coordinates::tf_crop_and_resize:
        return axis.to > 1
                   ? axis.roi[0] * (from - 1) + at * (axis.roi[1] - axis.roi[0]) * (from - 1) / (to - 1)
                   : (axis.roi[0] + axis.roi[1]) * (from - 1) / 2;
    }
    throw InternalError("unknown coordinates");
}

// Whether the result there is the extrapolation value.
bool is_outside(const Resize &op, const Axis &axis, float position) {
    return op.coordinates == Coordinates::tf_crop_and_resize &&
           !(position >= 0 && position <= static_cast<float>(axis.from - 1));
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

// Where result `i` comes from; graph::outside where it is extrapolated.
Integer nearest_source(const Resize &op, const Axis &axis, Integer i) {
    const float position = source_position(op.coordinates, axis, i);
    if (is_outside(op, axis, position))
        return graph::outside;
    return std::clamp<Integer>(nearest(op.nearest, position, axis.scale), 0, axis.from - 1);
}

void resize_nearest(const Resize &op, const graph::ConstView &input, const graph::View &output) {
    const Shape strides = graph::strides_of(input.dims);
    std::vector<graph::AxisTable> tables;
    for (std::size_t a = 0; a < strides.size(); ++a) {
        const Axis axis = axis_of(op, a, input.dims[a], output.dims[a]);
        graph::AxisTable table = graph::steps(axis.to, 0, 1);
        for (Integer &i : table) {
            const Integer from = stays(axis) ? i : nearest_source(op, axis, i);
            i = from == graph::outside ? from : from * strides[a];
        }
        tables.push_back(std::move(table));
    }
    std::array<std::byte, 8> fill{};
    graph::narrow<float>(std::span(&op.extrapolation, 1), {output.type, {}, fill.data()});
    graph::select(input, output, tables, fill.data());
}

// An element of the source that takes part in one of the result.
struct Tap {
    Integer at;
    double weight;
};

double kernel(const Resize &op, double distance) {
    return op.mode == Interpolation::cubic ? cubic_weight(distance, op.cubic_a) : std::max(0.0, 1 - distance);
}

// `axis` shrinks under a kernel as wide as a pixel of the result where `op` asks for that, else under one as
// wide as a pixel of the source. Those outside of the source count as its edge, or not at all.
std::vector<Tap> taps_of(const Resize &op, const Axis &axis, double position) {
    const double scale = op.antialias ? std::min(1.0, static_cast<double>(axis.scale)) : 1.0;
    const double reach = (op.mode == Interpolation::cubic ? 2 : 1) / scale;
    std::vector<Tap> taps;
    double sum = 0;
    for (auto i = static_cast<Integer>(std::ceil(position - reach));
         i <= static_cast<Integer>(std::floor(position + reach)); ++i) {
        const double weight = kernel(op, std::abs(static_cast<double>(i) - position) * scale);
        if (weight == 0 || (op.exclude_outside && (i < 0 || i >= axis.from)))
            continue;
        taps.push_back({std::clamp<Integer>(i, 0, axis.from - 1), weight});
        sum += weight;
    }
    if (taps.empty()) // all of them outside
        return {{std::clamp<Integer>(static_cast<Integer>(std::floor(position)), 0, axis.from - 1), 1}};
    for (Tap &tap : taps)
        tap.weight /= sum;
    return taps;
}

// Resizes axis `a` of a tensor of shape `dims`; the other axes stay.
std::vector<double> resize_axis(const Resize &op, const std::vector<double> &values, const Shape &dims,
                                std::size_t a, Integer to) {
    const Integer inner = std::accumulate(dims.begin() + static_cast<std::ptrdiff_t>(a) + 1, dims.end(),
                                          Integer{1}, std::multiplies<>());
    const Axis axis = axis_of(op, a, dims[a], to);
    const Integer outer = static_cast<Integer>(values.size()) / (axis.from * inner);
    std::vector<double> result(static_cast<std::size_t>(outer * to * inner));
    for (Integer i = 0; i < to; ++i) {
        const float position = source_position(op.coordinates, axis, i);
        const bool extrapolated = is_outside(op, axis, position);
        const std::vector<Tap> taps =
            extrapolated ? std::vector<Tap>{} : taps_of(op, axis, static_cast<double>(position));
        for (Integer o = 0; o < outer; ++o) {
            double *out = result.data() + (o * to + i) * inner;
            if (extrapolated)
                std::fill_n(out, inner, static_cast<double>(op.extrapolation));
            for (const Tap &tap : taps) {
                const double *in = values.data() + (o * axis.from + tap.at) * inner;
                for (Integer x = 0; x < inner; ++x)
                    out[x] += tap.weight * in[x];
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
        if (stays(axis_of(op, a, dims[a], to)))
            continue;
        values = resize_axis(op, values, dims, a, to);
        dims[a] = to;
    }
    graph::narrow<double>(values, outputs[0]);
}

} // namespace vsmlrt::interpreter
