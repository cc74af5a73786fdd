// read_onnx for a caller that wants to know which external files were read.
#pragma once

#include "model/external_data.h"
#include "model/network.h"

namespace vsmlrt::model {

[[nodiscard]] Network read_onnx(std::span<const std::byte> bytes, ExternalData &external);

} // namespace vsmlrt::model
