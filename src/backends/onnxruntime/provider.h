// What is known of an execution provider: its names, its options and what it can do.
#pragma once

#include "backends/onnxruntime/api.h"
#include "vsmlrt/backend.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vsmlrt::ort {

// Key and value, in the order given.
using Settings = std::vector<std::pair<std::string, std::string>>;

// An option by which a provider is told a folder for files of its own, and the one that makes it write them
// (empty: the folder is enough).
struct KeptFiles {
    std::string_view folder_key;
    std::string_view switch_key = {};
};

// An option that bears on the precision of what a provider computes, and its value for each; empty: it is
// left alone.
struct PrecisionSwitch {
    std::string_view key;
    std::string_view fp32 = {};
    std::string_view fp16 = {};
    std::string_view bf16 = {};
    std::string_view tf32 = fp32;

    [[nodiscard]] std::string_view value(vsmlrt_precision precision) const {
        switch (precision) {
        case VSMLRT_PRECISION_FP16:
            return fp16;
        case VSMLRT_PRECISION_BF16:
            return bf16;
        case VSMLRT_PRECISION_TF32:
            return tf32;
        default:
            return fp32;
        }
    }
};

struct Provider {
    std::string_view id;   // the group of its devices, in their ids: "TensorRT"
    std::string_view name; // ONNX Runtime's: "TensorrtExecutionProvider"
    // What computes where it is built into the library; a plugin's devices tell it themselves.
    vsmlrt_device_kind kind = VSMLRT_DEVICE_GPU;
    bool native_fp16 = true;
    bool native_bf16 = false;
    // Makes context models: its compiled state as an ONNX file, which it loads faster than it compiles.
    bool context_models = false;
    // Runs one execution of a session at a time, so that each stream gets a session of its own.
    bool session_per_stream = false;
    // Its inputs and outputs are kept in the device's memory, at addresses that stay, and copied by ONNX
    // Runtime's data transfer; else it copies from and to host memory in each run.
    bool device_buffers = false;
    // Options that state the shape range begin with this ("nv_profile_": nv_profile_min_shapes, ...); empty:
    // it takes any size.
    std::string_view profile_prefix = {};
    std::span<const std::string_view> keys = {}; // options it takes; empty: whatever is given
    std::span<const KeptFiles> kept = {};
    std::span<const PrecisionSwitch> precision_switches = {};

    [[nodiscard]] bool keeps_files() const { return !kept.empty(); }
};

// By ONNX Runtime's name; null for one that this project does not know.
[[nodiscard]] const Provider *known_provider(std::string_view name);
// Of one that is not known, the id is the name without "ExecutionProvider"; `name` must stay valid.
[[nodiscard]] Provider provider_named(std::string_view name);

// Puts a provider that is built into the library (not a plugin) in front of the CPU's: CUDA and TensorRT by
// functions of their own, others (DML, CoreML, MIGraphX, ...) by name. BadArgument, with what it takes, for
// an option that it refuses; DeviceError if it cannot start.
void append_builtin(OrtSessionOptions *options, const Provider &provider, const Settings &settings);

// The same for a device of a plugin library.
void append_plugin(OrtSessionOptions *options, const OrtEpDevice *device, const Settings &settings);

} // namespace vsmlrt::ort
