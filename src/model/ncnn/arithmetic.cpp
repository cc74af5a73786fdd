// UnaryOp, BinaryOp, Eltwise, Dropout.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>
#include <numbers>

namespace vsmlrt::model::ncnn {

namespace {

// The angle of the point (x, y), for which ONNX has no operator.
std::string atan2(Conversion &c, const std::string &y, const std::string &x) {
    constexpr auto pi = std::numbers::pi_v<float>;
    const auto zero = c.scalar("zero", 0);
    const auto slope = c.emit("Atan", {c.emit("Div", {y, x})});
    const auto turn =
        c.emit("Where", {c.emit("Less", {y, zero}), c.scalar("minus_pi", -pi), c.scalar("pi", pi)});
    const auto turned = c.emit("Where", {c.emit("Less", {x, zero}), c.emit("Add", {slope, turn}), slope});
    // On the axis y = 0 the quotient has no direction: 0 or pi.
    const auto axis = c.emit("Where", {c.emit("Less", {x, zero}), c.scalar("pi", pi), zero});
    return c.emit("Where", {c.emit("Equal", {y, zero}), axis, turned});
}

std::string binary(Conversion &c, int type, const std::string &a, const std::string &b) {
    constexpr std::array<const char *, 7> plain{"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"};
    if (type < 7)
        return c.emit(plain.at(static_cast<std::size_t>(type)), {a, b});
    switch (type) {
    case 7:
        return c.emit("Sub", {b, a});
    case 8:
        return c.emit("Div", {b, a});
    case 9:
        return c.emit("Pow", {b, a});
    case 10:
        return atan2(c, a, b);
    default:
        return atan2(c, b, a);
    }
}

// ncnn lets a vector meet the outermost axis of the other blob if the lengths agree, else its innermost. The
// outermost is where the vector is anyway (see Shape).
std::string align(Conversion &c, const Blob &vector, Shape &shape, const Shape &other) {
    const auto length = c.fixed(vector.shape.axes[0], "the length of a vector that meets another blob");
    if (length == 1 || c.sizes.value(other.axes[0]) == length || !c.sizes.value(other.axes[0])) {
        shape.axes.resize(other.rank(), c.sizes.constant(1));
        return vector.value;
    }
    shape.axes.assign(other.rank(), c.sizes.constant(1));
    shape.axes.back() = vector.shape.axes[0];
    std::array<std::int64_t, 4> dims{1, 1, 1, 1};
    dims.at(other.rank()) = length;
    return c.emit("Reshape", {vector.value, c.integers("innermost", dims)});
}

SymbolicSize broadcast(Conversion &c, SymbolicSize a, SymbolicSize b) {
    if (c.sizes.value(a) == 1)
        return b;
    if (c.sizes.value(b) != 1)
        c.sizes.must_equal(a, b, "sizes of the two inputs");
    return a;
}

} // namespace

void convert_binary(Conversion &c) {
    const auto type = c.parameters.integer(0, 0, 0, 11);
    if (c.parameters.integer(1, 0) != 0) {
        c.result_like_input(binary(c, type, c.input().value, c.scalar("b", c.parameters.real(2, 0))));
        return;
    }
    if (c.inputs().size() != 2)
        throw BadModel("an operation without a scalar needs two inputs");
    Blob a = c.input(0);
    Blob b = c.input(1);
    const auto rank = std::max(a.shape.rank(), b.shape.rank());
    for (auto *blob : {&a, &b}) {
        const auto &other = blob == &a ? b : a;
        if (blob->shape.rank() < rank && blob->shape.rank() == 1)
            blob->value = align(c, *blob, blob->shape, other.shape);
        blob->shape.axes.resize(rank, c.sizes.constant(1));
    }
    Shape shape;
    for (std::size_t i = 0; i < rank; ++i)
        shape.axes.push_back(broadcast(c, a.shape.axes[i], b.shape.axes[i]));
    c.result(binary(c, type, a.value, b.value), std::move(shape));
}

void convert_eltwise(Conversion &c) {
    constexpr std::array<const char *, 3> operators{"Mul", "Add", "Max"};
    const auto type = c.parameters.integer(0, 0, 0, 2);
    const auto coefficients = c.parameters.reals(1);
    if (!coefficients.empty() && coefficients.size() != c.inputs().size())
        throw BadModel("has ", c.inputs().size(), " inputs and ", coefficients.size(), " coefficients");
    std::string total;
    for (std::size_t i = 0; i < c.inputs().size(); ++i) {
        const auto &blob = c.input(i);
        if (blob.shape.rank() != c.input().shape.rank())
            throw BadModel("the inputs must have the same number of axes");
        for (std::size_t axis = 0; axis < blob.shape.rank(); ++axis)
            c.sizes.must_equal(c.input().shape.axes[axis], blob.shape.axes[axis], "sizes of the inputs");
        auto term = blob.value;
        if (type == 1 && !coefficients.empty() && coefficients[i] != 1)
            term = c.emit("Mul", {term, c.scalar("coefficient", coefficients[i])});
        total = i == 0 ? term : c.emit(operators.at(static_cast<std::size_t>(type)), {total, term});
    }
    c.result_like_input(total);
}

void convert_dropout(Conversion &c) {
    const auto factor = c.parameters.real(0, 1);
    c.result_like_input(factor == 1 ? c.input().value
                                    : c.emit("Mul", {c.input().value, c.scalar("factor", factor)}));
}

void convert_unary(Conversion &c) {
    // "" where ONNX has no operator of its own.
    constexpr std::array<const char *, 20> operators{
        "Abs", "Neg", "Floor", "Ceil", "",     "Sqrt",       "",     "Exp", "Log",   "Sin",
        "Cos", "Tan", "Asin",  "Acos", "Atan", "Reciprocal", "Tanh", "",    "Round", ""};
    const auto type = c.parameters.integer(0, 0, 0, static_cast<int>(operators.size()) - 1);
    const auto &x = c.input().value;
    std::string y;
    switch (type) {
    case 4:
        y = c.emit("Mul", {x, x});
        break;
    case 6:
        y = c.emit("Reciprocal", {c.emit("Sqrt", {x})});
        break;
    case 17:
        y = c.emit("Mul", {c.emit("Log", {x}), c.scalar("log10_e", std::numbers::log10e_v<float>)});
        break;
    case 19:
        y = c.emit("Mul", {c.emit("Sign", {x}), c.emit("Floor", {c.emit("Abs", {x})})});
        break;
    default:
        y = c.emit(operators.at(static_cast<std::size_t>(type)), {x});
    }
    c.result_like_input(y);
}

} // namespace vsmlrt::model::ncnn
