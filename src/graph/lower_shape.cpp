#include "graph/lowering.h"

#include "base/error.h"

namespace vsmlrt::graph {
namespace {

void constant(Lowering &lowering, const OnnxNode &node) {
    const auto given = [&](const char *attribute) { return node.has(attribute); };
    if (const model::Tensor *value = node.tensor("value"))
        return lowering.pass_through(node, lowering.constant(*value));
    if (given("value_float"))
        return lowering.pass_through(node, lowering.constant(node.real("value_float", 0), Element::f32));
    if (given("value_floats")) {
        const std::vector<float> list = node.reals("value_floats");
        return lowering.pass_through(
            node, lowering.constant(model::make_tensor({}, {static_cast<std::int64_t>(list.size())}, list)));
    }
    if (given("value_int")) {
        const std::int64_t value = node.integer("value_int", 0);
        return lowering.pass_through(node,
                                     lowering.constant(model::make_tensor({}, {}, std::span(&value, 1))));
    }
    if (given("value_ints"))
        return lowering.pass_through(node, lowering.constant(node.integers("value_ints")));
    outside_of_the_ir("a constant that is neither a tensor nor a number");
}

void shape(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, ShapeOf{node.integer("start", 0), node.integer("end", INT64_MAX), false},
                  {lowering.required(node, 0)}, Element::i64);
}

void size(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, ShapeOf{0, INT64_MAX, true}, {lowering.required(node, 0)}, Element::i64);
}

void constant_of_shape(Lowering &lowering, const OnnxNode &node) {
    const model::Tensor *value = node.tensor("value");
    if (value && value->count() != 1)
        throw BadModel("attribute \"value\" has ", value->count(), " elements");
    const ValueId fill = value ? lowering.constant(*value) : lowering.constant(0.0f, Element::f32);
    lowering.emit(node, Fill{}, {lowering.required(node, 0), fill}, lowering.type(fill));
}

void range(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Range{},
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.required(node, 2)});
}

} // namespace

std::span<const LoweringRule> shape_lowerings() {
    static constexpr LoweringRule rules[] = {
        {"Constant", constant}, {"Shape", shape}, {"Size", size}, {"ConstantOfShape", constant_of_shape},
        {"Range", range},
    };
    return rules;
}

} // namespace vsmlrt::graph
