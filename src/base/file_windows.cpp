// Several processes share these folders, and virus scanners and indexers open whatever is new: a file that
// another program holds is tried again for a while before anybody is told.
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/windows_text.h"

#include <algorithm>
#include <random>
#include <windows.h>

namespace vsmlrt {
namespace fs = std::filesystem;
namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr std::size_t largest_step = 1U << 30; // ReadFile and WriteFile count in 32 bits

class Handle {
public:
    explicit Handle(HANDLE value) : value_(value) {}
    ~Handle() { close(); }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    [[nodiscard]] HANDLE get() const { return value_; }
    [[nodiscard]] bool is_open() const { return value_ != INVALID_HANDLE_VALUE; }
    void close() {
        if (is_open())
            ::CloseHandle(value_);
        value_ = INVALID_HANDLE_VALUE;
    }

private:
    HANDLE value_;
};

HANDLE open(const fs::path &path, DWORD access, DWORD sharing, DWORD disposition,
            DWORD flags = FILE_ATTRIBUTE_NORMAL) {
    return ::CreateFileW(system_path(path).c_str(), access, sharing, nullptr, disposition, flags, nullptr);
}

// Whether another program is the reason, which soon has done with the file.
bool is_held(DWORD error) {
    return error == ERROR_SHARING_VIOLATION || error == ERROR_ACCESS_DENIED || error == ERROR_LOCK_VIOLATION;
}

// Whether `attempt` succeeds, for about two seconds while others hold what it needs; its error stays.
template <typename Attempt>
bool patiently(const Attempt &attempt) {
    constexpr DWORD longest_pause = 128;
    DWORD spent = 0;
    for (DWORD pause = 1; !attempt(); pause = std::min(2 * pause, longest_pause)) {
        const DWORD error = ::GetLastError();
        if (!is_held(error) || spent > 2000) {
            ::SetLastError(error);
            return false;
        }
        ::Sleep(pause);
        spent += pause;
    }
    return true;
}

void write_all(HANDLE file, std::span<const std::byte> bytes, const fs::path &path) {
    while (!bytes.empty()) {
        DWORD written = 0;
        if (!::WriteFile(file, bytes.data(), static_cast<DWORD>(std::min(bytes.size(), largest_step)),
                         &written, nullptr))
            throw DeviceError("cannot write ", text_of(path), ": ", windows_message(::GetLastError()));
        bytes = bytes.subspan(written);
    }
    if (!::FlushFileBuffers(file))
        throw DeviceError("cannot write ", text_of(path), ": ", windows_message(::GetLastError()));
}

fs::path temporary_name(const fs::path &path) {
    static constexpr std::wstring_view characters = L"abcdefghijklmnopqrstuvwxyz0123456789";
    static thread_local std::mt19937 random(std::random_device{}() ^ ::GetCurrentThreadId());
    std::wstring suffix = L".";
    for (int i = 0; i < 6; ++i)
        suffix += characters[random() % characters.size()];
    return fs::path(path) += suffix;
}

std::int64_t nanoseconds_since_1970(const FILETIME &time) {
    constexpr std::int64_t ticks_until_1970 = 116'444'736'000'000'000; // of 100 ns, since 1601
    const auto ticks =
        static_cast<std::int64_t>(std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
    return (ticks - ticks_until_1970) * 100;
}

} // namespace

fs::path absolute_path(const fs::path &path) {
    std::wstring whole(::GetFullPathNameW(path.c_str(), 0, nullptr, nullptr), L'\0');
    whole.resize(::GetFullPathNameW(path.c_str(), static_cast<DWORD>(whole.size()), whole.data(), nullptr));
    return whole;
}

fs::path system_path(const fs::path &path, std::size_t room) {
    constexpr std::size_t longest_folder = 247; // of 260, with room for a file's name of the old form
    if (path.native().starts_with(L"\\\\?\\") || path.native().starts_with(L"\\\\.\\"))
        return path;
    const std::wstring text = absolute_path(path).native();
    if (text.size() + room <= longest_folder || text.starts_with(L"\\\\.\\"))
        return path;
    if (text.starts_with(L"\\\\"))
        return L"\\\\?\\UNC" + text.substr(1);
    return L"\\\\?\\" + text;
}

fs::path real_path(const fs::path &path) {
    const fs::path whole = absolute_path(path);
    const Handle file(open(whole, 0, share_all, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    if (!file.is_open())
        return whole.parent_path() == whole ? whole : real_path(whole.parent_path()) / whole.filename();
    std::wstring real(32768, L'\0');
    const DWORD length = ::GetFinalPathNameByHandleW(file.get(), real.data(), static_cast<DWORD>(real.size()),
                                                     FILE_NAME_NORMALIZED);
    real.resize(length < real.size() ? length : 0);
    return real.empty() ? whole : fs::path(real);
}

std::vector<std::byte> read_file(const fs::path &path, std::uintmax_t limit) {
    std::error_code ignored;
    if (fs::is_directory(system_path(path), ignored))
        throw BadArgument("cannot read ", text_of(path), ": it is not a regular file");
    HANDLE opened = INVALID_HANDLE_VALUE;
    const bool found = patiently([&] {
        opened = open(path, GENERIC_READ, share_all, OPEN_EXISTING);
        return opened != INVALID_HANDLE_VALUE;
    });
    if (!found)
        throw BadArgument("cannot open ", text_of(path), ": ", windows_message(::GetLastError()));
    const Handle file(opened);
    LARGE_INTEGER length = {};
    // NUL, CON and pipes open as well.
    if (::GetFileType(file.get()) != FILE_TYPE_DISK)
        throw BadArgument("cannot read ", text_of(path), ": it is not a regular file");
    if (!::GetFileSizeEx(file.get(), &length))
        throw BadArgument("cannot read ", text_of(path), ": ", windows_message(::GetLastError()));
    const auto size = static_cast<std::uintmax_t>(length.QuadPart);
    if (size > limit)
        throw BadArgument("cannot read ", text_of(path), ": it has ", size, " bytes, and at most ", limit,
                          " are accepted");
    std::vector<std::byte> bytes(size);
    for (std::size_t done = 0; done < bytes.size();) {
        DWORD count = 0;
        if (!::ReadFile(file.get(), bytes.data() + done,
                        static_cast<DWORD>(std::min(bytes.size() - done, largest_step)), &count, nullptr))
            throw BadArgument("cannot read ", text_of(path), ": ", windows_message(::GetLastError()));
        if (count == 0)
            throw BadArgument("cannot read ", text_of(path), ": it became shorter while it was read");
        done += count;
    }
    return bytes;
}

void replace_file(const fs::path &path, std::span<const std::byte> bytes) {
    const fs::path temporary = temporary_name(path);
    Handle file(open(temporary, GENERIC_WRITE, share_all, CREATE_NEW));
    if (!file.is_open()) {
        const DWORD error = ::GetLastError();
        const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
        throw DeviceError("cannot write in ", text_of(folder), ": ", windows_message(error));
    }
    try {
        write_all(file.get(), bytes, path);
        file.close();
        const bool renamed = patiently([&] {
            return ::MoveFileExW(system_path(temporary).c_str(), system_path(path).c_str(),
                                 MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
        });
        if (!renamed)
            throw DeviceError("cannot write ", text_of(path), ": ", windows_message(::GetLastError()));
    } catch (...) {
        file.close();
        ::DeleteFileW(system_path(temporary).c_str());
        throw;
    }
}

fs::path cache_folder() {
    if (const std::string own = environment("VSMLRT_CACHE"); !own.empty())
        return path_of(own);
    if (const std::string local = environment("LOCALAPPDATA"); !local.empty())
        return path_of(local) / "vsmlrt" / "cache";
    return {};
}

std::vector<FolderEntry> entries_of(const fs::path &folder) {
    std::vector<FolderEntry> entries;
    WIN32_FIND_DATAW found = {};
    const fs::path all = absolute_path(folder) / L"*";
    const HANDLE search = ::FindFirstFileW(system_path(all).c_str(), &found);
    if (search == INVALID_HANDLE_VALUE)
        return entries;
    do {
        const std::wstring_view name = found.cFileName;
        if (name == L"." || name == L"..")
            continue;
        FolderEntry entry{folder / name};
        if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
            entry.kind = FolderEntry::Kind::file;
            entry.bytes = std::uint64_t{found.nFileSizeHigh} << 32 | found.nFileSizeLow;
        } else if ((found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) {
            entry.kind = FolderEntry::Kind::folder;
        }
        entries.push_back(std::move(entry));
    } while (::FindNextFileW(search, &found));
    ::FindClose(search);
    return entries;
}

void remove_folder(const fs::path &folder) {
    const auto told = [](const fs::path &path, const auto &attempt) {
        if (!patiently(attempt) && ::GetLastError() != ERROR_FILE_NOT_FOUND &&
            ::GetLastError() != ERROR_PATH_NOT_FOUND)
            throw DeviceError("cannot remove ", text_of(path), ": ", windows_message(::GetLastError()));
    };
    for (const FolderEntry &entry : entries_of(folder))
        if (entry.kind == FolderEntry::Kind::folder)
            remove_folder(entry.path);
        else if (entry.kind == FolderEntry::Kind::file)
            told(entry.path, [&] { return ::DeleteFileW(system_path(entry.path).c_str()) != 0; });
        else
            told(entry.path, [&] { return ::RemoveDirectoryW(system_path(entry.path).c_str()) != 0; });
    told(folder, [&] { return ::RemoveDirectoryW(system_path(folder).c_str()) != 0; });
}

std::optional<FileUse> file_use(const fs::path &path) noexcept {
    WIN32_FILE_ATTRIBUTE_DATA data = {};
    if (!::GetFileAttributesExW(system_path(path).c_str(), GetFileExInfoStandard, &data))
        return {};
    return FileUse{std::uint64_t{data.nFileSizeHigh} << 32 | data.nFileSizeLow,
                   nanoseconds_since_1970(data.ftLastAccessTime)};
}

void set_used_now(const fs::path &path) noexcept {
    // A folder opens with this flag only.
    const Handle file(
        open(path, FILE_WRITE_ATTRIBUTES, share_all, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    FILETIME now = {};
    ::GetSystemTimePreciseAsFileTime(&now);
    if (file.is_open())
        ::SetFileTime(file.get(), nullptr, &now, nullptr);
}

FileLock::FileLock(const fs::path &path) : path_(path) {
    // Who has the file open does not let it be removed: the one that is locked is the one of this name.
    HANDLE opened = INVALID_HANDLE_VALUE;
    const bool made = patiently([&] {
        opened = open(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_ALWAYS);
        return opened != INVALID_HANDLE_VALUE;
    });
    if (!made)
        throw DeviceError("cannot make the lock file ", text_of(path), ": ",
                          windows_message(::GetLastError()));
    OVERLAPPED from_start = {};
    if (!::LockFileEx(opened, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &from_start)) {
        const DWORD error = ::GetLastError();
        ::CloseHandle(opened);
        throw DeviceError("cannot lock ", text_of(path), ": ", windows_message(error));
    }
    handle_ = reinterpret_cast<std::intptr_t>(opened);
}

FileLock::~FileLock() {
    ::CloseHandle(reinterpret_cast<HANDLE>(handle_));
    ::DeleteFileW(system_path(path_).c_str()); // stays where another one waits for it
}

} // namespace vsmlrt
