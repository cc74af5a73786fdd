#include "interpreter/kernels.h"

#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::interpreter {
namespace {

using Integer = std::int64_t;
using graph::Pool;
using graph::PoolKind;

// The elements of one window along one axis: `begin`, begin + dilation, ..., those inside of the picture.
// `padded` of them count where padding counts: those inside of picture and padding, not what ceil_mode
// reaches beyond.
struct Window {
    Integer begin;
    Integer end;
    Integer padded;
};

Window window_at(const Pool &op, std::size_t axis, Integer result, Integer size) {
    const Integer dilation = op.dilations[axis];
    const Integer start = result * op.strides[axis] - op.pads[axis];
    Window window{start, start + op.kernel[axis] * dilation, 0};
    for (Integer at = start; at < window.end; at += dilation)
        window.padded += at < size + op.pads[axis + 2] ? 1 : 0;
    while (window.begin < 0)
        window.begin += dilation;
    window.end = std::min(window.end, size);
    return window;
}

double pooled(const Pool &op, const double *plane, Integer width, const Window &rows, const Window &columns) {
    double most = -std::numeric_limits<double>::infinity();
    double sum = 0;
    Integer number = 0;
    for (Integer y = rows.begin; y < rows.end; y += op.dilations[0])
        for (Integer x = columns.begin; x < columns.end; x += op.dilations[1]) {
            const double value = plane[y * width + x];
            most = value > most || std::isnan(value) ? value : most;
            sum += value;
            ++number;
        }
    if (op.kind == PoolKind::maximum)
        return most;
    const Integer divisor = op.count_padding ? rows.padded * columns.padded : number;
    return divisor == 0 ? 0 : sum / static_cast<double>(divisor);
}

} // namespace

void evaluate(const Pool &op, Inputs inputs, Outputs outputs) {
    const graph::Shape &in = inputs[0].dims;
    const graph::Shape &out = outputs[0].dims;
    const std::vector<double> x = graph::widen<double>(inputs[0]);
    std::vector<double> result;
    result.reserve(static_cast<std::size_t>(graph::count(out)));
    for (Integer plane = 0; plane < in[0] * in[1]; ++plane)
        for (Integer r = 0; r < out[2]; ++r) {
            const Window rows = window_at(op, 0, r, in[2]);
            for (Integer c = 0; c < out[3]; ++c)
                result.push_back(
                    pooled(op, x.data() + plane * in[2] * in[3], in[3], rows, window_at(op, 1, c, in[3])));
        }
    graph::narrow<double>(result, outputs[0]);
}

} // namespace vsmlrt::interpreter
