// ONNX Runtime's shared library: found, checked and opened once a process, never closed.
#pragma once

#include <filesystem>
#include <string>

namespace vsmlrt::ort {

struct Library {
    std::filesystem::path file;       // as it was opened
    std::string version;              // "1.32.0"
    const void *const *api = nullptr; // the table OrtApi of api_version
};

// VSMLRT_ONNXRUNTIME (the file, or a folder that holds it), else the wheel onnxruntime or onnxruntime-gpu
// next to this module, else the loader's search. Unsupported, with the reason, if there is none, if the file
// is not ONNX Runtime, or one that is not 1.23 or a later 1.x. A failure is not remembered. Thread-safe.
[[nodiscard]] const Library &library();

} // namespace vsmlrt::ort
