// Operators whose indices are values, and those that give indices, element by element as they are defined.
#include "graph/evaluate.h"
#include "graph/numbers.h"
#include "graph/storage.h"
#include "graph/wrapping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

Integer inside(Integer index, Integer size) {
    if (index < -size || index >= size)
        throw BadModel("index ", index, " is outside of an axis of ", size);
    return index < 0 ? index + size : index;
}

// `body(flat, at)` for each index of a tensor of these sizes.
template <typename Body>
void for_each_index(const Shape &dims, Body body) {
    Shape at(dims.size(), 0);
    for (Integer flat = 0, all = count(dims); flat < all; ++flat) {
        body(flat, at);
        for (std::size_t axis = dims.size(); axis-- > 0;) {
            if (++at[axis] < dims[axis])
                break;
            at[axis] = 0;
        }
    }
}

void copy_element(std::byte *to, Integer at, const std::byte *from, Integer index, std::size_t bytes) {
    std::memcpy(to + at * static_cast<Integer>(bytes), from + index * static_cast<Integer>(bytes), bytes);
}

// Where each element of `indices` points to in a tensor of sizes `x`, when it replaces the index along
// `axis`.
template <typename Body>
void for_each_replaced(const ConstView &indices, const Shape &x, std::size_t axis, Body body) {
    const std::vector<Integer> values = widen<Integer>(indices);
    const Shape strides = strides_of(x);
    for_each_index(indices.dims, [&](Integer flat, const Shape &at) {
        Integer place = 0;
        for (std::size_t i = 0; i < at.size(); ++i)
            place +=
                strides[i] * (i == axis ? inside(values[static_cast<std::size_t>(flat)], x[axis]) : at[i]);
        body(flat, place);
    });
}

// The block of x that each tuple of `indices` points to: its number, its first element, and its length.
template <typename Body>
void for_each_block(const ConstView &indices, const Shape &x, std::size_t batch, Body body) {
    const std::vector<Integer> values = widen<Integer>(indices);
    const Shape strides = strides_of(x);
    const auto depth = static_cast<std::size_t>(indices.dims.back());
    const Integer length = std::accumulate(x.begin() + static_cast<std::ptrdiff_t>(batch + depth), x.end(),
                                           Integer{1}, std::multiplies<>());
    const Shape tuples(indices.dims.begin(), indices.dims.end() - 1);
    for_each_index(tuples, [&](Integer flat, const Shape &at) {
        Integer first = 0;
        for (std::size_t i = 0; i < batch; ++i)
            first += strides[i] * at[i];
        for (std::size_t i = 0; i < depth; ++i)
            first +=
                strides[batch + i] * inside(values[static_cast<std::size_t>(flat) * depth + i], x[batch + i]);
        body(flat, first, length);
    });
}

// Every line of x along an axis: the first element's place, and the step to the next.
template <typename Body>
void for_each_line(const Shape &x, std::size_t axis, Body body) {
    Shape others = x;
    others[axis] = 1;
    const Shape strides = strides_of(x);
    for_each_index(others, [&](Integer flat, const Shape &at) {
        Integer first = 0;
        for (std::size_t i = 0; i < at.size(); ++i)
            first += at[i] * strides[i];
        body(flat, first, strides[axis], at);
    });
}

template <typename T>
using Sum = std::conditional_t<std::is_integral_v<T>, Integer, double>;

// The indices of a line's values, best first; of equal ones the earlier comes first, and NaN before all
// others. For two types, not for each that a tensor may have: sorting is long in the compiler.
template <typename Value>
void rank(const std::vector<Value> &line, bool largest, std::vector<Integer> &order) {
    std::iota(order.begin(), order.end(), Integer{0});
    std::stable_sort(order.begin(), order.end(), [&](Integer i, Integer j) {
        const Value a = line[static_cast<std::size_t>(i)];
        const Value b = line[static_cast<std::size_t>(j)];
        if (is_nan(a) || is_nan(b))
            return is_nan(a) && !is_nan(b);
        return largest ? a > b : a < b;
    });
}

} // namespace

void evaluate(const GatherElements &op, Inputs inputs, Outputs outputs) {
    const ConstView &x = inputs[0];
    for_each_replaced(inputs[1], x.dims, axis_index(op.axis, x.dims.size()), [&](Integer at, Integer place) {
        copy_element(outputs[0].data, at, x.data, place, element_size(x.type));
    });
}

void evaluate(const GatherNd &op, Inputs inputs, Outputs outputs) {
    const ConstView &x = inputs[0];
    const auto bytes = static_cast<Integer>(element_size(x.type));
    for_each_block(inputs[1], x.dims, static_cast<std::size_t>(op.batch_axes),
                   [&](Integer number, Integer first, Integer length) {
                       std::memcpy(outputs[0].data + number * length * bytes, x.data + first * bytes,
                                   static_cast<std::size_t>(length * bytes));
                   });
}

void evaluate(const ScatterElements &op, Inputs inputs, Outputs outputs) {
    const ConstView &x = inputs[0];
    const std::size_t bytes = element_size(x.type);
    std::memcpy(outputs[0].data, x.data, static_cast<std::size_t>(count(x.dims)) * bytes);
    for_each_replaced(inputs[1], x.dims, axis_index(op.axis, x.dims.size()), [&](Integer at, Integer place) {
        copy_element(outputs[0].data, place, inputs[2].data, at, bytes);
    });
}

void evaluate(const ScatterNd &, Inputs inputs, Outputs outputs) {
    const ConstView &x = inputs[0];
    const auto bytes = static_cast<Integer>(element_size(x.type));
    std::memcpy(outputs[0].data, x.data, static_cast<std::size_t>(count(x.dims) * bytes));
    for_each_block(inputs[1], x.dims, 0, [&](Integer number, Integer first, Integer length) {
        std::memcpy(outputs[0].data + first * bytes, inputs[2].data + number * length * bytes,
                    static_cast<std::size_t>(length * bytes));
    });
}

void evaluate(const ArgReduce &op, Inputs inputs, Outputs outputs) {
    const Shape &x = inputs[0].dims;
    const std::size_t axis = axis_index(op.axis, x.size());
    with_storage(inputs[0].type, [&]<typename T>(T) {
        const auto at = [&](Integer i) { return load<Sum<T>>(inputs[0].as<T>()[i]); };
        for_each_line(x, axis, [&](Integer flat, Integer first, Integer step, const Shape &) {
            Integer best = 0;
            for (Integer i = 1; i < x[axis]; ++i) {
                const auto a = at(first + i * step);
                const auto b = at(first + best * step);
                if ((op.maximum ? a > b : a < b) || (op.last && a == b))
                    best = i;
            }
            outputs[0].as<Integer>()[flat] = best;
        });
    });
}

void evaluate(const CumSum &op, Inputs inputs, Outputs outputs) {
    const Shape &x = inputs[0].dims;
    with_storage(inputs[0].type, [&]<typename T>(T) {
        for_each_line(x, op.axis, [&](Integer, Integer first, Integer step, const Shape &) {
            Sum<T> sum = 0;
            for (Integer i = 0; i < x[op.axis]; ++i) {
                const Integer place = first + (op.reverse ? x[op.axis] - 1 - i : i) * step;
                const auto value = load<Sum<T>>(inputs[0].as<T>()[place]);
                const Sum<T> next = wrapping_add(sum, value);
                outputs[0].as<T>()[place] = store<T>(op.exclusive ? sum : next);
                sum = next;
            }
        });
    });
}

void evaluate(const TopK &op, Inputs inputs, Outputs outputs) {
    const Shape &x = inputs[0].dims;
    const std::size_t axis = axis_index(op.axis, x.size());
    const Shape strides = strides_of(outputs[0].dims);
    with_storage(inputs[0].type, [&]<typename T>(T) {
        std::vector<Sum<T>> line(static_cast<std::size_t>(x[axis]));
        std::vector<Integer> order(line.size());
        for_each_line(x, axis, [&](Integer, Integer first, Integer step, const Shape &at) {
            for (std::size_t i = 0; i < line.size(); ++i)
                line[i] = load<Sum<T>>(inputs[0].as<T>()[first + static_cast<Integer>(i) * step]);
            rank(line, op.largest, order);
            Integer to = 0;
            for (std::size_t i = 0; i < at.size(); ++i)
                to += at[i] * strides[i];
            for (Integer k = 0; k < outputs[0].dims[axis]; ++k, to += strides[axis]) {
                const Integer chosen = order[static_cast<std::size_t>(k)];
                outputs[0].as<T>()[to] = inputs[0].as<T>()[first + chosen * step];
                if (outputs.size() > 1)
                    outputs[1].as<Integer>()[to] = chosen;
            }
        });
    });
}

} // namespace vsmlrt::graph
