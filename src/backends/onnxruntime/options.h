// The options of a program: "session.KEY" for the session's configuration, "provider.KEY" for the provider's.
#pragma once

#include "backends/onnxruntime/device.h"
#include "vsmlrt/backend.h"

namespace vsmlrt::ort {

struct Options {
    Settings session; // by ONNX Runtime's own names ("session.intra_op.allow_spinning")
    Settings provider;
    std::optional<int> log_severity; // session.log_severity_level: 0 verbose to 4 fatal
};

// BadArgument, naming what is accepted, for a key of neither kind, for a session entry that ONNX Runtime does
// not have, and for an option that the device's provider does not take. Values are the library's to judge.
[[nodiscard]] Options read_options(const Device &device, std::span<const vsmlrt_option> options);

[[nodiscard]] bool has(const Settings &settings, std::string_view key);

} // namespace vsmlrt::ort
