#include "base/library_names.h"

namespace vsmlrt {

const std::string_view library_ending = ".so";
const char path_separator = ':';
const char *const nvidia_driver_library = "libcuda.so.1";

std::string library_file(std::string_view plain) {
    return "lib" + std::string(plain) + ".so";
}

std::string library_file(std::string_view plain, int interface_number) {
    return library_file(plain) + "." + std::to_string(interface_number);
}

std::span<const char *const> nvidia_compiler_libraries() {
    static constexpr const char *names[] = {"libnvrtc.so.13", "libnvrtc.so.12"};
    return names;
}

std::span<const char *const> nvidia_compiler_parts() {
    return {}; // it has an RPATH
}

std::span<const char *const> nvidia_compiler_folders() {
    static constexpr const char *folders[] = {"/usr/local/cuda/lib64", "/usr/local/cuda/lib"};
    return folders;
}

std::span<const char *const> nvidia_wheel_folders() {
    static constexpr const char *folders[] = {"lib"};
    return folders;
}

} // namespace vsmlrt
