// Vendors' libraries as their wheels lay them down: with their dependencies in the same folder or in other
// wheels, under names with a version, and without an RPATH to them.
#pragma once

#include "base/shared_library.h"

#include <span>

namespace vsmlrt {

// Opens `file`, and before it what it needs: of its own folder under any version of the name, or under the
// very name of `folders`, where the loader does not find that. Unsupported, with why it cannot be
// ("libcuda.so.1 is missing").
[[nodiscard]] SharedLibrary open_vendor_library(const std::filesystem::path &file,
                                                std::span<const std::filesystem::path> folders = {});

// The file of the highest version among NAME and NAME.* in a folder; empty if there is none.
[[nodiscard]] std::filesystem::path newest(const std::filesystem::path &folder, const std::string &name);

} // namespace vsmlrt
