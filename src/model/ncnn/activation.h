// The activations of ncnn: as layers of their own, and fused into layers with weights.
#pragma once

#include "model/ncnn/conversion.h"

namespace vsmlrt::model::ncnn {

// Adds the activation that parameters 9 (type) and 10 (its numbers) of a layer with weights ask for.
[[nodiscard]] std::string emit_fused_activation(Conversion &c, std::string value);

} // namespace vsmlrt::model::ncnn
