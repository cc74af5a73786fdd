// Opening libraries as a Linux loader does: never from the current folder, with what lies next to a library
// for its needs, and with the name of what is missing, which Windows does not tell.
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/pe_imports.h"
#include "base/shared_library.h"
#include "base/windows_text.h"

#include <fstream>
#include <vector>
#include <windows.h>
// Needs the one above.
#include <psapi.h>

namespace vsmlrt {
namespace fs = std::filesystem;
namespace {

constexpr DWORD default_folders = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;

fs::path file_of(HMODULE library) {
    std::wstring name(256, L'\0');
    for (;;) {
        const auto size = static_cast<DWORD>(name.size());
        const DWORD length = ::GetModuleFileNameW(library, name.data(), size);
        if (length < size) {
            name.resize(length);
            return name;
        }
        name.resize(2 * name.size());
    }
}

HMODULE library_of(const void *address) {
    HMODULE library = nullptr;
    const auto *const inside = static_cast<const wchar_t *>(address);
    constexpr DWORD flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    return address && ::GetModuleHandleExW(flags, inside, &library) ? library : nullptr;
}

void keep(HMODULE library) {
    HMODULE same = nullptr;
    ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                         reinterpret_cast<const wchar_t *>(library), &same);
}

// In the folders of PATH; empty if it is in none.
fs::path in_path(const std::string &name) {
    const std::wstring folders = wide(environment("PATH"));
    std::wstring found(32768, L'\0');
    const DWORD length = ::SearchPathW(folders.c_str(), wide(name).c_str(), nullptr,
                                       static_cast<DWORD>(found.size()), found.data(), nullptr);
    found.resize(length < found.size() ? length : 0);
    return found;
}

bool is_bare(const fs::path &file) {
    return !file.has_parent_path();
}

HMODULE open(const fs::path &file) {
    if (!is_bare(file))
        return ::LoadLibraryExW(absolute_path(file).c_str(), nullptr,
                                default_folders | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    HMODULE opened = ::LoadLibraryExW(file.c_str(), nullptr, default_folders);
    if (opened || ::GetLastError() != ERROR_MOD_NOT_FOUND)
        return opened;
    const fs::path found = in_path(text_of(file));
    if (found.empty()) {
        ::SetLastError(ERROR_MOD_NOT_FOUND);
        return nullptr;
    }
    return ::LoadLibraryExW(found.c_str(), nullptr, default_folders | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
}

// Whether the loader finds what a library in that folder needs under this name.
bool is_found(const std::string &name, const fs::path &folder) {
    std::error_code ignored;
    if (name.starts_with("api-ms-") || name.starts_with("ext-ms-") ||
        ::GetModuleHandleW(wide(name).c_str()) || fs::exists(folder / name, ignored))
        return true;
    const HMODULE opened = ::LoadLibraryExW(wide(name).c_str(), nullptr, default_folders);
    if (opened)
        ::FreeLibrary(opened);
    return opened != nullptr;
}

// What keeps `file` from being opened; empty if that is not a missing library.
std::string missing_name(const fs::path &file, DWORD error) {
    if (error != ERROR_MOD_NOT_FOUND && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND)
        return {};
    std::error_code ignored;
    const fs::path whole = is_bare(file) ? in_path(text_of(file)) : absolute_path(file);
    if (whole.empty() || !fs::exists(whole, ignored))
        return text_of(file);
    for (const std::string &name : pe_imports(read_file(whole)))
        if (!is_found(name, whole.parent_path()))
            return name;
    return {};
}

} // namespace

SharedLibrary::SharedLibrary(const fs::path &file, const Supply &supply) : file_(file) {
    std::string last;
    HMODULE opened = nullptr;
    while (!(opened = open(file_))) {
        const DWORD error = ::GetLastError();
        const std::string missing = missing_name(file_, error);
        if (missing.empty())
            throw Unsupported(text_of(file_), ": ", windows_message(error));
        if (missing == last || !supply || !supply(missing))
            throw Unsupported(missing, " is missing");
        last = missing;
    }
    keep(opened);
    handle_ = opened;
}

void *SharedLibrary::find(const char *name) const {
    return reinterpret_cast<void *>(::GetProcAddress(static_cast<HMODULE>(handle_), name));
}

fs::path file_of(const void *address) {
    const HMODULE library = library_of(address);
    return library ? file_of(library) : fs::path();
}

void keep_own_library() {
    keep(library_of(reinterpret_cast<const void *>(&keep_own_library)));
}

std::vector<fs::path> loaded_libraries() {
    std::vector<HMODULE> libraries(256);
    for (;;) {
        DWORD needed = 0;
        const auto bytes = static_cast<DWORD>(libraries.size() * sizeof(HMODULE));
        if (!::K32EnumProcessModules(::GetCurrentProcess(), libraries.data(), bytes, &needed))
            return {};
        libraries.resize(needed / sizeof(HMODULE));
        if (needed <= bytes)
            break;
    }
    std::vector<fs::path> files;
    for (const HMODULE library : libraries)
        files.push_back(file_of(library));
    return files;
}

// Windows has no RPATH: a text file next to the library names its folders, relative to its own.
std::vector<fs::path> search_folders() {
    const fs::path own = own_file();
    std::ifstream file(fs::path(own).replace_extension(".folders"));
    std::vector<fs::path> folders;
    for (std::string line; std::getline(file, line);)
        if (!line.empty())
            folders.push_back((own.parent_path() / line).lexically_normal().make_preferred());
    return folders;
}

} // namespace vsmlrt
