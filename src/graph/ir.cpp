#include "graph/ir.h"

#include "base/text.h"
#include "graph/pointwise.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

// In the order of the alternatives of Op; empty: the pointwise tables know.
constexpr const char *names[] = {"",
                                 "",
                                 "Clip",
                                 "Where",
                                 "Cast",
                                 "Conv",
                                 "ConvTranspose",
                                 "Pool",
                                 "Reduce",
                                 "MatMul",
                                 "Gemm",
                                 "Softmax",
                                 "Normalize",
                                 "GridSample",
                                 "Resize",
                                 "Concat",
                                 "Split",
                                 "Slice",
                                 "Pad",
                                 "DepthToSpace",
                                 "SpaceToDepth",
                                 "Transpose",
                                 "Reshape",
                                 "Expand",
                                 "Tile",
                                 "Gather",
                                 "GatherElements",
                                 "GatherND",
                                 "ScatterElements",
                                 "ScatterND",
                                 "ArgReduce",
                                 "CumSum",
                                 "TopK",
                                 "Shape",
                                 "Fill",
                                 "Range"};
static_assert(std::size(names) == std::variant_size_v<Op>);

std::string describe(const Graph &graph, const std::vector<ValueId> &ids) {
    std::vector<std::string> listed;
    for (const ValueId id : ids)
        listed.push_back(id == no_value ? "-" : graph.values[static_cast<std::size_t>(id)].name);
    return join(listed, ", ");
}

} // namespace

std::string describe(const Op &op) {
    if (const auto *unary = std::get_if<Unary>(&op))
        return rule(unary->kind).operator_name;
    if (const auto *binary = std::get_if<Binary>(&op))
        return rule(binary->kind).operator_name;
    return names[op.index()];
}

std::string describe(const Graph &graph) {
    std::string text;
    for (const Node &node : graph.nodes)
        text += describe(node.op) + " (" + describe(graph, node.inputs) + ") -> " +
                describe(graph, node.outputs) + "\n";
    return text;
}

void remove_unused(Graph &graph) {
    std::vector<bool> used(graph.values.size(), false);
    const auto mark = [&](ValueId value) {
        if (value != no_value)
            used[static_cast<std::size_t>(value)] = true;
    };
    std::for_each(graph.outputs.begin(), graph.outputs.end(), mark);
    std::vector<Node> kept;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        const bool needed = std::any_of(node->outputs.begin(), node->outputs.end(),
                                        [&](ValueId value) { return used[static_cast<std::size_t>(value)]; });
        if (!needed)
            continue;
        std::for_each(node->inputs.begin(), node->inputs.end(), mark);
        kept.push_back(std::move(*node));
    }
    std::reverse(kept.begin(), kept.end());
    graph.nodes = std::move(kept);
}

} // namespace vsmlrt::graph
