// The CUDA driver, opened when first asked for and never closed. VSMLRT_CUDA_DRIVER names another file than
// libcuda.so.1, for tests.
#pragma once

#include "nvidia/driver_api.h"

#include <string>

namespace vsmlrt::nvidia {

// Unsupported, saying what is missing, where there is no driver or it is too old.
[[nodiscard]] const DriverTable &driver();

// The driver's own words for a status: "out of memory".
[[nodiscard]] std::string explain(Status status);

// DeviceError "cuda: WHAT failed: EXPLANATION" unless `status` is success.
void check(Status status, const char *what);

} // namespace vsmlrt::nvidia
