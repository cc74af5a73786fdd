#include "backends/onnxruntime/library.h"

#include "backends/onnxruntime/ort_api.h"
#include "base/error.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <mutex>

namespace vsmlrt::ort {
namespace fs = std::filesystem;
namespace {

constexpr const char *file_name = "libonnxruntime.so";
constexpr int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;

// A path that can be opened, with nothing said about what is in it; empty: nowhere.
fs::path in_variable() {
    const char *given = std::getenv("VSMLRT_ONNXRUNTIME");
    if (!given || !*given)
        return {};
    fs::path path = given;
    if (!fs::is_directory(path)) {
        if (!fs::exists(path))
            throw Unsupported("VSMLRT_ONNXRUNTIME is \"", given, "\", which does not exist");
        return path;
    }
    for (const char *folder : {"", "capi", "onnxruntime/capi", "lib"})
        if (fs::path found = newest(path / folder, file_name); !found.empty())
            return found;
    throw Unsupported("VSMLRT_ONNXRUNTIME is \"", given, "\", and there is no ", file_name,
                      " in that folder");
}

fs::path find() {
    if (fs::path given = in_variable(); !given.empty())
        return given;
    for (const fs::path &folder : search_folders())
        if (fs::path found = newest(folder, file_name); !found.empty())
            return found;
    return {};
}

void *open(const fs::path &path) {
    void *handle = nullptr;
    if (!path.empty()) {
        handle = ::dlopen(path.c_str(), flags);
        if (!handle)
            throw Unsupported(::dlerror());
        return handle;
    }
    for (const char *name : {"libonnxruntime.so.1", file_name})
        if ((handle = ::dlopen(name, flags)))
            return handle;
    throw Unsupported(file_name, " is missing");
}

// The numbers of "1.32.0"; minor is -1 where there is none.
struct Version {
    int major = -1;
    int minor = -1;
};

Version parse(const char *text) {
    Version version;
    char *end = nullptr;
    version.major = static_cast<int>(std::strtol(text, &end, 10));
    if (*end == '.')
        version.minor = static_cast<int>(std::strtol(end + 1, nullptr, 10));
    return version;
}

Library load() {
    const fs::path path = find();
    void *const handle = open(path);
    const std::string shown = path.empty() ? file_name : path.string();
    const auto entry = reinterpret_cast<const ApiBase *(*)()>(::dlsym(handle, "OrtGetApiBase"));
    if (!entry)
        throw Unsupported(shown, " is no ONNX Runtime: it has no OrtGetApiBase");
    const ApiBase *const base = entry();
    const char *const text = base->get_version();
    const Version version = parse(text);
    // Asked first: GetApi writes to standard error about a version that it does not have.
    const bool fits = version.major == 1 && version.minor >= static_cast<int>(api_version);
    const void *const *const api = fits ? base->get_api(api_version) : nullptr;
    if (!api)
        throw Unsupported(shown, " is ONNX Runtime ", text, ", and 1.", api_version,
                          " or a later 1.x is needed");
    return {path.empty() ? fs::path(file_name) : path, text, api};
}

// Orders "libx.so.1.9.0" before "libx.so.1.10.0".
bool older(const std::string &a, const std::string &b) {
    return ::strverscmp(a.c_str(), b.c_str()) < 0;
}

} // namespace

fs::path newest(const fs::path &folder, const std::string &name) {
    fs::path best;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(folder, ignored)) {
        const std::string found = entry.path().filename().string();
        if (found.rfind(name, 0) != 0 || (found.size() > name.size() && found[name.size()] != '.'))
            continue;
        if (best.empty() || older(best.filename().string(), found))
            best = entry.path();
    }
    return best;
}

std::vector<fs::path> search_folders() {
    Dl_info self = {};
    if (::dladdr(reinterpret_cast<const void *>(&search_folders), &self) == 0 || !self.dli_fname)
        return {};
    void *const handle = ::dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return {};
    Dl_serinfo size = {};
    std::vector<fs::path> folders;
    if (::dlinfo(handle, RTLD_DI_SERINFOSIZE, &size) == 0) {
        std::vector<std::byte> memory(size.dls_size);
        auto *const list = new (memory.data()) Dl_serinfo(size);
        if (::dlinfo(handle, RTLD_DI_SERINFO, list) == 0)
            for (unsigned i = 0; i < list->dls_cnt; ++i)
                folders.emplace_back(list->dls_serpath[i].dls_name);
    }
    ::dlclose(handle);
    return folders;
}

const Library &library() {
    static std::mutex mutex;
    static std::atomic<const Library *> loaded = nullptr;
    if (const Library *known = loaded.load(std::memory_order_acquire))
        return *known;
    const std::lock_guard lock(mutex);
    if (!loaded.load(std::memory_order_relaxed))
        loaded.store(new Library(load()), std::memory_order_release);
    return *loaded.load(std::memory_order_relaxed);
}

} // namespace vsmlrt::ort
