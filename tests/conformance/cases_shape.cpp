#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

const Attributes first_axis{{"axis", std::int64_t{0}}};

Name size_of(Builder &b, const Name &x, std::int64_t axis) {
    return b.node("Gather", {b.node("Shape", {x}), b.integer(axis)}, first_axis);
}

Name as_real(Builder &b, const Name &x) {
    return b.node("Cast", {x}, {{"to", std::int64_t{1}}});
}

// Horizontal and vertical coordinates in [-1, 1] as channels, by Range, Expand and Concat.
Case coordinates() {
    Builder b;
    const Name x = b.input(1);
    const auto along = [&](std::int64_t axis, std::int64_t other) {
        const Name size = size_of(b, x, axis);
        const Name steps = as_real(b, b.node("Range", {b.integer(0), size, b.integer(1)}));
        const Name most = b.node("Sub", {as_real(b, size), b.real(1)});
        const Name scaled =
            b.node("Sub", {b.node("Div", {b.node("Mul", {steps, b.real(2)}), most}), b.real(1)});
        const Name picture = b.node("Unsqueeze", {scaled, b.integers({0, 1, other})});
        return b.node("Expand", {picture, b.node("Shape", {x})});
    };
    b.output(b.node("Concat", {x, along(3, 2), along(2, 3)}, {{"axis", std::int64_t{1}}}));
    return {"coordinates", b.network()};
}

Case filled() {
    Builder b;
    const Name x = b.input(2);
    const std::vector<float> half{0.5F};
    const Name ones =
        b.node("ConstantOfShape", {b.node("Shape", {x})}, {{"value", model::make_tensor("", {1}, half)}});
    b.output(b.node("Add", {x, ones}));
    return {"ConstantOfShape", b.network()};
}

// Padding to a multiple of 4 by what the size leaves over, and cropping back: integer Div, Mod, Sub, Where,
// Equal.
Case padded_to_multiple() {
    Builder b;
    const Name x = b.input(2);
    const Name four = b.integer(4);
    const auto missing = [&](std::int64_t axis) {
        const Name over = b.node("Mod", {size_of(b, x, axis), four});
        const Name even = b.node("Equal", {over, b.integer(0)});
        const Name amount = b.node("Where", {even, b.integer(0), b.node("Sub", {four, over})});
        return b.node("Unsqueeze", {amount, b.integers({0})});
    };
    const Name none = b.integers({0, 0, 0, 0, 0, 0});
    const Name amounts = b.node("Concat", {none, missing(2), missing(3)}, first_axis);
    const Name wide = b.node("Pad", {x, amounts}, {{"mode", std::string("reflect")}});
    const Name small =
        b.node("AveragePool", {wide}, {{"kernel_shape", ints({4, 4})}, {"strides", ints({4, 4})}});
    const Name large =
        b.node("Resize", {small, "", b.constant({4}, {1, 1, 4, 4})}, {{"mode", std::string("linear")}});
    const Name ends = b.node("Slice", {b.node("Shape", {x}), b.integers({2}), b.integers({4})});
    b.output(b.node("Slice", {large, b.integers({0, 0}), ends, b.integers({2, 3})}));
    return {"padded_to_multiple", b.network()};
}

// The number of pixels by Size, ReduceProd and Shape with stated axes.
Case number_of_pixels() {
    Builder b;
    const Name x = b.input(2);
    const Name sizes = b.node("Shape", {x}, {{"start", std::int64_t{2}}, {"end", std::int64_t{4}}});
    const Name pixels = b.node("ReduceProd", {sizes}, {{"axes", ints({0})}, {"keepdims", std::int64_t{0}}});
    const Name ratio = b.node("Div", {as_real(b, pixels), as_real(b, b.node("Size", {x}))});
    b.output(b.node("Mul", {x, ratio}));
    return {"Shape_Size", b.network()};
}

} // namespace

std::vector<Case> shape_cases() {
    return {coordinates(), filled(), padded_to_multiple(), number_of_pixels()};
}

} // namespace vsmlrt::test
