// Shapes of windows that slide, and the padding that keeps a size. ONNX counts windows in three ways (rounded
// down, rounded up, by the stride alone); all of them are here and nowhere else.
#include "graph/infer_rules.h"

#include "base/checked.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

// How far apart the first and last element that a window reads are, plus one.
Integer reach(Integer kernel, Integer dilation) {
    return checked_add(checked_mul(kernel - 1, dilation, "window"), 1, "window");
}

// Splits `total` padding between the two sides: the odd one goes to the end for same_upper, else to the
// start.
void set_pads(Quad &pads, std::size_t axis, Integer total, bool odd_at_end) {
    const Integer half = total / 2;
    pads[axis] = odd_at_end ? half : total - half;
    pads[axis + 2] = total - pads[axis];
}

void resolve_pads(Quad &pads, AutoPad mode, std::size_t axis, Integer size, Integer reach, Integer stride) {
    if (mode == AutoPad::none)
        return;
    Integer total = 0;
    if (mode != AutoPad::valid)
        total = std::max<Integer>(((size + stride - 1) / stride - 1) * stride + reach - size, 0);
    set_pads(pads, axis, total, mode == AutoPad::same_upper);
}

Integer window_count(Integer size, Integer reach, Integer stride, bool ceil_mode, Integer begin,
                     Integer end) {
    const Integer padded = checked_add(checked_add(size, begin, "padded size"), end, "padded size");
    if (padded < reach)
        throw BadModel("a window of ", reach, " does not fit into ", padded, " (", size, " and padding)");
    Integer windows = (padded - reach + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    // A window that starts in the padding behind the picture does not count.
    if (ceil_mode && (windows - 1) * stride >= size + begin)
        --windows;
    return windows;
}

void check_bias(const Operands &in, Integer channels) {
    if (in.has(2) && in.dims(2) != Shape{channels})
        throw BadModel("a bias of ", describe(in.dims(2)), " for ", channels, " channels");
}

void check_kernel(const std::optional<Pair> &stated, const Shape &w) {
    if (stated && *stated != Pair{w[2], w[3]})
        throw BadModel("weights ", describe(w), " where attribute \"kernel_shape\" states ", (*stated)[0],
                       "x", (*stated)[1]);
}

void check_groups(Integer groups, const Shape &x, const Shape &w, Integer expected) {
    if (groups < 1 || x[1] % groups != 0 || w[0] % groups != 0 || expected != x[1])
        throw BadModel("input ", describe(x), ", weights ", describe(w), " and ", groups,
                       " groups do not fit together");
    if (count(w) == 0 || count(x) == 0)
        throw BadModel("input ", describe(x), " or weights ", describe(w), " are empty");
}

} // namespace

Dims infer_shape(Conv &op, const Operands &in) {
    const Shape &x = in.dims(0, 4);
    const Shape &w = in.dims(1, 4);
    check_kernel(op.kernel, w);
    check_groups(op.groups, x, w, checked_mul(w[1], op.groups, "channels"));
    check_bias(in, w[0]);
    Shape dims{x[0], w[0], 0, 0};
    for (const std::size_t axis : {0, 1}) {
        const Integer size = x[axis + 2];
        const Integer span = reach(w[axis + 2], op.dilations[axis]);
        resolve_pads(op.pads, op.auto_pad, axis, size, span, op.strides[axis]);
        dims[axis + 2] = window_count(size, span, op.strides[axis], false, op.pads[axis], op.pads[axis + 2]);
    }
    return {std::move(dims)};
}

Dims infer_shape(ConvTranspose &op, const Operands &in) {
    const Shape &x = in.dims(0, 4);
    const Shape &w = in.dims(1, 4);
    check_kernel(op.kernel, w);
    check_groups(op.groups, x, w, w[0]);
    Shape dims{x[0], checked_mul(w[1], op.groups, "channels"), 0, 0};
    check_bias(in, dims[1]);
    const bool same = op.auto_pad == AutoPad::same_upper || op.auto_pad == AutoPad::same_lower;
    for (const std::size_t axis : {0, 1}) {
        const Integer full = checked_mul(op.strides[axis], x[axis + 2] - 1, "enlarged size") +
                             op.output_padding[axis] + reach(w[axis + 2], op.dilations[axis]);
        if (!op.output_size.empty() || same) {
            const Integer wanted =
                same && op.output_size.empty() ? x[axis + 2] * op.strides[axis] : op.output_size[axis];
            set_pads(op.pads, axis, std::max<Integer>(full - wanted, 0), op.auto_pad == AutoPad::same_upper);
            dims[axis + 2] = wanted;
        } else {
            dims[axis + 2] = full - op.pads[axis] - op.pads[axis + 2];
        }
        if (dims[axis + 2] < 1)
            throw BadModel("its result at input ", describe(x), " would be empty");
    }
    return {std::move(dims)};
}

Dims infer_shape(Pool &op, const Operands &in) {
    Shape dims = in.dims(0, 4);
    for (const std::size_t axis : {0, 1}) {
        Integer &size = dims[axis + 2];
        const Integer span = reach(op.kernel[axis], op.dilations[axis]);
        resolve_pads(op.pads, op.auto_pad, axis, size, span, op.strides[axis]);
        if (op.pads[axis] >= span || op.pads[axis + 2] >= span)
            throw BadModel("padding of ", op.pads[axis], " and ", op.pads[axis + 2], " for a window of ",
                           span);
        size = window_count(size, span, op.strides[axis], op.ceil_mode, op.pads[axis], op.pads[axis + 2]);
    }
    return {std::move(dims)};
}

} // namespace vsmlrt::graph
