// NVRTC, NVIDIA's run-time compiler, opened when first asked for: in the system, or in the wheels
// nvidia-cuda-nvrtc and nvidia-cuda-nvrtc-cu12 beside this module. VSMLRT_NVRTC names another file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vsmlrt::nvidia {

// Unsupported, naming the package that brings it, where there is no NVRTC.
void require_compiler();

// "NVRTC 13.0"
[[nodiscard]] std::string compiler_version();

// What `compile` hands NVRTC in addition to the text: the same text, options and compiler give the same
// cubin.
[[nodiscard]] std::vector<std::string> compiler_options(const std::string &architecture);

// The cubin of a kernel for an architecture ("sm_90a"). InternalError with the compiler's messages where the
// text does not compile; Unsupported where this NVRTC does not know the architecture. Thread-safe.
[[nodiscard]] std::vector<std::byte> compile(const std::string &source, const std::string &architecture);

} // namespace vsmlrt::nvidia
