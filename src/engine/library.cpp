#include "engine/library.h"

#include "base/error.h"

#include <dlfcn.h>

namespace vsmlrt::engine {
namespace fs = std::filesystem;
namespace {

constexpr int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;

// "libx.so.1: cannot open shared object file: ..." names what is missing before the first colon.
std::string missing_name(const std::string &message) {
    const auto colon = message.find(": cannot open shared object file");
    return colon == std::string::npos ? std::string() : message.substr(0, colon);
}

bool open_from(const fs::path &folder, const std::string &name) {
    if (folder.empty() || name.empty() || name.find('/') != std::string::npos)
        return false;
    for (const fs::path &place : {folder, folder / "libs"})
        if (::dlopen((place / name).c_str(), flags))
            return true;
    return false;
}

} // namespace

fs::path own_folder() {
    Dl_info info = {};
    if (::dladdr(reinterpret_cast<const void *>(&own_folder), &info) == 0 || !info.dli_fname)
        throw InternalError("the folder of the plugin cannot be found");
    return fs::absolute(info.dli_fname).parent_path();
}

Library::Library(const fs::path &path, const fs::path &fallback) : path_(path.string()) {
    std::string last;
    while (!(handle_ = ::dlopen(path_.c_str(), flags))) {
        const char *error = ::dlerror();
        const std::string message = error ? error : "unknown cause";
        const std::string missing = missing_name(message);
        // Once a missing library is loaded by its path, the loader takes it for the dependency of that name.
        if (missing == last || !open_from(fallback, missing))
            throw Unsupported(missing.empty() ? message : missing + " is missing");
        last = missing;
    }
}

void *Library::symbol(const char *name) const {
    void *address = ::dlsym(handle_, name);
    if (!address)
        throw Unsupported(path_, " has no ", name);
    return address;
}

} // namespace vsmlrt::engine
