// The operators that compute: what graph/evaluate.h leaves to a backend. Sums are taken in double and rounded
// once.
#pragma once

#include "graph/evaluate.h"

namespace vsmlrt::interpreter {

using graph::Inputs;
using graph::Outputs;

void evaluate(const graph::Conv &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::ConvTranspose &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::Pool &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::MatMul &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::Gemm &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::Softmax &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::Normalize &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::GridSample &op, Inputs inputs, Outputs outputs);
void evaluate(const graph::Resize &op, Inputs inputs, Outputs outputs);

} // namespace vsmlrt::interpreter
