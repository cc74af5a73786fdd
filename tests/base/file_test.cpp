#include "base/error.h"
#include "base/file.h"

#include "base/file_contents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace vsmlrt {
namespace {

namespace fs = std::filesystem;

using test::bytes;
using test::failure;

class FileTest : public testing::Test {
protected:
    FileTest() {
        std::string pattern = (fs::temp_directory_path() / "file_test_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~FileTest() override { fs::remove_all(folder_); }
    FileTest(const FileTest &) = delete;
    FileTest &operator=(const FileTest &) = delete;

    [[nodiscard]] std::ptrdiff_t entries() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }

    static std::string read_failure(const fs::path &path, std::uintmax_t limit = 100) {
        return failure<BadArgument>([&] { static_cast<void>(read_file(path, limit)); });
    }

    fs::path folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
    const fs::path path = folder_ / "file";
    replace_file(path, bytes("one"));
    EXPECT_EQ(read_file(path), bytes("one"));
    replace_file(path, {});
    EXPECT_TRUE(read_file(path).empty());
    const std::vector<std::byte> large(3 << 20, std::byte{9});
    replace_file(path, large);
    EXPECT_EQ(read_file(path, large.size()), large);
    EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, ReadingNamesPathAndCause) {
    const fs::path missing = folder_ / "missing";
    EXPECT_EQ(read_failure(missing), "cannot open " + missing.string() + ": No such file or directory");
    EXPECT_EQ(read_failure(folder_), "cannot read " + folder_.string() + ": it is not a regular file");
    EXPECT_EQ(read_failure("/dev/null"), "cannot read /dev/null: it is not a regular file");
    const fs::path long_file = folder_ / "long";
    replace_file(long_file, bytes(std::string(101, 'x')));
    EXPECT_EQ(read_failure(long_file),
              "cannot read " + long_file.string() + ": it has 101 bytes, and at most 100 are accepted");
}

TEST_F(FileTest, ReadingAFifoDoesNotWaitForAWriter) {
    const fs::path fifo = folder_ / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(read_failure(fifo), "cannot read " + fifo.string() + ": it is not a regular file");
}

TEST_F(FileTest, FailedReplacementLeavesNothingBehind) {
    const fs::path target = folder_ / "target";
    fs::create_directories(target / "inside");
    EXPECT_EQ(failure<DeviceError>([&] { replace_file(target, bytes("x")); }),
              "cannot write " + target.string() + ": Is a directory");
    EXPECT_EQ(entries(), 1);
    EXPECT_EQ(failure<DeviceError>([&] { replace_file(folder_ / "no" / "file", bytes("x")); }),
              "cannot write in " + (folder_ / "no").string() + ": No such file or directory");
    replace_file(folder_ / "file", bytes("x"));
    EXPECT_EQ(failure<DeviceError>([&] { replace_file(folder_ / "file" / "below", bytes("x")); }),
              "cannot write in " + (folder_ / "file").string() + ": Not a directory");
}

TEST_F(FileTest, FailedReplacementKeepsTheOldContent) {
    const fs::path path = folder_ / std::string(250, 'n'); // fits itself, its temporary name does not
    std::ofstream(path) << "old";
    EXPECT_NE(failure<DeviceError>([&] { replace_file(path, bytes("new")); }), "nothing failed");
    EXPECT_EQ(read_file(path), bytes("old"));
}

// Writes fail half-way, as on a full disk, while this lives.
class FullDisk {
public:
    FullDisk() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small = {.rlim_cur = 1000, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        static_cast<void>(std::signal(SIGXFSZ, handler_));
    }
    FullDisk(const FullDisk &) = delete;
    FullDisk &operator=(const FullDisk &) = delete;

private:
    void (*handler_)(int);
    rlimit before_ = {};
};

TEST_F(FileTest, WriteThatEndsHalfWayKeepsTheOldFileAndNoOther) {
    const fs::path path = folder_ / "file";
    replace_file(path, bytes("old"));
    {
        const FullDisk full;
        EXPECT_EQ(failure<DeviceError>([&] { replace_file(path, std::vector<std::byte>(5000)); }),
                  "cannot write " + path.string() + ": File too large");
    }
    EXPECT_EQ(read_file(path), bytes("old"));
    EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, ReplacementIsReadableByOthersAndWritableByTheOwner) {
    const fs::path path = folder_ / "file";
    replace_file(path, bytes("x"));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms{0644});
}

TEST_F(FileTest, RelativePathsAreWrittenInTheWorkingFolder) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_);
    replace_file("here", bytes("x"));
    const std::string refused = failure<DeviceError>([] { replace_file("no/file", bytes("x")); });
    fs::current_path(before);
    EXPECT_EQ(read_file(folder_ / "here"), bytes("x"));
    EXPECT_EQ(refused, "cannot write in no: No such file or directory");
}

TEST_F(FileTest, ReadersSeeTheOldFileOrTheNewOne) {
    const fs::path path = folder_ / "file";
    const std::vector<std::byte> contents[] = {std::vector<std::byte>(50000, std::byte{1}),
                                               std::vector<std::byte>(90000, std::byte{2})};
    replace_file(path, contents[0]);
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < 40; ++i)
            replace_file(path, contents[i % 2]);
        done = true;
    });
    while (!done) {
        const std::vector<std::byte> seen = read_file(path);
        EXPECT_TRUE(seen == contents[0] || seen == contents[1]);
    }
    writer.join();
    EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, LockIsHeldByOneAtATime) {
    EXPECT_EQ(test::most_holders(folder_ / "lock", 500), 1);
    EXPECT_EQ(entries(), 0);
}

TEST_F(FileTest, LockThatCannotBeMadeSaysWhy) {
    const fs::path path = folder_ / "no" / "lock";
    EXPECT_EQ(failure<DeviceError>([&] { const FileLock lock(path); }),
              "cannot make the lock file " + path.string() + ": No such file or directory");
    EXPECT_EQ(failure<DeviceError>([&] { const FileLock lock(folder_); }),
              "cannot make the lock file " + folder_.string() + ": Is a directory");
}

// Sets an environment variable, or unsets it, for the length of a test.
class Variable {
public:
    Variable(const char *name, const char *value) : name_(name) {
        if (const char *before = std::getenv(name))
            before_ = before;
        set(value);
    }
    ~Variable() { set(before_ ? before_->c_str() : nullptr); }
    Variable(const Variable &) = delete;
    Variable &operator=(const Variable &) = delete;

private:
    void set(const char *value) const {
        if (value != nullptr)
            ::setenv(name_, value, 1);
        else
            ::unsetenv(name_);
    }

    const char *name_;
    std::optional<std::string> before_;
};

TEST(CacheFolder, FollowsTheEnvironment) {
    const Variable own("VSMLRT_CACHE", "/own");
    const Variable xdg("XDG_CACHE_HOME", "/xdg");
    const Variable home("HOME", "/home/me");
    EXPECT_EQ(cache_folder(), "/own");
    const Variable no_own("VSMLRT_CACHE", "");
    EXPECT_EQ(cache_folder(), "/xdg/vsmlrt");
    const Variable no_xdg("XDG_CACHE_HOME", nullptr);
    EXPECT_EQ(cache_folder(), "/home/me/.cache/vsmlrt");
    const Variable no_home("HOME", nullptr);
    EXPECT_EQ(cache_folder(), "");
}

} // namespace
} // namespace vsmlrt
