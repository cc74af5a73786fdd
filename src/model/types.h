// Element types of every value of a network.
#pragma once

#include "model/network.h"

#include <map>
#include <string>

namespace vsmlrt::model {

using Types = std::map<std::string, Element, std::less<>>;

// By each operator's definition from the types of inputs and initializers, in node order. Outputs of
// operators that are not ONNX's own are taken to be of their first input's type, else float32. Source: the
// type constraints in ONNX's operator documentation (docs/Operators.md).
[[nodiscard]] Types infer_types(const Network &network);

// The element type of the tensor that a Constant node gives; unset if it is of a kind that is not read.
[[nodiscard]] std::optional<Element> constant_type(const Node &node);

[[nodiscard]] constexpr bool is_floating(Element type) {
    return type == Element::f32 || type == Element::f16 || type == Element::bf16 || type == Element::f64;
}

} // namespace vsmlrt::model
