#include "base/library_names.h"

namespace vsmlrt {

const std::string_view library_ending = ".dll";
const char path_separator = ';';
const char *const nvidia_driver_library = "nvcuda.dll";

std::string library_file(std::string_view plain) {
    return std::string(plain) + ".dll";
}

std::string library_file(std::string_view plain, int) {
    return library_file(plain);
}

std::span<const char *const> nvidia_compiler_libraries() {
    static constexpr const char *names[] = {"nvrtc64_130_0.dll", "nvrtc64_120_0.dll"};
    return names;
}

std::span<const char *const> nvidia_compiler_parts() {
    static constexpr const char *names[] = {"nvrtc-builtins64_"};
    return names;
}

// The toolkit's installer puts its folder into PATH, where the loader looks anyway.
std::span<const char *const> nvidia_compiler_folders() {
    return {};
}

std::span<const char *const> nvidia_wheel_folders() {
    static constexpr const char *folders[] = {"bin/x86_64", "bin/x64", "bin"};
    return folders;
}

} // namespace vsmlrt
