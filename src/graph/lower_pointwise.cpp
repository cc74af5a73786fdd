// Most of these are the tables of pointwise.cpp under their ONNX names; functions stand for those that ONNX
// writes otherwise: sums of many, constants as attributes, two forms under one name.
#include "graph/lowering.h"

#include "base/error.h"
#include "graph/pointwise.h"
#include "graph/storage.h"

#include <algorithm>
#include <string>

namespace vsmlrt::graph {
namespace {

template <typename Rules>
const auto &rule_named(const Rules &rules, const std::string &name) {
    return *std::find_if(rules.begin(), rules.end(),
                         [&](const auto &entry) { return name == entry.operator_name; });
}

template <typename Rule>
void check_defined(const Rule &rule, Element type) {
    if (is_real(type) ? rule.real == nullptr : rule.integer == nullptr)
        outside_of_the_ir(text("operator ", rule.operator_name, " on ", element_name(type)));
}

// The operators with parameters are those whose rule has a default for them; some name the second after their
// paper.
float alpha_of(const OnnxNode &node, const UnaryRule &rule) {
    return rule.alpha == 0 ? 0 : node.real("alpha", rule.alpha);
}
float beta_of(const OnnxNode &node, const UnaryRule &rule) {
    return rule.beta == 0 ? 0 : node.real(rule.kind == UnaryKind::selu ? "gamma" : "beta", rule.beta);
}

// An operator that has a second form under the same name.
const UnaryRule &unary_rule(const OnnxNode &node) {
    if (node.op == "Gelu") {
        const std::string form = node.string("approximate", "none");
        if (form != "none" && form != "tanh")
            throw BadModel("attribute \"approximate\" is \"", form, "\"");
        if (form == "tanh")
            return rule(UnaryKind::gelu_tanh);
    }
    return rule_named(unary_rules(), node.op);
}

void unary(Lowering &lowering, const OnnxNode &node) {
    const UnaryRule &rule = unary_rule(node);
    const ValueId x = lowering.required(node, 0);
    check_defined(rule, lowering.type(x));
    const Element type = rule.kind == UnaryKind::is_nan ? Element::boolean : lowering.type(x);
    lowering.emit(node, Unary{rule.kind, alpha_of(node, rule), beta_of(node, rule)}, {x}, type);
}

// Add(a, b), and Sum, Min, Max of any number as a chain.
void chain(Lowering &lowering, const OnnxNode &node, const BinaryRule &rule) {
    ValueId sum = lowering.required(node, 0);
    const Element type = lowering.type(sum);
    check_defined(rule, type);
    if (node.num_inputs() == 1)
        return lowering.pass_through(node, sum);
    for (std::size_t i = 1; i + 1 < node.num_inputs(); ++i)
        sum = lowering.emit_inner(node, Binary{rule.kind}, {sum, lowering.required(node, i)}, type);
    lowering.emit(node, Binary{rule.kind}, {sum, lowering.required(node, node.num_inputs() - 1)},
                  rule.gives_boolean ? Element::boolean : type);
}

void binary(Lowering &lowering, const OnnxNode &node) {
    chain(lowering, node, rule_named(binary_rules(), node.op));
}

void sum(Lowering &lowering, const OnnxNode &node) {
    chain(lowering, node, rule(BinaryKind::add));
}

void mean(Lowering &lowering, const OnnxNode &node) {
    ValueId total = lowering.required(node, 0);
    const Element type = lowering.type(total);
    for (std::size_t i = 1; i < node.num_inputs(); ++i)
        total = lowering.emit_inner(node, Binary{BinaryKind::add}, {total, lowering.required(node, i)}, type);
    const auto number = static_cast<float>(node.num_inputs());
    lowering.emit(node, Binary{BinaryKind::div}, {total, lowering.constant(number, type)});
}

void mod(Lowering &lowering, const OnnxNode &node) {
    chain(lowering, node, rule(node.integer("fmod", 0) != 0 ? BinaryKind::fmod : BinaryKind::mod));
}

// The exponent may be of another type than the base and the result.
void pow(Lowering &lowering, const OnnxNode &node) {
    const ValueId base = lowering.required(node, 0);
    ValueId exponent = lowering.required(node, 1);
    const Element type = lowering.type(base);
    if (!is_real(type) && is_real(lowering.type(exponent)))
        outside_of_the_ir("an integer raised to a real power");
    if (lowering.type(exponent) != type)
        exponent = lowering.emit_inner(node, Cast{}, {exponent}, type);
    lowering.emit(node, Binary{BinaryKind::pow}, {base, exponent});
}

void clip(Lowering &lowering, const OnnxNode &node) {
    const ValueId x = lowering.required(node, 0);
    const Element type = lowering.type(x);
    const ValueId low = lowering.real(node, 1, "min", type);
    const ValueId high = lowering.real(node, 2, "max", type);
    lowering.emit(node, Clip{}, {x, low, high});
}

void where(Lowering &lowering, const OnnxNode &node) {
    const ValueId chosen = lowering.required(node, 1);
    lowering.emit(node, Where{}, {lowering.required(node, 0), chosen, lowering.required(node, 2)},
                  lowering.type(chosen));
}

void cast(Lowering &lowering, const OnnxNode &node) {
    const ValueId x = lowering.required(node, 0);
    const auto to = static_cast<Element>(node.integer("to", 0));
    node.without_effect({"saturate", "round_mode"}); // about 8-bit floats
    if (element_size(to) == 0)
        outside_of_the_ir(text("a cast to type ", node.integer("to", 0)));
    if (to == lowering.type(x))
        return lowering.pass_through(node, x);
    lowering.emit(node, Cast{}, {x}, to);
}

void cast_like(Lowering &lowering, const OnnxNode &node) {
    const ValueId x = lowering.required(node, 0);
    const Element to = lowering.type(lowering.required(node, 1));
    node.without_effect({"saturate", "round_mode"}); // about 8-bit floats
    if (to == lowering.type(x))
        return lowering.pass_through(node, x);
    lowering.emit(node, Cast{}, {x}, to);
}

void identity(Lowering &lowering, const OnnxNode &node) {
    if (node.outputs.size() > 1 && !node.outputs[1].empty())
        outside_of_the_ir("a second output of " + node.op);
    lowering.pass_through(node, lowering.required(node, 0));
}

// Nothing is dropped outside of training.
void dropout(Lowering &lowering, const OnnxNode &node) {
    node.without_effect({"ratio", "seed"});
    node.operand_without_effect(1);
    const ValueId training = lowering.optional(node, 2);
    if (training != no_value && lowering.truth(training) != false)
        outside_of_the_ir("dropout in training");
    identity(lowering, node);
}

// The operators of the tables in pointwise.cpp under their own names, and those with a form of their own.
std::vector<LoweringRule> all_rules() {
    std::vector<LoweringRule> rules = {
        {"Pow", pow},           {"Mod", mod},        {"Sum", sum},   {"Mean", mean},
        {"Clip", clip},         {"Where", where},    {"Cast", cast}, {"CastLike", cast_like},
        {"Identity", identity}, {"Dropout", dropout}};
    for (const UnaryRule &rule : unary_rules())
        rules.push_back({rule.operator_name, unary});
    for (const BinaryRule &rule : binary_rules())
        rules.push_back({rule.operator_name, binary});
    return rules;
}

} // namespace

std::span<const LoweringRule> pointwise_lowerings() {
    static const std::vector<LoweringRule> rules = all_rules();
    return rules;
}

} // namespace vsmlrt::graph
