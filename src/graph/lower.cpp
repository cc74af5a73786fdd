#include "graph/lower.h"

#include "base/error.h"
#include "graph/infer.h"
#include "graph/lowering.h"
#include "model/compositions.h"
#include "model/older_operators.h"

namespace vsmlrt::graph {
namespace {

LowerNode find_rule(const model::Node &node) {
    if (node.domain.empty() || node.domain == "ai.onnx")
        for (const auto rules : {pointwise_lowerings(), compute_lowerings(), movement_lowerings(),
                                 shape_lowerings(), indexed_lowerings()})
            for (const LoweringRule &rule : rules)
                if (node.op == rule.operator_name)
                    return rule.lower;
    outside_of_the_ir("operator " + (node.domain.empty() ? node.op : node.domain + "." + node.op));
}

void lower_node(Lowering &lowering, const model::Node &node) {
    try {
        if (node.outputs.empty())
            throw BadModel("no output");
        const OnnxNode read(node);
        find_rule(node)(lowering, read);
        read.check_all_read();
    } catch (const BadModel &failure) {
        throw BadModel(node.label(), ": ", failure.what());
    } catch (const Unsupported &failure) {
        throw Unsupported(node.label(), ": ", failure.what());
    }
}

} // namespace

Graph lower(const model::Network &given) {
    if (given.opset < model::oldest_operators)
        throw Unsupported("opset ", given.opset, " is older than the oldest that can be read here, ",
                          model::oldest_operators);
    const model::Network network = model::compose(given, [](const model::Node &) { return true; });
    Lowering lowering(network);
    for (const model::Node &node : network.nodes)
        lower_node(lowering, node);
    Graph graph = lowering.finish();
    remove_unused(graph);
    fold_constants(graph);
    return graph;
}

void check(const model::Node &node, std::int64_t opset) {
    model::Network network;
    network.opset = opset;
    for (const std::string &input : node.inputs)
        if (!input.empty())
            network.inputs.push_back({input, Element::f32, false, {}});
    Lowering lowering(network);
    lower_node(lowering, node);
}

} // namespace vsmlrt::graph
