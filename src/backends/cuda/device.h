// The GPUs of this machine that the backend serves.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/shipped_kernels.h"
#include "nvidia/handles.h"

namespace vsmlrt::cuda {

struct Device {
    int number = 0;
    std::string id;   // "CUDA.0"
    std::string name; // "NVIDIA H100 80GB HBM3"
    std::int64_t memory_bytes = 0;
    DeviceFacts facts;
    std::string plan_basis;
    std::string architecture;                      // as NVRTC takes it: "sm_90a"
    std::shared_ptr<const ShippedKernels> shipped; // may be null
};

struct Absent {
    std::string what;
    std::string reason;
};

// Unsupported with the remedy where there is no driver, no GPU that is new enough, or neither a compiler nor
// kernels that came with the package.
void probe();
[[nodiscard]] std::vector<Device> list_devices();
[[nodiscard]] std::vector<Absent> list_absent();
// BadArgument naming those there are.
[[nodiscard]] Device find_device(const std::string &id);

} // namespace vsmlrt::cuda
