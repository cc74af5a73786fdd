// Reduction.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>

namespace vsmlrt::model::ncnn {

namespace {

// The reduced axes, outermost first.
std::vector<std::size_t> read_axes(Conversion &c) {
    const auto rank = static_cast<std::int32_t>(c.input().shape.rank());
    std::vector<std::size_t> axes;
    if (c.parameters.integer(1, 1) != 0) {
        for (std::int32_t axis = 0; axis < rank; ++axis)
            axes.push_back(static_cast<std::size_t>(axis));
        return axes;
    }
    // ncnn refuses these files as well: their axes meant others.
    if (c.parameters.integer(5, 0) == 0)
        throw BadModel(
            "parameter 5: the axes of a file this old have another meaning; convert the network again");
    for (const auto stated : c.parameters.integers(3)) {
        if (stated < -rank || stated >= rank)
            throw BadModel("axis ", stated, " is outside of the ", rank, " axes of the input");
        axes.push_back(static_cast<std::size_t>(stated < 0 ? stated + rank : stated));
    }
    std::ranges::sort(axes);
    axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
    return axes;
}

} // namespace

void convert_reduction(Conversion &c) {
    constexpr std::array<const char *, 11> operators{
        "ReduceSum",  "ReduceL1", "ReduceSumSquare", "ReduceMean",   "ReduceMax",      "ReduceMin",
        "ReduceProd", "ReduceL1", "ReduceL2",        "ReduceLogSum", "ReduceLogSumExp"};
    const auto type = c.parameters.integer(0, 0, 0, static_cast<int>(operators.size()) - 1);
    const float factor = c.parameters.real(2, 1);
    const bool keep = c.parameters.integer(4, 0) != 0;
    const auto axes = read_axes(c);
    const auto &from = c.input().shape;
    std::vector<std::int64_t> numbers;
    for (const auto axis : axes)
        numbers.push_back(static_cast<std::int64_t>(axis) + 1);
    const char *const op = operators.at(static_cast<std::size_t>(type));
    const Attributes keeping{{"keepdims", std::int64_t{1}}};
    Attributes attributes = keeping;
    std::string value = c.input().value;
    if (type == 0) { // since opset 13 its axes are an operand
        value = c.emit(op, {value, c.integers("axes", numbers)}, attributes);
    } else {
        attributes["axes"] = numbers;
        value = c.emit(op, {value}, attributes);
    }
    if (factor != 1)
        value = c.emit("Mul", {value, c.scalar("factor", factor)});
    Shape shape;
    std::vector<std::int64_t> order{0};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const bool reduced = std::ranges::find(axes, axis) != axes.end();
        if (axis < from.rank() && (keep || !reduced))
            shape.axes.push_back(reduced ? c.sizes.constant(1) : from.axes[axis]);
        if (keep || !reduced)
            order.push_back(static_cast<std::int64_t>(axis) + 1);
    }
    // What is left moves to the left, and axes of size 1 come after it.
    for (std::int64_t axis = 1; axis < 4; ++axis)
        if (std::ranges::find(order, axis) == order.end())
            order.push_back(axis);
    if (!std::ranges::is_sorted(order))
        value = c.emit("Transpose", {value}, {{"perm", order}});
    if (shape.axes.empty())
        shape.axes.push_back(c.sizes.constant(1));
    c.result(value, std::move(shape));
}

} // namespace vsmlrt::model::ncnn
