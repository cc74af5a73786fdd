// NVIDIA devices as their driver lists them, for the providers that take nothing but an index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vsmlrt::ort {

struct NvidiaDevice {
    std::string name;
    std::int64_t memory_bytes = 0;
    std::string plan_basis; // compute capability and driver
};

// In the driver's order; none where there is no driver.
[[nodiscard]] std::vector<NvidiaDevice> nvidia_devices();

// The file_sizes of what the loader has open and whose name begins so. Of the version of TensorRT itself no
// function of ONNX Runtime tells.
[[nodiscard]] std::string loaded_libraries(std::string_view beginning);

} // namespace vsmlrt::ort
