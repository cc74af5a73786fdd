// Opening libraries: every place of the project that does so comes here, because the flags and the way of
// supplying what the loader does not find must be the same for all.
#include "base/path.h"
#include "base/shared_library.h"

#include "base/error.h"

#include <cstddef>
#include <dlfcn.h>
#include <link.h>

namespace vsmlrt {
namespace fs = std::filesystem;
namespace {

// "libx.so.1: cannot open shared object file: ..." names what is missing before the first colon.
std::string missing_name(const std::string &message) {
    const auto colon = message.find(": cannot open shared object file");
    return colon == std::string::npos ? std::string() : message.substr(0, colon);
}

} // namespace

SharedLibrary::SharedLibrary(const fs::path &file, const Supply &supply) : file_(file) {
    std::string last;
    while (!(handle_ = ::dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))) {
        const char *error = ::dlerror();
        const std::string message = error ? error : "unknown cause";
        const std::string missing = missing_name(message);
        if (missing.empty())
            throw Unsupported(message);
        if (missing == last || !supply || !supply(missing))
            throw Unsupported(missing, " is missing");
        last = missing;
    }
}

void *SharedLibrary::find(const char *name) const {
    return ::dlsym(handle_, name);
}

fs::path file_of(const void *address) {
    Dl_info info = {};
    return ::dladdr(address, &info) == 0 || !info.dli_fname ? fs::path() : fs::path(info.dli_fname);
}

void keep_own_library() {}

std::vector<fs::path> loaded_libraries() {
    std::vector<fs::path> files;
    const auto visit = [](dl_phdr_info *info, std::size_t, void *found) {
        if (info->dlpi_name && *info->dlpi_name)
            static_cast<std::vector<fs::path> *>(found)->emplace_back(info->dlpi_name);
        return 0;
    };
    ::dl_iterate_phdr(visit, &files);
    return files;
}

std::vector<fs::path> search_folders() {
    void *const handle = ::dlopen(own_file().c_str(), RTLD_LAZY | RTLD_NOLOAD);
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

} // namespace vsmlrt
