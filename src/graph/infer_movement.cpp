// Shapes of what moves elements. Positions may be negative or lie beyond the end, as ONNX allows; what is
// resolved here is inside, so that evaluation does not look again.
#include "graph/infer_rules.h"

#include "base/checked.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

// The axes that operand `index` names, else 0, 1, ... `fallback` of them.
std::vector<std::size_t> named_axes(const Operands &in, std::size_t index, std::size_t rank,
                                    std::size_t fallback) {
    std::vector<std::size_t> axes;
    if (in.has(index))
        for (const Integer axis : in.integers(index))
            axes.push_back(axis_index(axis, rank));
    else
        for (std::size_t axis = 0; axis < fallback; ++axis)
            axes.push_back(axis_index(static_cast<Integer>(axis), rank));
    return axes;
}

struct Interval {
    Integer start;
    Integer length;
};

// ONNX's rule: negative positions count from the end, everything is clamped to what a step in that direction
// reaches.
Interval sliced(Integer start, Integer end, Integer step, Integer size) {
    if (step == 0 || step == INT64_MIN)
        throw BadModel("a slice with step ", step);
    const auto position = [&](Integer at) { return at < 0 ? at + size : at; };
    if (step > 0) {
        start = std::clamp<Integer>(position(start), 0, size);
        end = std::clamp<Integer>(position(end), 0, size);
        return {start, start < end ? (end - start - 1) / step + 1 : 0};
    }
    start = std::clamp<Integer>(position(start), 0, std::max<Integer>(size - 1, 0));
    end = std::clamp<Integer>(position(end), -1, size - 1);
    return {start, start > end && size > 0 ? (start - end - 1) / -step + 1 : 0};
}

} // namespace

Dims infer_shape(const Concat &op, const Operands &in) {
    Shape dims = in.dims(0);
    const std::size_t axis = axis_index(op.axis, dims.size());
    for (std::size_t i = 1; i < in.size(); ++i) {
        Shape other = in.dims(i);
        const bool same_rank = other.size() == dims.size();
        const Integer length = same_rank ? other[axis] : 0;
        if (same_rank)
            other[axis] = dims[axis];
        if (other != dims || in.at(i).type != in.at(0).type)
            throw BadModel("shapes ", describe(in.dims(0)), " and ", describe(in.dims(i)),
                           " cannot be joined along axis ", axis);
        dims[axis] = checked_add(dims[axis], length, "joined size");
    }
    return {std::move(dims)};
}

Dims infer_shape(const Split &op, const Operands &in, std::size_t outputs) {
    const Shape &x = in.dims(0);
    const std::size_t axis = axis_index(op.axis, x.size());
    std::vector<Integer> lengths;
    if (in.has(1)) {
        lengths = in.integers(1);
    } else {
        // Equal parts; where they do not come out even the last one is smaller.
        const Integer part = (x[axis] + static_cast<Integer>(outputs) - 1) / static_cast<Integer>(outputs);
        for (std::size_t i = 0; i < outputs; ++i)
            lengths.push_back(std::clamp<Integer>(x[axis] - static_cast<Integer>(i) * part, 0, part));
    }
    Integer total = 0;
    Dims dims;
    for (const Integer length : lengths) {
        total = checked_add(total, length, "parts");
        dims.push_back(x);
        dims.back()[axis] = length;
    }
    if (total != x[axis] || lengths.size() != outputs)
        throw BadModel(x[axis], " elements do not split into ", join(lengths, " + "));
    return dims;
}

Dims infer_shape(Slice &op, const Operands &in) {
    Shape dims = in.dims(0);
    const std::vector<Integer> starts = in.integers(1);
    const std::vector<Integer> ends = in.integers(2);
    const std::vector<std::size_t> axes = named_axes(in, 3, dims.size(), starts.size());
    const std::vector<Integer> strides = in.has(4) ? in.integers(4) : std::vector<Integer>(starts.size(), 1);
    if (ends.size() != starts.size() || axes.size() != starts.size() || strides.size() != starts.size())
        throw BadModel("starts, ends, axes and steps differ in number");
    op.starts.assign(dims.size(), 0);
    op.steps.assign(dims.size(), 1);
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const auto [start, length] = sliced(starts[i], ends[i], strides[i], dims[axes[i]]);
        op.starts[axes[i]] = start;
        op.steps[axes[i]] = strides[i];
        dims[axes[i]] = length;
    }
    return {std::move(dims)};
}

Dims infer_shape(Pad &op, const Operands &in) {
    Shape dims = in.dims(0);
    const std::vector<Integer> amounts = in.integers(1);
    const std::vector<std::size_t> axes = named_axes(in, 3, dims.size(), in.has(3) ? 0 : amounts.size() / 2);
    if (amounts.size() != axes.size() * 2)
        throw BadModel(amounts.size(), " amounts of padding for ", axes.size(), " axes");
    if (in.has(2) && (count(in.dims(2)) != 1 || in.at(2).type != in.at(0).type))
        throw BadModel("a padding value that is not a single ", element_name(in.at(0).type));
    op.begins.assign(dims.size(), 0);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        constexpr Integer most = Integer{1} << 32;
        const Integer begin = amounts[i];
        const Integer end = amounts[i + axes.size()];
        Integer &size = dims[axes[i]];
        const Integer left = size + std::clamp<Integer>(begin, -most, 0) + std::clamp<Integer>(end, -most, 0);
        // Beyond one reflection runtimes disagree; a network that asks for it is used on too small a picture.
        const Integer limit = op.mode == PadMode::reflect ? left - 1 : op.mode == PadMode::wrap ? left : most;
        if (left < 1 || begin > limit || end > limit || begin < -most || end < -most)
            throw BadModel("padding of ", begin, " and ", end, " for ", size, " elements");
        op.begins[axes[i]] = begin;
        size += begin + end;
    }
    return {std::move(dims)};
}

Dims infer_shape(const DepthToSpace &op, const Operands &in) {
    const Shape &x = in.dims(0, 4);
    const Integer area = checked_mul(op.block, op.block, "block");
    if (area < 1 || x[1] % area != 0)
        throw BadModel(x[1], " channels in blocks of ", op.block, "x", op.block);
    return {{x[0], x[1] / area, checked_mul(x[2], op.block, "size"), checked_mul(x[3], op.block, "size")}};
}

Dims infer_shape(const SpaceToDepth &op, const Operands &in) {
    const Shape &x = in.dims(0, 4);
    if (op.block < 1 || x[2] % op.block != 0 || x[3] % op.block != 0)
        throw BadModel(describe(x), " is not made of blocks of ", op.block, "x", op.block);
    return {{x[0], checked_mul(x[1], checked_mul(op.block, op.block, "block"), "channels"), x[2] / op.block,
             x[3] / op.block}};
}

Dims infer_shape(const Transpose &op, const Operands &in) {
    const Shape &x = in.dims(0);
    if (op.order.empty())
        return {Shape(x.rbegin(), x.rend())};
    std::vector<Integer> sorted = op.order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t axis = 0; axis < sorted.size(); ++axis)
        if (sorted.size() != x.size() || sorted[axis] != static_cast<Integer>(axis))
            throw BadModel("the order ", join(op.order, ", "), " for a tensor of rank ", x.size());
    Shape dims;
    for (const Integer axis : op.order)
        dims.push_back(x[static_cast<std::size_t>(axis)]);
    return {std::move(dims)};
}

Dims infer_shape(const Expand &, const Operands &in) {
    const Shape wanted = in.integers(1);
    static_cast<void>(count(wanted)); // no negative sizes
    return {broadcast(in.dims(0), wanted)};
}

Dims infer_shape(const Tile &, const Operands &in) {
    Shape dims = in.dims(0);
    const std::vector<Integer> repeats = in.integers(1);
    if (repeats.size() != dims.size())
        throw BadModel(repeats.size(), " repeats for a tensor of rank ", dims.size());
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
        dims[axis] = checked_mul(dims[axis], repeats[axis], "repeated size");
    return {std::move(dims)};
}

Dims infer_shape(const Gather &op, const Operands &in) {
    Shape dims = in.dims(0);
    const auto at = dims.begin() + static_cast<std::ptrdiff_t>(axis_index(op.axis, dims.size()));
    const Shape &indices = in.dims(1);
    dims.insert(dims.erase(at), indices.begin(), indices.end());
    return {std::move(dims)};
}

} // namespace vsmlrt::graph
