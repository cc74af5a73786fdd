#include "interpreter/kernels.h"

#include "graph/storage.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::interpreter {
namespace {

using Integer = std::int64_t;
using graph::NormalizeKind;
using graph::Shape;

Integer product(Shape::const_iterator begin, Shape::const_iterator end) {
    return std::accumulate(begin, end, Integer{1}, std::multiplies<>());
}

struct Moments {
    double mean;
    double variance;
};

Moments moments(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    return {mean, squares / n};
}

// Shifts and scales each run of `run` elements to mean 0 and variance 1.
void standardise(std::vector<double> &values, Integer run, double epsilon) {
    for (std::size_t first = 0; first < values.size(); first += static_cast<std::size_t>(run)) {
        const std::span part(values.data() + first, static_cast<std::size_t>(run));
        const auto [mean, variance] = moments(part);
        for (double &value : part)
            value = (value - mean) / std::sqrt(variance + epsilon);
    }
}

// The stated mean and variance of each channel instead.
void standardise_channels(std::vector<double> &values, Integer area, Inputs inputs, double epsilon) {
    const std::vector<double> mean = graph::widen<double>(inputs[3]);
    const std::vector<double> variance = graph::widen<double>(inputs[4]);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t channel = i / static_cast<std::size_t>(area) % mean.size();
        values[i] = (values[i] - mean[channel]) / std::sqrt(variance[channel] + epsilon);
    }
}

// value * scale + bias; `place` says which element of them a value takes.
template <typename Place>
void scale(std::vector<double> &values, Inputs inputs, Place place) {
    const std::vector<double> factors = graph::widen<double>(inputs[1]);
    const std::vector<double> bias =
        graph::has(inputs, 2) ? graph::widen<double>(inputs[2]) : std::vector<double>{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] *= factors[place(i) % factors.size()];
        if (!bias.empty())
            values[i] += bias[place(i) % bias.size()];
    }
}

// The softmax over `length` elements, `step` apart.
void softmax(double *values, Integer length, Integer step, bool logarithm) {
    double most = -std::numeric_limits<double>::infinity();
    for (Integer i = 0; i < length; ++i)
        most = std::max(most, values[i * step]);
    double sum = 0;
    for (Integer i = 0; i < length; ++i)
        sum += std::exp(values[i * step] - most);
    for (Integer i = 0; i < length; ++i) {
        const double shifted = values[i * step] - most;
        values[i * step] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
}

} // namespace

void evaluate(const graph::Normalize &op, Inputs inputs, Outputs outputs) {
    const Shape &dims = inputs[0].dims;
    std::vector<double> values = graph::widen<double>(inputs[0]);
    const Integer area = product(dims.begin() + 2, dims.end());
    const double epsilon = op.epsilon;
    if (op.kind == NormalizeKind::layer) {
        const auto axis = static_cast<std::ptrdiff_t>(graph::axis_index(op.axis, dims.size()));
        standardise(values, product(dims.begin() + axis, dims.end()), epsilon);
        scale(values, inputs, [](std::size_t i) { return i; });
        return graph::narrow<double>(values, outputs[0]);
    }
    if (op.kind == NormalizeKind::batch)
        standardise_channels(values, area, inputs, epsilon);
    else
        standardise(values, op.kind == NormalizeKind::group ? dims[1] / op.groups * area : area, epsilon);
    const bool by_group = op.kind == NormalizeKind::group && op.scale_by_group;
    const auto run = static_cast<std::size_t>(by_group ? dims[1] / op.groups * area : area);
    scale(values, inputs, [&](std::size_t i) { return i / run; });
    graph::narrow<double>(values, outputs[0]);
}

void evaluate(const graph::Softmax &op, Inputs inputs, Outputs outputs) {
    const Shape &dims = inputs[0].dims;
    std::vector<double> values = graph::widen<double>(inputs[0]);
    const auto axis = dims.begin() + static_cast<std::ptrdiff_t>(graph::axis_index(op.axis, dims.size()));
    const Integer length = op.to_the_end ? product(axis, dims.end()) : *axis;
    const Integer step = op.to_the_end ? 1 : product(axis + 1, dims.end());
    const auto total = static_cast<Integer>(values.size());
    for (Integer block = 0; block < total; block += length * step)
        for (Integer first = block; first < block + step; ++first)
            softmax(values.data() + first, length, step, op.logarithm);
    graph::narrow<double>(values, outputs[0]);
}

} // namespace vsmlrt::interpreter
