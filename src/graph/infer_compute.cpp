// Shapes of what computes over axes, and the parameters that follow from shapes: the axes of a reduction, the
// factors and the region of a resize.
#include "graph/infer_rules.h"

#include "base/checked.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

std::vector<std::size_t> all_axes(std::size_t first, std::size_t rank) {
    std::vector<std::size_t> axes;
    for (std::size_t axis = first; axis < rank; ++axis)
        axes.push_back(axis);
    return axes;
}

std::vector<std::size_t> reduced_axes(const Reduce &op, const Operands &in, std::size_t rank) {
    if (op.spatial)
        return all_axes(2, rank);
    std::vector<std::size_t> axes;
    if (in.has(1))
        for (const Integer axis : in.integers(1))
            axes.push_back(axis_index(axis, rank));
    else if (op.keep_if_no_axes)
        return axes;
    if (axes.empty() && !op.keep_if_no_axes)
        return all_axes(0, rank);
    std::sort(axes.begin(), axes.end());
    if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
        throw BadModel("an axis is named twice");
    return axes;
}

// The factor and size of each axis that a Resize names.
void resize_axis(Resize &op, Shape &dims, std::size_t axis, std::optional<double> scale,
                 std::optional<Integer> size) {
    const Integer from = dims[axis];
    if (size) {
        dims[axis] = *size;
        op.scales[axis] = static_cast<float>(*size) / static_cast<float>(from);
    } else {
        op.scales[axis] = static_cast<float>(*scale);
        const double to = std::floor(static_cast<double>(from) * static_cast<double>(op.scales[axis]));
        dims[axis] = to >= 1 && to < 1e15 ? static_cast<Integer>(to) : 0;
    }
    if (dims[axis] < 1 || !(op.scales[axis] > 0))
        throw BadModel("resizing ", from, " elements leaves none");
}

std::vector<std::size_t> resized_axes(const Resize &op, std::size_t rank) {
    if (op.axes.empty())
        return all_axes(0, rank);
    std::vector<std::size_t> axes;
    for (const Integer axis : op.axes)
        axes.push_back(axis_index(axis, rank));
    return axes;
}

// One factor for all axes: the smallest or the largest that `sizes` ask for. Halves are rounded up.
void keep_aspect(Resize &op, Shape &dims, const std::vector<std::size_t> &axes,
                 const std::vector<Integer> &sizes) {
    std::optional<float> factor;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const float asked = static_cast<float>(sizes[i]) / static_cast<float>(dims[axes[i]]);
        if (!factor || (op.aspect == AspectPolicy::not_larger ? asked < *factor : asked > *factor))
            factor = asked;
    }
    for (const std::size_t axis : axes) {
        const Integer from = dims[axis];
        const double to = std::floor(static_cast<double>(*factor * static_cast<float>(from)) + 0.5);
        if (!(to >= 1 && to < 1e15))
            throw BadModel("resizing ", from, " elements leaves none");
        op.scales[axis] = *factor;
        dims[axis] = static_cast<Integer>(to);
    }
}

void resolve_region(Resize &op, const Operands &in, const std::vector<std::size_t> &axes, std::size_t rank) {
    const std::vector<double> region = in.reals(3);
    if (region.size() != 2 * axes.size())
        throw BadModel("a region of ", region.size(), " numbers for ", axes.size(), " axes");
    op.roi.assign(rank, {0, 1});
    for (std::size_t i = 0; i < axes.size(); ++i)
        op.roi[axes[i]] = {static_cast<float>(region[i]), static_cast<float>(region[i + axes.size()])};
}

} // namespace

Dims infer_shape(Reduce &op, const Operands &in) {
    const Shape &x = in.dims(0);
    op.axes = reduced_axes(op, in, x.size());
    Shape dims;
    for (std::size_t axis = 0; axis < x.size(); ++axis) {
        const bool reduced = std::find(op.axes.begin(), op.axes.end(), axis) != op.axes.end();
        if (reduced && x[axis] == 0)
            throw BadModel("reducing an empty axis");
        if (!reduced || op.keep_sizes)
            dims.push_back(reduced ? 1 : x[axis]);
    }
    return {std::move(dims)};
}

Dims infer_shape(const MatMul &, const Operands &in) {
    Shape a = in.dims(0);
    Shape b = in.dims(1);
    if (a.empty() || b.empty())
        throw BadModel("a product with a scalar");
    const bool row = a.size() == 1;
    const bool column = b.size() == 1;
    if (row)
        a.insert(a.begin(), 1);
    if (column)
        b.push_back(1);
    if (a.back() != b[b.size() - 2])
        throw BadModel("shapes ", describe(in.dims(0)), " and ", describe(in.dims(1)),
                       " do not fit together");
    Shape dims = broadcast(Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
    if (!row)
        dims.push_back(a[a.size() - 2]);
    if (!column)
        dims.push_back(b.back());
    return {std::move(dims)};
}

Dims infer_shape(const Gemm &op, const Operands &in) {
    Shape a = in.dims(0, 2);
    Shape b = in.dims(1, 2);
    if (op.transpose_a)
        std::swap(a[0], a[1]);
    if (op.transpose_b)
        std::swap(b[0], b[1]);
    Shape dims{a[0], b[1]};
    if (a[1] != b[0] || (in.has(2) && broadcast(dims, in.dims(2)) != dims))
        throw BadModel("shapes ", describe(in.dims(0)), " and ", describe(in.dims(1)),
                       " do not fit together");
    return {std::move(dims)};
}

Dims infer_shape(const Softmax &op, const Operands &in) {
    static_cast<void>(axis_index(op.axis, in.dims(0).size()));
    return {in.dims(0)};
}

Dims infer_shape(const Normalize &op, const Operands &in) {
    const Shape &x = in.dims(0);
    if (x.size() < 2)
        throw BadModel("an input of shape ", describe(x));
    if (op.kind == NormalizeKind::layer) {
        const std::size_t axis = axis_index(op.axis, x.size());
        const Shape kept(x.begin() + static_cast<std::ptrdiff_t>(axis), x.end());
        if (broadcast(kept, in.dims(1)) != kept || (in.has(2) && broadcast(kept, in.dims(2)) != kept))
            throw BadModel("a scale of ", describe(in.dims(1)), " for ", describe(kept));
        return {x};
    }
    const bool grouped = op.kind == NormalizeKind::group;
    if (grouped && (op.groups < 1 || x[1] % op.groups != 0))
        throw BadModel(x[1], " channels in ", op.groups, " groups");
    const Shape expected{grouped && op.scale_by_group ? op.groups : x[1]};
    for (std::size_t i = 1; i < (op.kind == NormalizeKind::batch ? 5u : 3u); ++i)
        if (in.dims(i) != expected)
            throw BadModel("input ", i, " is ", describe(in.dims(i)), ", not ", describe(expected));
    return {x};
}

Dims infer_shape(const GridSample &, const Operands &in) {
    const Shape &x = in.dims(0, 4);
    const Shape &grid = in.dims(1, 4);
    if (grid[0] != x[0] || grid[3] != 2 || count(x) == 0)
        throw BadModel("input ", describe(x), " and grid ", describe(grid), " do not fit together");
    return {{x[0], x[1], grid[1], grid[2]}};
}

Dims infer_shape(Resize &op, const Operands &in) {
    Shape dims = in.dims(0);
    op.scales.assign(dims.size(), 1.0f);
    const std::vector<std::size_t> axes = resized_axes(op, dims.size());
    const bool by_size = in.has(2) && count(in.dims(2)) > 0;
    const std::vector<Integer> sizes = by_size ? in.integers(2) : std::vector<Integer>{};
    const std::vector<double> scales = by_size ? std::vector<double>{} : in.reals(1);
    if ((by_size ? sizes.size() : scales.size()) != axes.size() || count(dims) == 0)
        throw BadModel(by_size ? sizes.size() : scales.size(), " sizes or scales for ", axes.size(),
                       " axes of ", describe(dims));
    if (by_size && op.aspect != AspectPolicy::stretch)
        keep_aspect(op, dims, axes, sizes);
    else
        for (std::size_t i = 0; i < axes.size(); ++i)
            resize_axis(op, dims, axes[i], by_size ? std::nullopt : std::optional<double>(scales[i]),
                        by_size ? std::optional<Integer>(sizes[i]) : std::nullopt);
    if (op.coordinates == Coordinates::tf_crop_and_resize)
        resolve_region(op, in, axes, dims.size());
    return {std::move(dims)};
}

} // namespace vsmlrt::graph
