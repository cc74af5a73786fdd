// One device of ONNX Runtime: a processor behind an execution provider ("CPU", "CUDA.0", "WebGPU.0").
#pragma once

#include "backends/onnxruntime/provider.h"

#include <string>
#include <vector>

namespace vsmlrt::ort {

struct Device {
    std::string id;
    std::string name;
    vsmlrt_device_kind kind = VSMLRT_DEVICE_CPU;
    std::int64_t memory_bytes = 0; // 0: unknown
    Provider provider;
    std::string group;                   // the provider's id
    int index = 0;                       // among the provider's devices
    const OrtEpDevice *plugin = nullptr; // of a plugin library; null: built in
    std::string
        plan_basis; // what its context models and kept files depend on in addition to ONNX Runtime's version

    [[nodiscard]] bool has_plans() const { return provider.context_models || provider.keeps_files(); }
    // Of ONNX Runtime's own kernels for processors; other providers can compute on the processor too.
    [[nodiscard]] bool is_cpu() const { return provider.id == "CPU"; }
};

// "CPU", "GPU" or "NPU": what a plugin's device is.
[[nodiscard]] const char *hardware_kind(const OrtEpDevice *device);

// The CPU, then what plugin providers list, then what providers built into the library can start on. Asked
// once a process. Throws what library() throws. Thread-safe.
[[nodiscard]] const std::vector<Device> &list_devices();

// What was found and has no device here, by the provider's id, with the reason.
[[nodiscard]] const std::vector<std::pair<std::string, std::string>> &list_absent();

// BadArgument, naming what there is and why a provider that was found has no device, for an id that
// list_devices does not give.
[[nodiscard]] const Device &find_device(const std::string &id);

} // namespace vsmlrt::ort
