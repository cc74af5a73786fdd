// Shape inference at one size of the inputs, with everything folded that follows from sizes and constants
// alone: what networks exported for any size compute with Shape, Gather, Concat, Range and integer
// arithmetic.
#pragma once

#include "graph/ir.h"

#include <span>

namespace vsmlrt::graph {

struct Shapes {
    std::vector<Shape> dims;                          // by value
    std::vector<std::optional<model::Tensor>> folded; // by value; contents that follow from the sizes
    std::vector<Op> ops;                              // by node; parameters resolved
};

// `inputs` are the shapes of graph.inputs, in order. BadModel naming the node if the network does not work at
// these sizes (operands that do not fit together, an empty result, an input that states another size);
// Unsupported if a shape depends on the contents of the picture.
[[nodiscard]] Shapes infer(const Graph &graph, std::span<const Shape> inputs);

// Contents known before the network runs, constants included; null where there are none.
[[nodiscard]] const model::Tensor *known(const Graph &graph, const Shapes &shapes, ValueId value);

// True if nothing is left to compute at run time.
[[nodiscard]] bool is_folded(const Graph &graph, const Shapes &shapes, const Node &node);

// Evaluates every node whose operands are all constants, once, whatever the size.
void fold_constants(Graph &graph);

} // namespace vsmlrt::graph
