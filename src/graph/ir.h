// The IR: a network as typed operators on typed values, in an order in which they can run.
//
// A graph says nothing about the size of the picture; `infer` (graph/infer.h) gives the shape of every value
// at one.
#pragma once

#include "graph/ops.h"
#include "model/network.h"

#include <optional>
#include <string>
#include <vector>

namespace vsmlrt::graph {

using ValueId = std::int32_t; // index into Graph::values
inline constexpr ValueId no_value = -1;

struct Value {
    std::string name;
    Element type = Element::f32;
    std::optional<model::Tensor> constant; // its contents where the network states them
};

struct Node {
    Op op;
    std::string label;           // for messages: 'Conv "conv_1"'
    std::vector<ValueId> inputs; // no_value where an optional operand is absent
    std::vector<ValueId> outputs;
};

// An input of the network; `dims` as the file states them.
struct Input {
    ValueId value = no_value;
    bool has_shape = false;
    std::vector<model::Dim> dims;
};

struct Graph {
    std::vector<Value> values;
    std::vector<Node> nodes; // every operand is a constant, an input or the output of an earlier node
    std::vector<Input> inputs;
    std::vector<ValueId> outputs;
};

// The operand in place `index`, or no_value where the node has fewer or leaves it out.
[[nodiscard]] inline ValueId operand(const Node &node, std::size_t index) {
    return index < node.inputs.size() ? node.inputs[index] : no_value;
}

// "Conv", "Relu": what an operator is called in texts.
[[nodiscard]] std::string describe(const Op &op);
// One line a node: 'Conv (input, weight, bias) -> c1'.
[[nodiscard]] std::string describe(const Graph &graph);

// Drops nodes whose results nobody reads. Values keep their ids.
void remove_unused(Graph &graph);

} // namespace vsmlrt::graph
