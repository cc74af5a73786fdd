#include "base/launch.h"

#include <cstdio>
#include <cwchar>
#include <windows.h>

namespace vsmlrt {

int launch(const char *library, const char *function, int count, char **arguments) {
    static wchar_t path[2 * 32768];
    const DWORD length = ::GetModuleFileNameW(nullptr, path, 32768);
    wchar_t *const folder_end = std::wcsrchr(path, L'\\');
    if (length == 0 || !folder_end)
        return 1;
    ::MultiByteToWideChar(CP_UTF8, 0, library, -1, folder_end + 1, 32768);
    static wchar_t whole[32768]; // the loader takes no ".."
    ::GetFullPathNameW(path, 32768, whole, nullptr);
    using Work = int (*)(int, char **);
    const HMODULE opened =
        ::LoadLibraryExW(whole, nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    const auto work =
        opened ? reinterpret_cast<Work>(reinterpret_cast<void *>(::GetProcAddress(opened, function)))
               : nullptr;
    if (work)
        return work(count, arguments);
    std::fprintf(stderr, "%s: %s cannot be used (error %lu); install the package vsmlrt again\n",
                 arguments[0], library, ::GetLastError());
    return 1;
}

} // namespace vsmlrt
