// A shared library opened at run time. Never closed: vendor libraries do not survive being unloaded.
#pragma once

#include <filesystem>
#include <string>

namespace vsmlrt::engine {

// The folder that holds the file this code was linked into: the plugin's.
[[nodiscard]] std::filesystem::path own_folder();

class Library {
public:
    // Opens RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE. Libraries that the loader does not find are looked for in
    // `fallback` and its subfolder libs (empty: nowhere). Unsupported, naming what is missing.
    Library(const std::filesystem::path &path, const std::filesystem::path &fallback);

    // Unsupported if the library has no such symbol.
    [[nodiscard]] void *symbol(const char *name) const;

private:
    std::string path_;
    void *handle_ = nullptr;
};

} // namespace vsmlrt::engine
