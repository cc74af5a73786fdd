// Looking around in OpenVINO's graph.
#pragma once

#include <memory>
#include <openvino/core/node.hpp>
#include <openvino/op/constant.hpp>

namespace vsmlrt::openvino {

using NodePtr = std::shared_ptr<ov::Node>;
using Output = ov::Output<ov::Node>; // of a node: what others read

// The one node that reads it; null if there are none or several.
[[nodiscard]] inline NodePtr only_reader(const Output &output) {
    const auto readers = output.get_target_inputs();
    return readers.size() == 1 ? readers.begin()->get_node()->shared_from_this() : nullptr;
}

// What an operator of two inputs reads besides `output`.
[[nodiscard]] inline Output other_input(const ov::Node &node, const Output &output) {
    return node.input_value(node.input_value(0) == output ? 1 : 0);
}

// A constant of fp32; null for anything else.
[[nodiscard]] inline std::shared_ptr<ov::op::v0::Constant> float_constant(const Output &output) {
    const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(output.get_node_shared_ptr());
    return constant && constant->get_element_type() == ov::element::f32 ? constant : nullptr;
}

// 1 x C x H x W in fp32, whatever of C, H and W is known.
[[nodiscard]] inline bool is_one_picture(const Output &output) {
    const ov::PartialShape &shape = output.get_partial_shape();
    return shape.rank().is_static() && shape.size() == 4 && shape[0] == 1 &&
           output.get_element_type() == ov::element::f32;
}

[[nodiscard]] inline std::shared_ptr<ov::op::v0::Constant> integers(const std::vector<std::int64_t> &values) {
    return ov::op::v0::Constant::create(ov::element::i64, ov::Shape{values.size()}, values);
}

} // namespace vsmlrt::openvino
