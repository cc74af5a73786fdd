// From an ONNX network (opsets 9 to 26) to the IR.
#pragma once

#include "graph/ir.h"

namespace vsmlrt::graph {

// Unsupported, naming node and operator, for operators, types and modes outside of the IR; BadModel for nodes
// that are not valid ONNX. Constants are folded and what no output needs is dropped.
[[nodiscard]] Graph lower(const model::Network &network);

// Throws what `lower` would for this node of a network of opset `opset`, its operands taken as float32.
void check(const model::Node &node, std::int64_t opset);

} // namespace vsmlrt::graph
