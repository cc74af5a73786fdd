// Input, Split, Concat, Flatten, Reshape, Permute: the same values in other places.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int dropped = -233;

SymbolicSize product(Conversion &c, const std::vector<SymbolicSize> &axes) {
    SymbolicSize total = c.sizes.constant(1);
    for (const auto axis : axes)
        total = c.sizes.multiply(total, axis);
    return total;
}

// ONNX numbers for the axes of a reshape: a size, -1 for what remains, 0 for the same axis of the input.
struct Target {
    std::vector<std::int64_t> numbers;
    std::vector<SymbolicSize> axes;
    std::optional<std::size_t> open; // the axis of -1
};

// `wanted` outermost first, as ncnn states it (0: that axis of the input, by its name); names are counted
// from the innermost axis.
Target read_target(Conversion &c, const std::vector<std::int32_t> &wanted) {
    const auto &from = c.input().shape;
    Target target;
    for (std::size_t axis = 0; axis < wanted.size(); ++axis) {
        const auto size = wanted[axis];
        if (size == -1) {
            if (std::exchange(target.open, axis))
                throw BadModel("two axes are asked to take what remains");
            target.numbers.push_back(-1);
            target.axes.push_back(c.sizes.constant(1));
            continue;
        }
        if (size > 0) {
            target.numbers.push_back(size);
            target.axes.push_back(c.sizes.constant(size));
            continue;
        }
        // Channels are "c" only in a blob of three axes; an axis that the input does not have is of size 1.
        const auto name = wanted.size() - 1 - axis; // 0: w, 1: h, 2: c
        const auto source = name < from.rank() ? from.axes[from.rank() - 1 - name] : c.sizes.constant(1);
        const bool same_place = name < from.rank() && from.rank() - 1 - name == axis;
        target.numbers.push_back(same_place ? 0 : c.fixed(source, "an axis that moves in a reshape"));
        target.axes.push_back(source);
    }
    return target;
}

} // namespace

void convert_input(Conversion &c) {
    const auto &p = c.parameters;
    p.must_be(11, 0, "a blob of four axes");
    const auto width = p.integer(0, 0, 0, largest_count);
    const auto height = p.integer(1, 0, 0, largest_count);
    const auto channels = p.integer(2, 0, 0, largest_count);
    Shape shape;
    // The width and height of a picture are examples that the file's maker used, and do not bind.
    if (channels != 0 || (width == 0 && height == 0))
        shape.axes = {channels != 0 ? c.sizes.constant(channels) : c.sizes.unknown(), c.sizes.height(),
                      c.sizes.width()};
    else if (height != 0)
        shape.axes = {c.sizes.constant(height), c.sizes.constant(width)};
    else
        shape.axes = {c.sizes.constant(width)};
    c.result(c.graph.unique(c.output_name()), std::move(shape));
}

void convert_split(Conversion &c) {
    c.result_like_input(c.input().value);
}

void convert_concat(Conversion &c) {
    const auto rank = static_cast<std::int32_t>(c.input().shape.rank());
    const auto stated = c.parameters.integer(0, 0, -rank, rank - 1);
    const auto axis = static_cast<std::size_t>(stated < 0 ? stated + rank : stated);
    auto shape = c.input().shape;
    std::vector<std::string> values{c.input().value};
    for (std::size_t i = 1; i < c.inputs().size(); ++i) {
        const auto &blob = c.input(i);
        if (blob.shape.rank() != shape.rank())
            throw BadModel("the inputs must have the same number of axes");
        for (std::size_t j = 0; j < shape.rank(); ++j)
            if (j == axis)
                shape.axes[j] = c.sizes.add(shape.axes[j], blob.shape.axes[j]);
            else
                c.sizes.must_equal(shape.axes[j], blob.shape.axes[j], "sizes of the inputs");
        values.push_back(blob.value);
    }
    c.result(c.emit("Concat", values, {{"axis", static_cast<std::int64_t>(axis) + 1}}), std::move(shape));
}

void convert_flatten(Conversion &c) {
    if (c.input().shape.rank() == 1) {
        c.result_like_input(c.input().value);
        return;
    }
    c.result(c.emit("Reshape", {c.input().value, c.integers("flat", {1, -1, 1, 1})}),
             {{product(c, c.input().shape.axes)}});
}

void convert_reshape(Conversion &c) {
    const auto &p = c.parameters;
    p.must_be(11, dropped, "a blob of four axes");
    if (p.has(6))
        throw BadModel("parameter 6: a shape that is an expression is not supported");
    std::vector<std::int32_t> wanted;
    for (const int key : {2, 1, 0}) { // channels, height, width
        const auto size = p.integer(key, dropped, dropped, largest_count);
        if (size == dropped && wanted.empty())
            continue;
        if (size < -1)
            throw BadModel("parameter ", key, " is ", size, ", which is not a size");
        wanted.push_back(size);
    }
    if (wanted.empty())
        throw BadModel("states no shape");
    auto target = read_target(c, wanted);
    const auto all = product(c, c.input().shape.axes);
    if (target.open) {
        auto others = c.sizes.constant(1);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (i != *target.open)
                others = c.sizes.multiply(others, target.axes[i]);
        target.axes[*target.open] = c.sizes.divide(all, others);
    }
    c.sizes.must_equal(all, product(c, target.axes), "elements before and after");
    std::array<std::int64_t, 4> dims{1, 1, 1, 1};
    std::ranges::copy(target.numbers, dims.begin() + 1);
    c.result(c.emit("Reshape", {c.input().value, c.integers("shape", dims)}), {std::move(target.axes)});
}

void convert_permute(Conversion &c) {
    // For each order the input's axes (0: c, 1: h, 2: w) in the places c, h, w of the output.
    constexpr std::array<std::array<std::int64_t, 3>, 6> orders{
        {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
    const auto rank = c.input().shape.rank();
    const auto order = c.parameters.integer(0, 0, 0, rank == 3 ? 5 : 1);
    if (order == 0 || rank == 1) {
        c.result_like_input(c.input().value);
        return;
    }
    const auto &sources = orders.at(static_cast<std::size_t>(order));
    std::vector<std::int64_t> perm{0, 1, 2, 3};
    auto shape = c.input().shape;
    if (rank == 2) {
        std::swap(perm[1], perm[2]);
        std::swap(shape.axes[0], shape.axes[1]);
    } else {
        for (std::size_t i = 0; i < 3; ++i) {
            perm[i + 1] = sources.at(i) + 1;
            shape.axes[i] = c.input().shape.axes[static_cast<std::size_t>(sources.at(i))];
        }
    }
    c.result(c.emit("Transpose", {c.input().value}, {{"perm", std::move(perm)}}), std::move(shape));
}

} // namespace vsmlrt::model::ncnn
