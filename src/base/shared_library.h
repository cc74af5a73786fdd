// A shared library that is opened at run time.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace vsmlrt {

// Open from construction on and never closed: vendors' libraries do not survive being unloaded. Its symbols
// are seen by nobody else, and all that it needs is bound at once (RTLD_LOCAL, RTLD_NOW).
class SharedLibrary {
public:
    // Asked for each library that this one needs and the loader does not find ("libcudart.so.13"): whether it
    // is open now. Once it is, by whatever path, the loader takes it for the one of that name.
    using Supply = std::function<bool(const std::string &missing)>;

    // A path, or a name that the loader searches for. Unsupported, with the name of what is missing
    // ("libcuda.so.1 is missing"), else with the loader's words.
    explicit SharedLibrary(const std::filesystem::path &file, const Supply &supply = {});

    // Null if the library has no such symbol.
    [[nodiscard]] void *find(const char *name) const;
    // Unsupported if the library has no such symbol.
    [[nodiscard]] void *symbol(const char *name) const;
    [[nodiscard]] const std::filesystem::path &file() const { return file_; }

private:
    std::filesystem::path file_; // as it was opened
    void *handle_ = nullptr;
};

// The file that this code was linked into: the plugin, or a backend's module. InternalError if it cannot be
// found.
[[nodiscard]] std::filesystem::path own_file();

// The file that an address of code or data lies in; empty where there is none.
[[nodiscard]] std::filesystem::path file_of(const void *address);

// The files of all libraries that this process has open.
[[nodiscard]] std::vector<std::filesystem::path> loaded_libraries();

// From now on this library stays where it is until the process ends, however often its host closes it. On
// Linux it is linked so (nodelete), and nothing is left to do.
void keep_own_library();

// The folders in which what own_file() needs is looked for: its RPATH and the loader's own, or the lines of
// the text file next to it that ends in .folders where libraries have no RPATH (Windows).
[[nodiscard]] std::vector<std::filesystem::path> search_folders();

} // namespace vsmlrt
