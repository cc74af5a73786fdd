#include "graph/shape.h"

#include "base/checked.h"

#include <algorithm>

namespace vsmlrt::graph {

std::int64_t count(const Shape &shape) {
    std::int64_t product = 1;
    for (const std::int64_t size : shape)
        product = checked_mul(product, size, "number of elements");
    return product;
}

Shape strides_of(const Shape &shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t axis = shape.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * shape[axis];
    return strides;
}

std::string describe(const Shape &shape) {
    return shape.empty() ? "scalar" : join(shape, "x");
}

std::size_t axis_index(std::int64_t axis, std::size_t rank) {
    const auto signed_rank = static_cast<std::int64_t>(rank);
    if (axis < -signed_rank || axis >= signed_rank)
        throw BadModel("axis ", axis, " is outside of a tensor of rank ", rank);
    return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

Shape broadcast(const Shape &a, const Shape &b) {
    Shape result(std::max(a.size(), b.size()));
    for (std::size_t back = 1; back <= result.size(); ++back) {
        const std::int64_t left = back <= a.size() ? a[a.size() - back] : 1;
        const std::int64_t right = back <= b.size() ? b[b.size() - back] : 1;
        if (left != right && left != 1 && right != 1)
            throw BadModel("shapes ", describe(a), " and ", describe(b), " do not fit together");
        result[result.size() - back] = left == 1 ? right : left;
    }
    return result;
}

Shape broadcast_strides(const Shape &shape, const Shape &target) {
    const Shape dense = strides_of(shape);
    Shape strides(target.size(), 0);
    const std::size_t lead = target.size() - shape.size();
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        strides[lead + axis] = shape[axis] == 1 ? 0 : dense[axis];
    return strides;
}

} // namespace vsmlrt::graph
