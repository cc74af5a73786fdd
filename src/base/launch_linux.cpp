#include "base/launch.h"

#include <climits>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

namespace vsmlrt {
namespace {

// Of the library at the path, which stays open; null where there is none.
void *find(const char *path, const char *function) {
    void *const opened = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return opened ? ::dlsym(opened, function) : nullptr;
}

} // namespace

int launch(const char *library, const char *function, int count, char **arguments) {
    char path[2 * PATH_MAX] = {};
    const ssize_t length = ::readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *const folder_end = std::strrchr(path, '/');
    if (length <= 0 || !folder_end)
        return 1;
    std::snprintf(folder_end + 1, PATH_MAX, "%s", library);
    using Work = int (*)(int, char **);
    if (const auto work = reinterpret_cast<Work>(find(path, function)))
        return work(count, arguments);
    std::fprintf(stderr, "%s: %s; install the package vsmlrt again\n", arguments[0], ::dlerror());
    return 1;
}

void *function_next_to(const void *own, const char *library, const char *function) {
    Dl_info told = {};
    if (::dladdr(own, &told) == 0)
        return nullptr;
    const char *const folder_end = std::strrchr(told.dli_fname, '/');
    const auto length = folder_end ? static_cast<int>(folder_end + 1 - told.dli_fname) : 0;
    char path[2 * PATH_MAX] = {};
    std::snprintf(path, sizeof path, "%.*s%s", length, told.dli_fname, library);
    return find(path, function);
}

} // namespace vsmlrt
