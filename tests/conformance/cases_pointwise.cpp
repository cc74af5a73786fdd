#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

// f(scale * x + shift) for x in [-1, 1].
Case unary(const std::string &op, float scale = 3, float shift = 0, std::int64_t opset = 17,
           const Attributes &attributes = {}) {
    Builder b(opset);
    const Name x = b.node("Mul", {b.input(2), b.real(scale)});
    b.output(b.node(op, {b.node("Add", {x, b.real(shift)})}, attributes));
    return {attributes.empty() ? op : op + "_stated", b.network()};
}

Case binary(const std::string &name, const std::string &op, float low, float high,
            const Attributes &attributes = {}) {
    Builder b;
    const Name x = b.node("Abs", {b.input(3)});
    b.output(b.node(op, {x, b.random({3, 1, 1}, low, high)}, attributes));
    return {name, b.network()};
}

// Where(x OP y, x, y): comparisons give no picture by themselves.
Case comparison(const std::string &op) {
    Builder b;
    const Name x = b.node("Round", {b.node("Mul", {b.input(2), b.real(3)})});
    const Name y = b.node("Round", {b.node("Mul", {b.input(2), b.real(3)})});
    b.output(b.node("Where", {b.node(op, {x, y}), x, b.real(-7)}));
    return {op, b.network()};
}

Case logic(const std::string &op) {
    Builder b;
    const Name x = b.input(2);
    const Name positive = b.node("Greater", {x, b.real(0)});
    const Name small = b.node("Less", {x, b.real(0.5F)});
    const Name both = b.node("Not", {b.node(op, {positive, small})});
    b.output(b.node("Cast", {both}, {{"to", std::int64_t{1}}}));
    return {op, b.network()};
}

Case clip(const std::string &name, std::int64_t opset, bool low, bool high) {
    Builder b(opset);
    const Name x = b.input(2);
    Attributes attributes;
    std::vector<Name> inputs{x};
    if (opset < 11) {
        attributes = {{"min", -0.25F}, {"max", 0.5F}};
    } else {
        inputs.push_back(low ? b.real(-0.25F) : "");
        inputs.push_back(high ? b.real(0.5F) : "");
    }
    b.output(b.node("Clip", inputs, attributes));
    return {name, b.network()};
}

Case several(const std::string &op) {
    Builder b;
    const Name x = b.input(2);
    b.output(b.node(op, {x, b.input(2), b.random({2, 1, 1}, -0.5F, 0.5F)}));
    return {op, b.network()};
}

Case halves() {
    Builder b(17, Element::f16);
    const Name x = b.node("PRelu", {b.conv(b.input(3), 3, 8), b.random({8, 1, 1}, 0.1F, 0.3F)});
    b.output(b.conv(x, 8, 3));
    return {"float16", b.network(), {{23, 17}, {8, 9}}, 2e-3};
}

} // namespace

std::vector<Case> pointwise_cases() {
    std::vector<Case> cases;
    for (const char *op : {"Abs",       "Neg",
                           "Sign",      "Floor",
                           "Ceil",      "Round",
                           "Exp",       "Sin",
                           "Cos",       "Atan",
                           "Sinh",      "Cosh",
                           "Tanh",      "Asinh",
                           "Erf",       "Sigmoid",
                           "Relu",      "LeakyRelu",
                           "Elu",       "Celu",
                           "Selu",      "Softplus",
                           "Softsign",  "HardSigmoid",
                           "HardSwish", "ThresholdedRelu"})
        cases.push_back(unary(op));
    for (const char *op : {"Tan", "Asin", "Acos", "Atanh"})
        cases.push_back(unary(op, 0.9F));
    for (const char *op : {"Sqrt", "Log", "Reciprocal", "Acosh"})
        cases.push_back(unary(op, 1, 2.5F));
    cases.push_back(unary("Mish", 3, 0, 18));
    cases.push_back(unary("Gelu", 3, 0, 20));
    cases.push_back(unary("Gelu", 3, 0, 20, {{"approximate", std::string("tanh")}}));
    cases.push_back(unary("LeakyRelu", 3, 0, 17, {{"alpha", 0.3F}}));
    cases.push_back(unary("HardSigmoid", 3, 0, 17, {{"alpha", 0.3F}, {"beta", 0.4F}}));
    for (const char *op : {"Add", "Sub", "Mul", "Min", "Max", "Pow"})
        cases.push_back(binary(std::string(op) + "_broadcast", op, -1, 2));
    cases.push_back(binary("Div_broadcast", "Div", 1, 2));
    cases.push_back(binary("Mod_real", "Mod", 0.2F, 0.4F, {{"fmod", std::int64_t{1}}}));
    cases.push_back(binary("PRelu_slope", "PRelu", 0.1F, 0.3F));
    for (const char *op : {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"})
        cases.push_back(comparison(op));
    for (const char *op : {"And", "Or", "Xor"})
        cases.push_back(logic(op));
    for (const char *op : {"Sum", "Mean", "Min", "Max"})
        cases.push_back(several(op));
    cases.push_back(clip("Clip_attributes", 9, true, true));
    cases.push_back(clip("Clip", 17, true, true));
    cases.push_back(clip("Clip_low", 17, true, false));
    cases.push_back(clip("Clip_high", 17, false, true));
    cases.push_back(halves());
    return cases;
}

} // namespace vsmlrt::test
