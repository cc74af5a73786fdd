// Computing the operators that shape arithmetic is made of: pointwise ones and those that only move elements.
// The rest (convolutions, resizing, reductions over pictures) is a backend's business.
//
// Operands, results and parameters are those that `infer` found; results are allocated and of the inferred
// shape. BadModel for an integer division by zero or an index out of range.
#pragma once

#include "graph/ir.h"
#include "graph/view.h"

namespace vsmlrt::graph {

void evaluate(const Unary &op, Inputs inputs, Outputs outputs);
void evaluate(const Binary &op, Inputs inputs, Outputs outputs);
void evaluate(const Clip &op, Inputs inputs, Outputs outputs);
void evaluate(const Where &op, Inputs inputs, Outputs outputs);
void evaluate(const Cast &op, Inputs inputs, Outputs outputs);
void evaluate(const Reduce &op, Inputs inputs, Outputs outputs);

void evaluate(const Concat &op, Inputs inputs, Outputs outputs);
void evaluate(const Split &op, Inputs inputs, Outputs outputs);
void evaluate(const Slice &op, Inputs inputs, Outputs outputs);
void evaluate(const Pad &op, Inputs inputs, Outputs outputs);
void evaluate(const DepthToSpace &op, Inputs inputs, Outputs outputs);
void evaluate(const SpaceToDepth &op, Inputs inputs, Outputs outputs);
void evaluate(const Transpose &op, Inputs inputs, Outputs outputs);
void evaluate(const Reshape &op, Inputs inputs, Outputs outputs);
void evaluate(const Expand &op, Inputs inputs, Outputs outputs);
void evaluate(const Tile &op, Inputs inputs, Outputs outputs);
void evaluate(const Gather &op, Inputs inputs, Outputs outputs);
void evaluate(const GatherElements &op, Inputs inputs, Outputs outputs);
void evaluate(const GatherNd &op, Inputs inputs, Outputs outputs);
void evaluate(const ScatterElements &op, Inputs inputs, Outputs outputs);
void evaluate(const ScatterNd &op, Inputs inputs, Outputs outputs);
void evaluate(const ArgReduce &op, Inputs inputs, Outputs outputs);
void evaluate(const CumSum &op, Inputs inputs, Outputs outputs);
void evaluate(const TopK &op, Inputs inputs, Outputs outputs);
void evaluate(const Fill &op, Inputs inputs, Outputs outputs);
void evaluate(const Range &op, Inputs inputs, Outputs outputs);

template <typename T>
concept Evaluable = requires(const T &op, Inputs inputs, Outputs outputs) {
    evaluate(op, inputs, outputs);
};

} // namespace vsmlrt::graph
