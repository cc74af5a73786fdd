// Chains of pointwise operators as text: straight lines of C++ that compute one element.
#pragma once

#include "graph/infer.h"

#include <functional>
#include <map>
#include <string>

namespace vsmlrt::cuda {

// Where a list over all values of a graph has this one.
[[nodiscard]] inline std::size_t place(graph::ValueId value) {
    return static_cast<std::size_t>(value);
}

// What a chain reads in addition to the results of its own members.
struct ChainInput {
    enum class Kind { value, scale, bias, gate } kind = Kind::value;
    // value: of the graph; scale, bias: the result of a batch norm; gate: a factor a channel.
    graph::ValueId value = graph::no_value;
    bool operator==(const ChainInput &) const = default;
};

struct Chain {
    std::vector<ChainInput> inputs; // x0, x1, ... in the text
    std::string text;               // lines that declare the members' results
    std::string result;             // the name of the last one
};

// True for the nodes that chains are made of: one result, every element from the same place of the operands.
[[nodiscard]] bool is_pointwise(const graph::Graph &graph, const graph::Shapes &shapes,
                                const graph::Node &node, const graph::Op &op);

// What a chain calls the value that is already there, its inputs and its members' results.
struct ChainNames {
    const char *anchor = "sum";
    const char *input = "x";
    const char *result = "v";
};

// Values that are places of what they would be once multiplied by a factor a channel: which factor.
using Gates = std::map<graph::ValueId, graph::ValueId>;

// The lines for `members` (indices of nodes, in order). `anchor`, if any, is a value that is already there
// under the name "sum". Scalars that the network states become literals; all other operands become
// inputs.
[[nodiscard]] Chain make_chain(const graph::Graph &graph, const graph::Shapes &shapes,
                               const std::vector<std::size_t> &members,
                               graph::ValueId anchor = graph::no_value, const ChainNames &names = {},
                               const Gates &gates = {});

// What a pointwise node (but a batch norm) computes, as C++; `operand` names its operand number i.
using OperandName = std::function<std::string(std::size_t)>;
[[nodiscard]] std::string pointwise_formula(const graph::Graph &graph, const graph::Node &node,
                                            const graph::Op &op, const OperandName &operand);
// The one element of a constant.
[[nodiscard]] std::string scalar_literal(const model::Tensor &tensor);

// Factor (scale) or summand (bias) of each channel that a batch norm comes to.
[[nodiscard]] std::vector<float> batch_norm_values(const graph::Graph &graph, const graph::Shapes &shapes,
                                                   graph::ValueId result, ChainInput::Kind kind);

// The node that gives a value; null for inputs and constants.
[[nodiscard]] const graph::Node *producer_of(const graph::Graph &graph, graph::ValueId value);

} // namespace vsmlrt::cuda
