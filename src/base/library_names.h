// What this system calls shared libraries, and where vendors put theirs.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace vsmlrt {

// ".so" or ".dll".
extern const std::string_view library_ending;

// What separates the parts of a variable such as PATH: ':' or ';'.
extern const char path_separator;

// A vendor's library by its plain name: "onnxruntime" is libonnxruntime.so or onnxruntime.dll.
[[nodiscard]] std::string library_file(std::string_view plain);
// The same under the number of its interface, where the system's names carry one: libonnxruntime.so.1.
[[nodiscard]] std::string library_file(std::string_view plain, int interface_number);

// The file that NVIDIA's driver answers to.
extern const char *const nvidia_driver_library;
// The files of NVIDIA's run-time compiler, the newest first.
[[nodiscard]] std::span<const char *const> nvidia_compiler_libraries();
// How the names of the libraries begin that it opens by their bare names while it compiles, and that a loader
// which keeps to its own folders does not find next to it.
[[nodiscard]] std::span<const char *const> nvidia_compiler_parts();
// Where NVIDIA's own installers put it.
[[nodiscard]] std::span<const char *const> nvidia_compiler_folders();
// The folders of a wheel nvidia-* that hold its libraries, from its own: "lib" or "bin".
[[nodiscard]] std::span<const char *const> nvidia_wheel_folders();

} // namespace vsmlrt
