// Operators that mostly compute with sizes. Their results' shapes may depend on what
// operands contain, which is known here wherever it follows from sizes and constants.
#include "graph/infer_rules.h"

#include "base/checked.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

Shape reshaped(const Reshape &op, const Operands &in) {
    const Shape &x = in.dims(0);
    Shape dims = in.integers(1);
    Integer open = -1;
    Integer fixed = 1;
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        if (dims[axis] == 0 && !op.zero_is_zero && axis < x.size())
            dims[axis] = x[axis];
        if (dims[axis] == -1 && open < 0)
            open = static_cast<Integer>(axis);
        else
            fixed = checked_mul(fixed, dims[axis], "shape");
    }
    if (open >= 0)
        dims[static_cast<std::size_t>(open)] = fixed > 0 && count(x) % fixed == 0 ? count(x) / fixed : 0;
    if (count(dims) != count(x))
        throw BadModel(describe(x), " cannot become ", describe(in.integers(1)));
    return dims;
}

Shape flattened(const Reshape &op, const Shape &x) {
    const auto rank = static_cast<Integer>(x.size());
    if (op.axis < -rank || op.axis > rank)
        throw BadModel("axis ", op.axis, " is outside of a tensor of rank ", rank);
    const auto split = x.begin() + (op.axis < 0 ? op.axis + rank : op.axis);
    return {count(Shape(x.begin(), split)), count(Shape(split, x.end()))};
}

Shape squeezed(const Operands &in) {
    const Shape &x = in.dims(0);
    std::vector<bool> drop(x.size(), false);
    if (in.has(1)) {
        for (const Integer named : in.integers(1)) {
            const std::size_t axis = axis_index(named, x.size());
            if (x[axis] != 1)
                throw BadModel("axis ", axis, " of ", describe(x), " is not 1");
            drop[axis] = true;
        }
    } else {
        std::transform(x.begin(), x.end(), drop.begin(), [](Integer size) { return size == 1; });
    }
    Shape dims;
    for (std::size_t axis = 0; axis < x.size(); ++axis)
        if (!drop[axis])
            dims.push_back(x[axis]);
    return dims;
}

Shape unsqueezed(const Operands &in) {
    const Shape &x = in.dims(0);
    std::vector<std::size_t> axes;
    const std::vector<Integer> named = in.integers(1);
    for (const Integer axis : named)
        axes.push_back(axis_index(axis, x.size() + named.size()));
    std::sort(axes.begin(), axes.end());
    if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
        throw BadModel("an axis is named twice");
    Shape dims = x;
    for (const std::size_t axis : axes)
        dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    return dims;
}

} // namespace

Dims infer_shape(const Reshape &op, const Operands &in) {
    switch (op.kind) {
    case ReshapeKind::to_shape:
        return {reshaped(op, in)};
    case ReshapeKind::flatten:
        return {flattened(op, in.dims(0))};
    case ReshapeKind::squeeze:
        return {squeezed(in)};
    case ReshapeKind::unsqueeze:
        return {unsqueezed(in)};
    }
    throw InternalError("unknown reshape");
}

std::vector<Integer> sizes_of(const ShapeOf &op, const Shape &dims) {
    if (op.total)
        return {count(dims)};
    const auto rank = static_cast<Integer>(dims.size());
    const auto position = [&](Integer at) { return std::clamp<Integer>(at < 0 ? at + rank : at, 0, rank); };
    const Integer start = position(op.start);
    return {dims.begin() + start, dims.begin() + std::max(position(op.end), start)};
}

Dims infer_shape(const ShapeOf &op, const Operands &in) {
    if (op.total)
        return {Shape{}};
    return {{static_cast<Integer>(sizes_of(op, in.dims(0)).size())}};
}

Dims infer_shape(const Fill &, const Operands &in) {
    Shape dims = in.integers(0);
    static_cast<void>(count(dims)); // no negative sizes
    return {std::move(dims)};
}

Dims infer_shape(const Range &, const Operands &in) {
    const double step = in.reals(2).at(0);
    if (step == 0)
        throw BadModel("a range with step 0");
    const double length = std::ceil((in.reals(1).at(0) - in.reals(0).at(0)) / step);
    if (!(length < 1e15))
        throw BadModel("a range without end");
    return {{length > 0 ? static_cast<Integer>(length) : 0}};
}

} // namespace vsmlrt::graph
