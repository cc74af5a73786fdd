#include "base/launch.h"

#include <cstdio>
#include <cwchar>
#include <windows.h>

namespace vsmlrt {
namespace {

// Of a library at a path from the folder of `neighbour` on; null where there is none.
void *find(HMODULE neighbour, const char *library, const char *function) {
    constexpr DWORD longest = 32768;
    static wchar_t path[2 * longest];
    const DWORD length = ::GetModuleFileNameW(neighbour, path, longest);
    wchar_t *const folder_end = std::wcsrchr(path, L'\\');
    if (length == 0 || !folder_end)
        return nullptr;
    ::MultiByteToWideChar(CP_UTF8, 0, library, -1, folder_end + 1, longest);
    static wchar_t whole[longest]; // the loader takes no ".."
    ::GetFullPathNameW(path, longest, whole, nullptr);
    const HMODULE opened =
        ::LoadLibraryExW(whole, nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    return opened ? reinterpret_cast<void *>(::GetProcAddress(opened, function)) : nullptr;
}

} // namespace

int launch(const char *library, const char *function, int count, char **arguments) {
    using Work = int (*)(int, char **);
    if (const auto work = reinterpret_cast<Work>(find(nullptr, library, function)))
        return work(count, arguments);
    std::fprintf(stderr, "%s: %s cannot be used (error %lu); install the package vsmlrt again\n",
                 arguments[0], library, ::GetLastError());
    return 1;
}

void *function_next_to(const void *own, const char *library, const char *function) {
    HMODULE neighbour = nullptr;
    ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                             GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                         static_cast<LPCWSTR>(own), &neighbour);
    return neighbour ? find(neighbour, library, function) : nullptr;
}

} // namespace vsmlrt
