// Files and folders: reading whole files, replacing files safely, the user's cache folder, locks between
// processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace vsmlrt {

// The whole file. BadArgument, naming path and cause, if it is missing, no regular file, unreadable or longer
// than `limit` bytes.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path &path,
                                               std::uintmax_t limit = std::uintmax_t{4} << 30);

// Writes next to `path` under a temporary name, flushes to the disk, then renames: a reader sees the old file
// or the new one, never a part. DeviceError with the cause (a full disk, a read-only folder); nothing is left
// behind then.
void replace_file(const std::filesystem::path &path, std::span<const std::byte> bytes);

// VSMLRT_CACHE, else the user's own: XDG_CACHE_HOME/vsmlrt or HOME/.cache/vsmlrt, on Windows
// LOCALAPPDATA/vsmlrt/cache; empty if none of these variables is set.
[[nodiscard]] std::filesystem::path cache_folder();

// The path from its root on; unlike std::filesystem's, right for a share on Windows (\\server\share).
[[nodiscard]] std::filesystem::path absolute_path(const std::filesystem::path &path);

// The path from its root on with every link followed, as far as it is there.
[[nodiscard]] std::filesystem::path real_path(const std::filesystem::path &path);

// The form of a path in which the system takes it at any length: on Windows one that is long, with `room`
// more characters for what is put behind it, gets its \\?\ in front. The functions of this header take any
// form; std::filesystem's need this one.
[[nodiscard]] std::filesystem::path system_path(const std::filesystem::path &path, std::size_t room = 0);

// What a folder holds. std::filesystem does not list folders with long paths on Windows: GCC's has 260
// characters there, and lists another one.
struct FolderEntry {
    enum class Kind { file, folder, other }; // a link to a folder is other
    std::filesystem::path path;              // the folder's, with the name
    Kind kind = Kind::other;
    std::uintmax_t bytes = 0; // of a file
};

// In no order; empty where the folder cannot be read. Others may add and remove files at any moment.
[[nodiscard]] std::vector<FolderEntry> entries_of(const std::filesystem::path &folder);

// A folder with all that is in it; a link is removed, and not what it leads to. Nothing happens where there
// is none. DeviceError where something stays.
void remove_folder(const std::filesystem::path &folder);

struct FileUse {
    std::uintmax_t bytes = 0;      // of a folder: of no meaning
    std::int64_t last_used_ns = 0; // since 1970
};

// Of a file or a folder; nothing where there is none.
[[nodiscard]] std::optional<FileUse> file_use(const std::filesystem::path &path) noexcept;

// Notes in the file's or folder's access time that it was used now, whatever mount options such as noatime
// do. Where that may not be written, nothing happens.
void set_used_now(const std::filesystem::path &path) noexcept;

// A lock that other processes respect (flock, LockFileEx), waited for; released on destruction, which removes
// the file, or when the process dies, which leaves it. DeviceError if the lock file cannot be made.
class FileLock {
public:
    explicit FileLock(const std::filesystem::path &path);
    ~FileLock();
    FileLock(const FileLock &) = delete;
    FileLock &operator=(const FileLock &) = delete;

private:
    std::filesystem::path path_;
    std::intptr_t handle_ = -1;
};

} // namespace vsmlrt
