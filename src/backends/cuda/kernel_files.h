// The files of kernels/, embedded by the build (cmake/EmbedFiles.cmake).
#pragma once

#include <span>
#include <string_view>

namespace vsmlrt::cuda {

struct KernelFile {
    std::string_view name; // relative to kernels/
    std::string_view text;
};

[[nodiscard]] std::span<const KernelFile> kernel_files();

} // namespace vsmlrt::cuda
