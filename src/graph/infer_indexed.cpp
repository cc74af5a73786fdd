#include "graph/infer_rules.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

void check_indices(const Operands &in, std::size_t index) {
    const Element type = in.at(index).type;
    if (type != Element::i64 && type != Element::i32)
        throw BadModel("indices of type ", element_name(type));
}

// Sizes of indices and x along all axes but one: the indices may be fewer.
void check_within(const Shape &x, const Shape &indices, std::size_t axis) {
    bool fits = indices.size() == x.size();
    for (std::size_t i = 0; fits && i < x.size(); ++i)
        fits = i == axis || indices[i] <= x[i];
    if (!fits)
        throw BadModel("indices ", describe(indices), " for ", describe(x));
}

// How many indices of x one tuple holds, behind `batch` axes that both have.
std::size_t tuple_length(const Shape &x, const Shape &indices, std::size_t batch) {
    const bool fits =
        !indices.empty() && batch < indices.size() && indices.back() >= 1 &&
        indices.back() <= static_cast<std::int64_t>(x.size() - std::min(batch, x.size())) &&
        std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(std::min(batch, x.size())),
                   indices.begin());
    if (!fits)
        throw BadModel("indices ", describe(indices), " for ", describe(x));
    return static_cast<std::size_t>(indices.back());
}

// What a tuple of so many indices gives: the axes of the tuples, then those of a block of x.
Shape taken(const Shape &x, const Shape &indices, std::size_t skipped) {
    Shape dims(indices.begin(), indices.end() - 1);
    dims.insert(dims.end(), x.begin() + static_cast<std::ptrdiff_t>(skipped), x.end());
    return dims;
}

} // namespace

Dims infer_shape(const GatherElements &op, const Operands &in) {
    check_indices(in, 1);
    check_within(in.dims(0), in.dims(1), axis_index(op.axis, in.dims(0).size()));
    return {in.dims(1)};
}

Dims infer_shape(const GatherNd &op, const Operands &in) {
    check_indices(in, 1);
    if (op.batch_axes < 0)
        throw BadModel("attribute \"batch_dims\" is ", op.batch_axes);
    const auto batch = static_cast<std::size_t>(op.batch_axes);
    return {taken(in.dims(0), in.dims(1), batch + tuple_length(in.dims(0), in.dims(1), batch))};
}

Dims infer_shape(const ScatterElements &op, const Operands &in) {
    check_indices(in, 1);
    check_within(in.dims(0), in.dims(1), axis_index(op.axis, in.dims(0).size()));
    if (in.dims(2) != in.dims(1) || in.at(2).type != in.at(0).type)
        throw BadModel("updates ", describe(in.dims(2)), " for indices ", describe(in.dims(1)));
    return {in.dims(0)};
}

Dims infer_shape(const ScatterNd &, const Operands &in) {
    check_indices(in, 1);
    const Shape wanted = taken(in.dims(0), in.dims(1), tuple_length(in.dims(0), in.dims(1), 0));
    if (in.dims(2) != wanted || in.at(2).type != in.at(0).type)
        throw BadModel("updates ", describe(in.dims(2)), " where there are ", describe(wanted));
    return {in.dims(0)};
}

Dims infer_shape(const ArgReduce &op, const Operands &in) {
    Shape dims = in.dims(0);
    const std::size_t axis = axis_index(op.axis, dims.size());
    if (dims[axis] < 1)
        throw BadModel("an empty axis has no largest element");
    dims[axis] = 1;
    if (!op.keep_size)
        dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
    return {std::move(dims)};
}

Dims infer_shape(CumSum &op, const Operands &in) {
    const std::vector<std::int64_t> axis = in.integers(1);
    if (axis.size() != 1)
        throw BadModel(axis.size(), " axes to sum along");
    op.axis = axis_index(axis[0], in.dims(0).size());
    return {in.dims(0)};
}

Dims infer_shape(const TopK &op, const Operands &in) {
    Shape dims = in.dims(0);
    std::int64_t &size = dims[axis_index(op.axis, dims.size())];
    const std::vector<std::int64_t> k = in.integers(1);
    if (k.size() != 1 || k[0] < 1 || k[0] > size)
        throw BadModel("the ", k.empty() ? 0 : k[0], " largest of ", size, " elements");
    size = k[0];
    return {dims, dims};
}

} // namespace vsmlrt::graph
