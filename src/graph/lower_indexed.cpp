// Operators whose indices are values, and those that give indices.
#include "graph/lowering.h"

#include "base/error.h"

#include <array>

namespace vsmlrt::graph {
namespace {

// Later updates of one place add up, or win: only what a network without duplicates means is computed.
void no_reduction(const OnnxNode &node) {
    if (const std::string kind = node.string("reduction", "none"); kind != "none")
        outside_of_the_ir("the reduction \"" + kind + "\"");
}

void gather_elements(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, GatherElements{node.integer("axis", 0)},
                  {lowering.required(node, 0), lowering.required(node, 1)});
}

void gather_nd(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, GatherNd{node.integer("batch_dims", 0)},
                  {lowering.required(node, 0), lowering.required(node, 1)});
}

void scatter_elements(Lowering &lowering, const OnnxNode &node) {
    no_reduction(node);
    lowering.emit(node, ScatterElements{node.integer("axis", 0)},
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.required(node, 2)});
}

void scatter_nd(Lowering &lowering, const OnnxNode &node) {
    no_reduction(node);
    lowering.emit(node, ScatterNd{},
                  {lowering.required(node, 0), lowering.required(node, 1), lowering.required(node, 2)});
}

void arg_reduce(Lowering &lowering, const OnnxNode &node) {
    const ArgReduce op{node.op == "ArgMax", node.integer("select_last_index", 0) != 0,
                       node.integer("keepdims", 1) != 0, node.integer("axis", 0)};
    lowering.emit(node, op, {lowering.required(node, 0)}, Element::i64);
}

void cumulative_sum(Lowering &lowering, const OnnxNode &node) {
    const CumSum op{node.integer("exclusive", 0) != 0, node.integer("reverse", 0) != 0, 0};
    lowering.emit(node, op, {lowering.required(node, 0), lowering.required(node, 1)});
}

void top_k(Lowering &lowering, const OnnxNode &node) {
    node.without_effect({"sorted"}); // in any order else, so in this one
    if (lowering.opset() < 10)
        outside_of_the_ir("a number of elements in an attribute");
    const ValueId x = lowering.required(node, 0);
    const std::array<Element, 2> types{lowering.type(x), Element::i64};
    lowering.emit(node, TopK{node.integer("largest", 1) != 0, node.integer("axis", -1)},
                  {x, lowering.required(node, 1)}, types);
}

} // namespace

std::span<const LoweringRule> indexed_lowerings() {
    static constexpr LoweringRule rules[] = {
        {"GatherElements", gather_elements}, {"GatherND", gather_nd}, {"ScatterElements", scatter_elements},
        {"ScatterND", scatter_nd},           {"ArgMax", arg_reduce},  {"ArgMin", arg_reduce},
        {"CumSum", cumulative_sum},          {"TopK", top_k},
    };
    return rules;
}

} // namespace vsmlrt::graph
