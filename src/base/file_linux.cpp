// Several processes share these folders: a file is replaced in one step, so
// that a reader finds the old one or the new one, and a lock is taken on
// the file that has the name now, not on one that was removed meanwhile.
#include "base/file.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/path.h"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace vsmlrt {
namespace fs = std::filesystem;
namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0)
            ::close(value_);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    [[nodiscard]] int get() const { return value_; }

private:
    int value_;
};

std::string cause(int error) {
    return std::generic_category().message(error);
}

void write_all(int descriptor, std::span<const std::byte> bytes, const fs::path &path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            throw DeviceError("cannot write ", text_of(path), ": ", cause(errno));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0)
        throw DeviceError("cannot write ", text_of(path), ": ", cause(errno));
}

} // namespace

std::vector<std::byte> read_file(const fs::path &path, std::uintmax_t limit) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0)
        throw BadArgument("cannot open ", text_of(path), ": ", cause(errno));
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0)
        throw BadArgument("cannot read ", text_of(path), ": ", cause(errno));
    if (!S_ISREG(status.st_mode))
        throw BadArgument("cannot read ", text_of(path), ": it is not a regular file");
    const auto size = static_cast<std::uintmax_t>(status.st_size);
    if (size > limit)
        throw BadArgument("cannot read ", text_of(path), ": it has ", size, " bytes, and at most ", limit,
                          " are accepted");
    std::vector<std::byte> bytes(size);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw BadArgument("cannot read ", text_of(path), ": ", cause(errno));
        if (count == 0)
            throw BadArgument("cannot read ", text_of(path), ": it became shorter while it was read");
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

void replace_file(const fs::path &path, std::span<const std::byte> bytes) {
    std::string temporary = text_of(path) + ".XXXXXX";
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) {
        const int error = errno;
        const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
        throw DeviceError("cannot write in ", text_of(folder), ": ", cause(error));
    }
    try {
        write_all(file.get(), bytes, path);
        if (::fchmod(file.get(), 0644) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)
            throw DeviceError("cannot write ", text_of(path), ": ", cause(errno));
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

fs::path cache_folder() {
    if (const std::string own = environment("VSMLRT_CACHE"); !own.empty())
        return path_of(own);
    if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty())
        return path_of(xdg) / "vsmlrt";
    if (const std::string home = environment("HOME"); !home.empty())
        return path_of(home) / ".cache" / "vsmlrt";
    return {};
}

fs::path absolute_path(const fs::path &path) {
    return fs::absolute(path);
}

fs::path real_path(const fs::path &path) {
    std::error_code failure;
    fs::path real = fs::weakly_canonical(absolute_path(path), failure);
    return failure ? absolute_path(path) : real;
}

fs::path system_path(const fs::path &path, std::size_t) {
    return path;
}

std::vector<FolderEntry> entries_of(const fs::path &folder) {
    std::vector<FolderEntry> entries;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone;
        FolderEntry entry{it->path()};
        if (it->is_regular_file(gone)) {
            entry.kind = FolderEntry::Kind::file;
            entry.bytes = it->file_size(gone);
        } else if (it->is_directory(gone) && !it->is_symlink(gone)) {
            entry.kind = FolderEntry::Kind::folder;
        }
        if (!gone)
            entries.push_back(std::move(entry));
    }
    return entries;
}

void remove_folder(const fs::path &folder) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (error)
        throw DeviceError("cannot remove ", text_of(folder), ": ", error.message());
}

std::optional<FileUse> file_use(const fs::path &path) noexcept {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0)
        return {};
    return FileUse{static_cast<std::uintmax_t>(status.st_size),
                   status.st_atim.tv_sec * 1'000'000'000LL + status.st_atim.tv_nsec};
}

void set_used_now(const fs::path &path) noexcept {
    // UTIME_NOW would be the last tick of the system's timer: several files used within it would tie.
    timespec times[2] = {{}, {.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
    ::clock_gettime(CLOCK_REALTIME, &times[0]);
    static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, 0));
}

namespace {

int open_lock(const fs::path &path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0)
        throw DeviceError("cannot make the lock file ", text_of(path), ": ", cause(errno));
    while (::flock(descriptor, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        const int error = errno;
        ::close(descriptor);
        throw DeviceError("cannot lock ", text_of(path), ": ", cause(error));
    }
    return descriptor;
}

bool is_file_at(int descriptor, const fs::path &path) {
    struct stat held = {};
    struct stat named = {};
    return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

} // namespace

FileLock::FileLock(const fs::path &path) : path_(path) {
    int descriptor = open_lock(path);
    // Its holder removed the file while this one waited: whoever comes next would lock another file.
    while (!is_file_at(descriptor, path_)) {
        ::close(descriptor);
        descriptor = open_lock(path_);
    }
    handle_ = descriptor;
}

FileLock::~FileLock() {
    ::unlink(path_.c_str());
    ::close(static_cast<int>(handle_));
}

} // namespace vsmlrt
