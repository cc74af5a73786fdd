// Reading ValueInfoProto.
#pragma once

#include "model/network.h"

#include <protozero/data_view.hpp>

namespace vsmlrt::model::onnx {

// A tensor's name, type and shape. Sizes below zero, which some exporters write for "unknown", become
// unknown. BadModel if it is not a tensor or has no element type. May throw protozero::exception.
[[nodiscard]] Value read_value(protozero::data_view message);

} // namespace vsmlrt::model::onnx
