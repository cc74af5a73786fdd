// A network from the door as OpenVINO's model.
#pragma once

#include "backends/openvino/device.h"

#include <memory>
#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

// Of desc's range of sizes, nothing computed of it yet. BadModel if OpenVINO cannot read the network, and
// what replace_misread throws.
[[nodiscard]] std::shared_ptr<ov::Model> read_model(const Device &device, const vsmlrt_program_desc &desc);

// Gives every picture that the model takes a range of sizes.
void reshape(ov::Model &model, vsmlrt_extent low, vsmlrt_extent high);

} // namespace vsmlrt::openvino
