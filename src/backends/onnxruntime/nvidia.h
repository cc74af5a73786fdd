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

// The file_sizes of the vendor's libraries that the loader has open and whose plain name begins so
// ("nvinfer"). Of the version of TensorRT itself no
// function of ONNX Runtime tells.
[[nodiscard]] std::string sizes_of_loaded(std::string_view plain_beginning);

} // namespace vsmlrt::ort
