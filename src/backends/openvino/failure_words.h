// What OpenVINO's messages come to.
#pragma once

#include <exception>
#include <string>

namespace vsmlrt::openvino {

// One line of the many: the ONNX node, where one is named, and the cause.
[[nodiscard]] std::string cause(const std::exception &failure);

} // namespace vsmlrt::openvino
