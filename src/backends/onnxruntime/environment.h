// The process's ONNX Runtime environment, and the provider libraries registered with it.
#pragma once

#include "backends/onnxruntime/api.h"

#include <filesystem>
#include <vector>

namespace vsmlrt::ort {

// Made when first asked for, and never released: its threads must not meet static destructors at exit. What
// ONNX Runtime logs, from warnings up, goes to base/log. Throws what library() throws. Thread-safe.
[[nodiscard]] OrtEnv *environment();

// A plugin provider library that was found, and how registering it went.
struct ProviderLibrary {
    std::string name; // under which it is registered: "WebGpuExecutionProvider"
    std::filesystem::path file;
    std::string failure;         // empty: it is registered
    std::size_t num_devices = 0; // that it lists, under whatever name
};

// Those that VSMLRT_ONNXRUNTIME_PROVIDERS names (files or folders, separated by ':'), and those of the wheels
// onnxruntime-ep-* next to ONNX Runtime's own. Registered on the first call, once a process; one that fails
// is logged as a warning, and does not keep the others from being used. Thread-safe.
[[nodiscard]] const std::vector<ProviderLibrary> &provider_libraries();

// Opens what the CUDA and TensorRT providers of onnxruntime-gpu need from NVIDIA's wheels next to it, where
// the loader would not look. Does nothing where there are none.
void load_nvidia_wheels();

} // namespace vsmlrt::ort
