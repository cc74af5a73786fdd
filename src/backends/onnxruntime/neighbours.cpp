#include "backends/onnxruntime/neighbours.h"

#include "backends/onnxruntime/library.h"

#include <algorithm>
#include <dlfcn.h>

namespace vsmlrt::ort {
namespace fs = std::filesystem;
namespace {

constexpr int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;

// "libx.so.1: cannot open shared object file: ..." names what is missing before the first colon.
std::string missing_name(const std::string &message) {
    const auto colon = message.find(": cannot open shared object file");
    return colon == std::string::npos ? std::string() : message.substr(0, colon);
}

// TensorRT-RTX asks the loader for libtensorrt_rtx.so by that name while it makes an engine, and its wheel
// carries libtensorrt_rtx.so.1.7.1; the wheel's Python module puts the same links there when imported.
void link_names(const fs::path &real, const std::string &wanted) {
    const std::string plain = wanted.substr(0, wanted.find(".so") + 3);
    for (const std::string &name : {wanted, plain}) {
        std::error_code ignored;
        if (!fs::exists(real.parent_path() / name, ignored))
            fs::create_symlink(real.filename(), real.parent_path() / name, ignored);
    }
}

std::string load(const fs::path &file, std::span<const fs::path> folders, int depth);

// Libraries that need others: those of one vendor do not go deeper than a few steps.
constexpr int deepest = 8;

bool open_neighbour(const fs::path &folder, std::span<const fs::path> folders, const std::string &wanted,
                    int depth) {
    const auto end = wanted.find(".so");
    if (end == std::string::npos || wanted.find('/') != std::string::npos || depth > deepest)
        return false;
    const std::string name = wanted.substr(0, end + 3);
    if (const fs::path found = newest(folder, name); !found.empty() && load(found, folders, depth).empty()) {
        if (found.filename() != wanted)
            link_names(found, wanted);
        return true;
    }
    // Elsewhere only the very version counts: wheels of several CUDA versions lie side by side.
    return std::any_of(folders.begin(), folders.end(), [&](const fs::path &other) {
        std::error_code ignored;
        return fs::exists(other / wanted, ignored) && load(other / wanted, folders, depth).empty();
    });
}

std::string load(const fs::path &file, std::span<const fs::path> folders, int depth) {
    std::string last;
    while (!::dlopen(file.c_str(), flags)) {
        const char *error = ::dlerror();
        std::string message = error ? error : "unknown cause";
        const std::string missing = missing_name(message);
        // Once a missing library is loaded by its path, the loader takes it for the dependency of that name.
        if (missing.empty())
            return message;
        if (missing == last || !open_neighbour(file.parent_path(), folders, missing, depth + 1))
            return missing + " is missing";
        last = missing;
    }
    return {};
}

} // namespace

std::string load_neighbours(const fs::path &file, std::span<const fs::path> folders) {
    return load(file, folders, 0);
}

bool has_symbol(const fs::path &file, const char *name) {
    void *const handle = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return false;
    const bool found = ::dlsym(handle, name) != nullptr;
    ::dlclose(handle);
    return found;
}

} // namespace vsmlrt::ort
