// By the definition, with bounds taken out of the inner loop: slow enough to be sure of, fast enough for
// tests. Sums are in double, so that the order of adding does not show.
#include "interpreter/kernels.h"

#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::interpreter {
namespace {

using Integer = std::int64_t;
using graph::ConstView;
using graph::Pair;
using graph::Shape;

// The results r in [0, results) whose source r * stride + shift lies in [0, size).
struct IndexRange {
    Integer begin;
    Integer end;
};

IndexRange indices_inside(Integer results, Integer stride, Integer shift, Integer size) {
    const Integer begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const Integer end = shift >= size ? 0 : (size - shift - 1) / stride + 1;
    return {begin, std::clamp(end, begin, std::max(begin, results))};
}

// sums[r] += weight * in[r * stride + shift], over all r that stay inside.
void add_row(double *sums, IndexRange columns, const float *in, Integer stride, double weight) {
    if (stride == 1) {
        for (Integer r = columns.begin; r < columns.end; ++r)
            sums[r] += weight * static_cast<double>(in[r]);
        return;
    }
    for (Integer r = columns.begin; r < columns.end; ++r)
        sums[r] += weight * static_cast<double>(in[r * stride]);
}

struct Planes {
    std::vector<float> values;
    Integer channels;
    Integer height;
    Integer width;

    explicit Planes(const ConstView &tensor)
        : values(graph::widen<float>(tensor)), channels(tensor.dims[1]), height(tensor.dims[2]),
          width(tensor.dims[3]) {}
    [[nodiscard]] const float *plane(Integer n, Integer channel) const {
        return values.data() + (n * channels + channel) * height * width;
    }
};

double bias_of(Inputs inputs, const std::vector<double> &bias, Integer channel) {
    return graph::has(inputs, 2) ? bias[static_cast<std::size_t>(channel)] : 0.0;
}

std::vector<double> bias_values(Inputs inputs) {
    return graph::has(inputs, 2) ? graph::widen<double>(inputs[2]) : std::vector<double>{};
}

// One plane of a convolution's result.
void convolve(const graph::Conv &op, const Planes &x, const Planes &w, Integer n, Integer m, const Shape &out,
              double *sums) {
    const Integer first = m / (out[1] / op.groups) * w.channels;
    for (Integer c = 0; c < w.channels; ++c) {
        const float *in = x.plane(n, first + c);
        for (Integer i = 0; i < w.height; ++i) {
            const Integer down = i * op.dilations[0] - op.pads[0];
            const IndexRange rows = indices_inside(out[2], op.strides[0], down, x.height);
            for (Integer j = 0; j < w.width; ++j) {
                const Integer right = j * op.dilations[1] - op.pads[1];
                const IndexRange columns = indices_inside(out[3], op.strides[1], right, x.width);
                const double weight = w.plane(m, c)[i * w.width + j];
                for (Integer r = rows.begin; r < rows.end; ++r)
                    add_row(sums + r * out[3], columns, in + (r * op.strides[0] + down) * x.width + right,
                            op.strides[1], weight);
            }
        }
    }
}

// One plane of a transposed convolution's result: every element of the input is spread over a window of it.
void spread(const graph::ConvTranspose &op, const Planes &x, const Planes &w, Integer n, Integer m,
            const Shape &out, double *sums) {
    const Integer group = m / w.channels;
    const Integer per_group = x.channels / op.groups;
    for (Integer c = group * per_group; c < (group + 1) * per_group; ++c) {
        const float *in = x.plane(n, c);
        const float *weights = w.plane(c, m % w.channels);
        for (Integer i = 0; i < w.height; ++i) {
            const Integer down = i * op.dilations[0] - op.pads[0];
            const IndexRange rows = indices_inside(x.height, op.strides[0], down, out[2]);
            for (Integer j = 0; j < w.width; ++j) {
                const Integer right = j * op.dilations[1] - op.pads[1];
                const IndexRange columns = indices_inside(x.width, op.strides[1], right, out[3]);
                const double weight = weights[i * w.width + j];
                for (Integer r = rows.begin; r < rows.end; ++r) {
                    double *row = sums + (r * op.strides[0] + down) * out[3] + right;
                    for (Integer s = columns.begin; s < columns.end; ++s)
                        row[s * op.strides[1]] += weight * static_cast<double>(in[r * x.width + s]);
                }
            }
        }
    }
}

template <typename Op, typename Plane>
void each_plane(const Op &op, Inputs inputs, Outputs outputs, Plane plane) {
    const Planes x(inputs[0]);
    const Planes w(inputs[1]);
    const std::vector<double> bias = bias_values(inputs);
    const Shape &out = outputs[0].dims;
    const Integer area = out[2] * out[3];
    const auto bytes = static_cast<Integer>(element_size(outputs[0].type));
    std::vector<double> sums(static_cast<std::size_t>(area));
    for (Integer n = 0; n < out[0]; ++n)
        for (Integer m = 0; m < out[1]; ++m) {
            std::fill(sums.begin(), sums.end(), bias_of(inputs, bias, m));
            plane(op, x, w, n, m, out, sums.data());
            graph::narrow<double>(
                sums, {outputs[0].type, {area}, outputs[0].data + (n * out[1] + m) * area * bytes});
        }
}

} // namespace

void evaluate(const graph::Conv &op, Inputs inputs, Outputs outputs) {
    each_plane(op, inputs, outputs, convolve);
}

void evaluate(const graph::ConvTranspose &op, Inputs inputs, Outputs outputs) {
    each_plane(op, inputs, outputs, spread);
}

} // namespace vsmlrt::interpreter
