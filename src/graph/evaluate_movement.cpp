// Most of these are one table of positions an axis (graph/select.h); the rest copies blocks. What an element
// is does not matter to any of them.
#include "graph/evaluate.h"
#include "graph/select.h"
#include "graph/storage.h"
#include "graph/wrapping.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

// What is left of an axis of `size` elements after negative padding has cropped it.
struct Kept {
    Integer first;
    Integer size;
};

Kept kept(Integer begin, Integer to, Integer size) {
    const Integer end = to - size - begin;
    const Integer first = std::max<Integer>(-begin, 0);
    return {first, size - first - std::max<Integer>(-end, 0)};
}

// Where index i of a padded axis, counted from the first element that is kept, comes from among `size` of
// them.
Integer padded_index(PadMode mode, Integer i, Integer size) {
    if (i >= 0 && i < size)
        return i;
    switch (mode) {
    case PadMode::constant:
        return outside;
    case PadMode::edge:
        return std::clamp<Integer>(i, 0, size - 1);
    case PadMode::reflect: {
        if (size == 1)
            return 0;
        const Integer period = 2 * (size - 1);
        const Integer phase = (i % period + period) % period;
        return phase < size ? phase : period - phase;
    }
    case PadMode::wrap:
        return (i % size + size) % size;
    }
    throw InternalError("unknown padding");
}

// Tables for a target whose axis i walks axis order[i] of the (possibly reinterpreted) source.
std::vector<AxisTable> permuted(const Shape &source, const std::vector<std::size_t> &order) {
    const Shape strides = strides_of(source);
    std::vector<AxisTable> tables;
    for (const std::size_t axis : order)
        tables.push_back(steps(source[axis], 0, strides[axis]));
    return tables;
}

Shape permuted_shape(const Shape &source, const std::vector<std::size_t> &order) {
    Shape dims;
    for (const std::size_t axis : order)
        dims.push_back(source[axis]);
    return dims;
}

void permute(const ConstView &input, const Shape &source, const std::vector<std::size_t> &order,
             const View &output) {
    select(input, {output.type, permuted_shape(source, order), output.data}, permuted(source, order));
}

// Copies `part`, the elements [first, first + its size) of the whole along `axis`, out of or into the whole.
template <typename Copy>
void for_each_block(const Shape &whole, std::size_t axis, Integer first, Integer length, std::size_t element,
                    Copy copy) {
    const Integer inner = std::accumulate(whole.begin() + static_cast<std::ptrdiff_t>(axis) + 1, whole.end(),
                                          static_cast<Integer>(element), std::multiplies<>());
    const Integer outer = std::accumulate(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(axis),
                                          Integer{1}, std::multiplies<>());
    for (Integer o = 0; o < outer; ++o)
        copy((o * whole[axis] + first) * inner, o * length * inner, static_cast<std::size_t>(length * inner));
}

} // namespace

void evaluate(const Concat &op, Inputs inputs, Outputs outputs) {
    const View &whole = outputs[0];
    const std::size_t axis = axis_index(op.axis, whole.dims.size());
    Integer first = 0;
    for (const ConstView &part : inputs) {
        for_each_block(whole.dims, axis, first, part.dims[axis], element_size(whole.type),
                       [&](Integer at, Integer from, std::size_t bytes) {
                           std::memcpy(whole.data + at, part.data + from, bytes);
                       });
        first += part.dims[axis];
    }
}

void evaluate(const Split &op, Inputs inputs, Outputs outputs) {
    const ConstView &whole = inputs[0];
    const std::size_t axis = axis_index(op.axis, whole.dims.size());
    Integer first = 0;
    for (const View &part : outputs) {
        for_each_block(whole.dims, axis, first, part.dims[axis], element_size(whole.type),
                       [&](Integer from, Integer at, std::size_t bytes) {
                           std::memcpy(part.data + at, whole.data + from, bytes);
                       });
        first += part.dims[axis];
    }
}

void evaluate(const Slice &op, Inputs inputs, Outputs outputs) {
    const Shape strides = strides_of(inputs[0].dims);
    std::vector<AxisTable> tables;
    for (std::size_t axis = 0; axis < strides.size(); ++axis)
        tables.push_back(
            steps(outputs[0].dims[axis], op.starts[axis] * strides[axis], op.steps[axis] * strides[axis]));
    select(inputs[0], outputs[0], tables);
}

void evaluate(const Pad &op, Inputs inputs, Outputs outputs) {
    const Shape &source = inputs[0].dims;
    const Shape strides = strides_of(source);
    std::vector<AxisTable> tables;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
        const Integer to = outputs[0].dims[axis];
        const auto [first, size] = kept(op.begins[axis], to, source[axis]);
        AxisTable table = steps(to, -std::max<Integer>(op.begins[axis], 0), 1);
        for (Integer &index : table) {
            const Integer from = padded_index(op.mode, index, size);
            index = from == outside ? outside : (first + from) * strides[axis];
        }
        tables.push_back(std::move(table));
    }
    select(inputs[0], outputs[0], tables, has(inputs, 2) ? inputs[2].data : nullptr);
}

void evaluate(const DepthToSpace &op, Inputs inputs, Outputs outputs) {
    const Shape &in = inputs[0].dims;
    const Integer b = op.block;
    const Integer channels = in[1] / (b * b);
    if (op.depth_first)
        permute(inputs[0], {in[0], b, b, channels, in[2], in[3]}, {0, 3, 4, 1, 5, 2}, outputs[0]);
    else
        permute(inputs[0], {in[0], channels, b, b, in[2], in[3]}, {0, 1, 4, 2, 5, 3}, outputs[0]);
}

void evaluate(const SpaceToDepth &op, Inputs inputs, Outputs outputs) {
    const Shape &in = inputs[0].dims;
    const Integer b = op.block;
    permute(inputs[0], {in[0], in[1], in[2] / b, b, in[3] / b, b}, {0, 3, 5, 1, 2, 4}, outputs[0]);
}

void evaluate(const Transpose &op, Inputs inputs, Outputs outputs) {
    std::vector<std::size_t> order(op.order.begin(), op.order.end());
    if (order.empty()) {
        order.resize(inputs[0].dims.size());
        std::iota(order.rbegin(), order.rend(), std::size_t{0});
    }
    permute(inputs[0], inputs[0].dims, order, outputs[0]);
}

void evaluate(const Reshape &, Inputs inputs, Outputs outputs) {
    std::memcpy(outputs[0].data, inputs[0].data,
                static_cast<std::size_t>(count(outputs[0].dims)) * element_size(outputs[0].type));
}

void evaluate(const Expand &, Inputs inputs, Outputs outputs) {
    const Shape strides = broadcast_strides(inputs[0].dims, outputs[0].dims);
    std::vector<AxisTable> tables;
    for (std::size_t axis = 0; axis < strides.size(); ++axis)
        tables.push_back(steps(outputs[0].dims[axis], 0, strides[axis]));
    select(inputs[0], outputs[0], tables);
}

void evaluate(const Tile &, Inputs inputs, Outputs outputs) {
    const Shape strides = strides_of(inputs[0].dims);
    std::vector<AxisTable> tables;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
        AxisTable table = steps(outputs[0].dims[axis], 0, 1);
        for (Integer &index : table)
            index = index % inputs[0].dims[axis] * strides[axis];
        tables.push_back(std::move(table));
    }
    select(inputs[0], outputs[0], tables);
}

void evaluate(const Gather &op, Inputs inputs, Outputs outputs) {
    const ConstView &source = inputs[0];
    const std::size_t axis = axis_index(op.axis, source.dims.size());
    const Shape strides = strides_of(source.dims);
    AxisTable chosen = widen<Integer>(inputs[1]);
    for (Integer &index : chosen) {
        if (index < -source.dims[axis] || index >= source.dims[axis])
            throw BadModel("index ", index, " is outside of an axis of ", source.dims[axis]);
        index = (index < 0 ? index + source.dims[axis] : index) * strides[axis];
    }
    // The axes of the indices count as one here: they are adjacent in the result.
    Shape dims = source.dims;
    dims[axis] = static_cast<Integer>(chosen.size());
    std::vector<AxisTable> tables;
    for (std::size_t i = 0; i < strides.size(); ++i)
        tables.push_back(i == axis ? chosen : steps(dims[i], 0, strides[i]));
    select(source, {outputs[0].type, dims, outputs[0].data}, tables);
}

void evaluate(const Fill &, Inputs inputs, Outputs outputs) {
    select(inputs[1], outputs[0], [&] {
        std::vector<AxisTable> tables;
        for (const Integer size : outputs[0].dims)
            tables.push_back(steps(size, 0, 0));
        return tables;
    }());
}

void evaluate(const Range &, Inputs inputs, Outputs outputs) {
    with_storage(outputs[0].type, [&]<typename T>(T) {
        using C = std::conditional_t<std::is_integral_v<T>, Integer, double>;
        const C start = load<C>(*inputs[0].as<T>());
        const C step = load<C>(*inputs[2].as<T>());
        for (Integer i = 0; i < outputs[0].dims[0]; ++i)
            outputs[0].as<T>()[i] = store<T>(wrapping_add(start, wrapping_mul(static_cast<C>(i), step)));
    });
}

} // namespace vsmlrt::graph
