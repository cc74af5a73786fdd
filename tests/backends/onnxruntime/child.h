// What a process says that starts with other environment variables: ONNX Runtime is looked for once a
// process.
#pragma once

#include "conformance/module.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace vsmlrt::test {

using Variables = std::vector<std::pair<std::string, std::string>>;

// Runs `body` in a forked process with the variables set, and gives what it returns, or "died" with its
// status. The caller must not have loaded the backend.
[[nodiscard]] std::string in_child(const Variables &variables, const std::function<std::string()> &body);

[[nodiscard]] inline Opened open_backend() {
    return open_module(module_path("onnxruntime"));
}

// The file of ONNX Runtime that this process has opened; empty: none.
[[nodiscard]] std::filesystem::path opened_library();

} // namespace vsmlrt::test
