// NVIDIA devices as their driver lists them, for the providers that take nothing but an index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vsmlrt::ort {

struct NvidiaDevice {
    std::string name;
    std::int64_t memory_bytes = 0;
    std::string plan_basis; // compute capability and driver
};

// In the driver's order; none where there is no driver.
[[nodiscard]] std::vector<NvidiaDevice> nvidia_devices();

} // namespace vsmlrt::ort
