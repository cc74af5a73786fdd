#include "interpreter/cubic.h"
#include "interpreter/kernels.h"

#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::interpreter {
namespace {

using Integer = std::int64_t;
using graph::GridPadding;
using graph::GridSample;
using graph::Interpolation;

// A coordinate in [-1, 1] as a position among `size` elements.
double position(bool align_corners, double coordinate, Integer size) {
    const auto length = static_cast<double>(size);
    return align_corners ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2;
}

// Mirrors x at both ends of [low, high] as often as it takes.
double reflected(double x, double low, double high) {
    if (high <= low)
        return low;
    const double range = high - low;
    const double phase = std::fmod(std::abs(x - low), 2 * range);
    return low + (phase <= range ? phase : 2 * range - phase);
}

double bounded(const GridSample &op, double x, Integer size) {
    const auto last = static_cast<double>(size - 1);
    if (op.padding == GridPadding::zeros || std::isnan(x))
        return x;
    if (op.padding == GridPadding::reflection)
        x = op.align_corners ? reflected(x, 0, last) : reflected(x, -0.5, last + 0.5);
    return std::clamp(x, 0.0, last);
}

// One axis of one sample: which elements, with which weights.
struct Taps {
    Integer number;
    std::array<Integer, 4> at; // -1: outside, counts as 0
    std::array<double, 4> weight;
};

Taps taps_of(const GridSample &op, double coordinate, Integer size) {
    double x = position(op.align_corners, coordinate, size);
    // Cubic taps are brought inside one by one, so that the kernel keeps its shape at the edge.
    if (op.mode != Interpolation::cubic)
        x = bounded(op, x, size);
    // Beyond this nothing of the picture is in reach, and integers would overflow; NaN goes the same way.
    if (!(std::abs(x) < 1e9))
        x = op.padding == GridPadding::zeros ? -1e9 : 0;
    const double base = op.mode == Interpolation::nearest ? std::nearbyint(x) : std::floor(x);
    const double t = x - base;
    Taps taps{1, {}, {1}};
    double first = base;
    if (op.mode == Interpolation::linear) {
        taps = {2, {}, {1 - t, t}};
    } else if (op.mode == Interpolation::cubic) {
        taps = {4, {}, cubic_weights(t, -0.75)};
        first = base - 1;
    }
    for (Integer k = 0; k < taps.number; ++k) {
        const double tap = bounded(op, first + static_cast<double>(k), size);
        const auto at = static_cast<Integer>(std::nearbyint(tap));
        taps.at[static_cast<std::size_t>(k)] = at >= 0 && at < size ? at : -1;
    }
    return taps;
}

double sample(const double *plane, Integer width, const Taps &rows, const Taps &columns) {
    double sum = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows.number); ++r)
        for (std::size_t c = 0; c < static_cast<std::size_t>(columns.number); ++c)
            if (rows.at[r] >= 0 && columns.at[c] >= 0)
                sum += rows.weight[r] * columns.weight[c] * plane[rows.at[r] * width + columns.at[c]];
    return sum;
}

} // namespace

void evaluate(const GridSample &op, Inputs inputs, Outputs outputs) {
    const graph::Shape &in = inputs[0].dims;
    const graph::Shape &out = outputs[0].dims;
    const std::vector<double> x = graph::widen<double>(inputs[0]);
    const std::vector<double> grid = graph::widen<double>(inputs[1]);
    std::vector<double> result(static_cast<std::size_t>(graph::count(out)));
    const Integer area = out[2] * out[3];
    for (Integer n = 0; n < out[0]; ++n)
        for (Integer i = 0; i < area; ++i) {
            const double *point = grid.data() + (n * area + i) * 2;
            const Taps columns = taps_of(op, point[0], in[3]);
            const Taps rows = taps_of(op, point[1], in[2]);
            for (Integer c = 0; c < out[1]; ++c)
                result[static_cast<std::size_t>((n * out[1] + c) * area + i)] =
                    sample(x.data() + (n * in[1] + c) * in[2] * in[3], in[3], rows, columns);
        }
    graph::narrow<double>(result, outputs[0]);
}

} // namespace vsmlrt::interpreter
