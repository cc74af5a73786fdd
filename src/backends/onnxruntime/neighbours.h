// Shared libraries that bring their dependencies in the same folder, as wheels do, without an RPATH to it.
#pragma once

#include <filesystem>
#include <string>

namespace vsmlrt::ort {

// Opens `file`, and before it what it needs of its own folder where the loader does not find that. Empty if
// it is open, never to be closed; else why it cannot be ("libcuda.so.1 is missing").
[[nodiscard]] std::string load_neighbours(const std::filesystem::path &file);

// Whether a library that is open has the symbol.
[[nodiscard]] bool has_symbol(const std::filesystem::path &file, const char *name);

} // namespace vsmlrt::ort
