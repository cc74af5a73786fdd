#include "backends/onnxruntime/library.h"

#include "backends/onnxruntime/ort_api.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/library_names.h"
#include "base/path.h"
#include "module/vendor_library.h"

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace vsmlrt::ort {
namespace fs = std::filesystem;
namespace {

std::string file_name() {
    return library_file("onnxruntime");
}

// A path that can be opened, with nothing said about what is in it; empty: nowhere.
fs::path in_variable() {
    const std::string given = vsmlrt::environment("VSMLRT_ONNXRUNTIME");
    if (given.empty())
        return {};
    fs::path path = path_of(given);
    if (!fs::is_directory(path)) {
        if (!fs::exists(path))
            throw Unsupported("VSMLRT_ONNXRUNTIME is \"", given, "\", which does not exist");
        return path;
    }
    for (const char *folder : {"", "capi", "onnxruntime/capi", "lib"})
        if (fs::path found = newest(path / folder, file_name()); !found.empty())
            return found;
    throw Unsupported("VSMLRT_ONNXRUNTIME is \"", given, "\", and there is no ", file_name(),
                      " in that folder");
}

fs::path find() {
    if (fs::path given = in_variable(); !given.empty())
        return given;
    for (const fs::path &folder : search_folders())
        if (fs::path found = newest(folder, file_name()); !found.empty())
            return found;
    return {};
}

SharedLibrary open(const fs::path &path) {
    if (!path.empty())
        return SharedLibrary(path);
    try {
        return SharedLibrary(library_file("onnxruntime", 1));
    } catch (const Unsupported &) {
        return SharedLibrary(file_name());
    }
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
    const SharedLibrary opened = open(path);
    const std::string shown = path.empty() ? file_name() : text_of(path);
    const auto entry = reinterpret_cast<const ApiBase *(*)()>(opened.find("OrtGetApiBase"));
    if (!entry)
        throw Unsupported(shown, " is not ONNX Runtime: it has no OrtGetApiBase");
    const ApiBase *const base = entry();
    const char *const text = base->get_version();
    const Version version = parse(text);
    // Asked first: GetApi writes to standard error about a version that it does not have.
    const bool fits = version.major == 1 && version.minor >= static_cast<int>(api_version);
    const void *const *const api = fits ? base->get_api(api_version) : nullptr;
    if (!api)
        throw Unsupported(shown, " is ONNX Runtime ", text, ", and 1.", api_version,
                          " or a later 1.x is needed");
    return {path.empty() ? fs::path(file_name()) : path, text, api};
}

} // namespace

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
