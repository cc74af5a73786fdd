// What OpenVINO's importer reads otherwise than the ONNX specification says: attributes that it drops, rules
// that it computes differently. Such a node is handed to it as an operator of our own instead.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::openvino {

// The first node of each operator ("DOMAIN.OPERATOR" outside of ONNX's own), as messages name it.
using NodesByOperator = std::map<std::string, std::string>;

// The network as OpenVINO may read it: every misread node replaced by one of our domain (see substitute.h).
// Empty where there is none, or where the bytes are not a network that we can read. BadModel that names a
// node with an attribute which its operator does not have: OpenVINO would ignore it. Unsupported where a node
// is misread and `device` is not the CPU, which alone runs operators of our own, or where it is inside of
// control flow. `nodes`, where given, gets the network's.
[[nodiscard]] std::vector<std::byte>
replace_misread(std::span<const std::byte> onnx, const std::string &device, NodesByOperator *nodes = nullptr);

} // namespace vsmlrt::openvino
