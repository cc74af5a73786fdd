#pragma once

#include "backends/cuda/candidate.h"
#include "nvidia/driver_api.h"

namespace vsmlrt::cuda {

// By the driver, which only reckons here; InternalError where it finds the map invalid.
[[nodiscard]] nvidia::TensorMapBytes encode(const TensorMap &map);

} // namespace vsmlrt::cuda
