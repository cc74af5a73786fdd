// Operators that are compositions of others, written in these.
#pragma once

#include "model/network.h"

#include <functional>

namespace vsmlrt::model {

// Writes each node for which `chosen(node)` holds, and that is of an operator named here, in operators that
// every backend has; the result means the same. A node in a form that no rule knows stays as it is.
//
// Einsum, DeformConv, Attention, LpNormalization, MeanVarianceNormalization, RMSNormalization, Shrink, Swish,
// IsInf, Trilu, QuantizeLinear, DequantizeLinear, convolutions and pools of one axis; of com.microsoft Gelu,
// QuickGelu, BiasGelu and FusedConv. Source of each meaning: ONNX's operator documentation
// (docs/Operators.md).
[[nodiscard]] Network compose(const Network &network, const std::function<bool(const Node &node)> &chosen);

} // namespace vsmlrt::model
