// Shared libraries that bring their dependencies in the same folder or in other wheels, without an RPATH to
// them.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace vsmlrt::ort {

// Opens `file`, and before it what it needs of its own folder, or under the very name of `folders`, where the
// loader does not find that. Empty if it is open, never to be closed; else why it cannot be
// ("libcuda.so.1 is missing").
[[nodiscard]] std::string load_neighbours(const std::filesystem::path &file,
                                          std::span<const std::filesystem::path> folders = {});

// Whether a library that is open has the symbol.
[[nodiscard]] bool has_symbol(const std::filesystem::path &file, const char *name);

} // namespace vsmlrt::ort
