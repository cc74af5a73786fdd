// Files and folders: reading whole files, replacing files safely, the user's cache folder, locks between
// processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

// VSMLRT_CACHE, else XDG_CACHE_HOME/vsmlrt, else HOME/.cache/vsmlrt; empty if none of them is set.
[[nodiscard]] std::filesystem::path cache_folder();

// An advisory lock that other processes respect (flock), waited for; released on destruction, which removes
// the file, or when the process dies, which leaves it. DeviceError if the lock file cannot be made.
class FileLock {
public:
    explicit FileLock(const std::filesystem::path &path);
    ~FileLock();
    FileLock(const FileLock &) = delete;
    FileLock &operator=(const FileLock &) = delete;

private:
    std::filesystem::path path_;
    int descriptor_;
};

} // namespace vsmlrt
