// What OpenVINO's messages come to.
#pragma once

#include <exception>
#include <map>
#include <string>

namespace vsmlrt::openvino {

// One line of the many: the ONNX node, where one is named, and the cause.
[[nodiscard]] std::string cause(const std::exception &failure);

// The first operator that the message says OpenVINO cannot read, as a node of the network is known
// (`nodes`: 'DeformConv "align"', by operator); empty where the failure is another one.
[[nodiscard]] std::string unknown_operator(const std::exception &failure,
                                           const std::map<std::string, std::string> &nodes);

} // namespace vsmlrt::openvino
