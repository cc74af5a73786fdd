#include "cache/plan_cache.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cache/folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace vsmlrt::cache {
namespace {

namespace fs = std::filesystem;
using Blob = PlanCache::Blob;

constexpr std::uintmax_t plenty = 1 << 30;

Blob blob_of(std::size_t size, int value = 7) {
    return Blob(size, static_cast<std::byte>(value));
}

Blob never() {
    ADD_FAILURE() << "built what was stored";
    return {};
}

// A folder of its own for every test, and the log lines said meanwhile.
class PlanCacheTest : public testing::Test {
protected:
    PlanCacheTest() {
        std::string pattern = (fs::temp_directory_path() / "plan_cache_XXXXXX").string();
        base_ = ::mkdtemp(pattern.data());
        folder_ = base_ / "made" / "later";
        set_log_sink([this](LogLevel level, const std::string &line) {
            const std::lock_guard lock(mutex_);
            (level == LogLevel::warning ? warnings_ : lines_).push_back(line);
        });
    }
    ~PlanCacheTest() override {
        set_log_sink(nullptr);
        fs::remove_all(base_);
    }
    PlanCacheTest(const PlanCacheTest &) = delete;
    PlanCacheTest &operator=(const PlanCacheTest &) = delete;

    // The number of regular files below the cache's folder.
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }

    static void set_last_used(const fs::path &path, long seconds) {
        const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    }

    std::mutex mutex_;
    std::vector<std::string> lines_;
    std::vector<std::string> warnings_;
    fs::path base_;
    fs::path folder_;
};

TEST_F(PlanCacheTest, ItsFilesAreToldFromOthersByNameAndKind) {
    fs::create_directories(folder_);
    for (const char *file : {"a.plan", "a.lock", "a.plan.aB3dE6", "b.c.plan", "notes.txt", "plan",
                             "a.plan.toolong7", "file.kept", "a.planet"})
        std::ofstream(folder_ / file) << "x";
    for (const char *folder : {"a.kept", "folder.plan"})
        fs::create_directory(folder_ / folder);
    fs::create_directory_symlink(folder_ / "a.kept", folder_ / "link.kept");
    std::set<std::string> found;
    for (const CacheFile &file : cache_files(folder_))
        found.insert(file.path.filename().string() + " " + file.name + " " + name(file.kind));
    EXPECT_EQ(found, (std::set<std::string>{"a.plan a plan", "a.lock a lock", "a.plan.aB3dE6 a unfinished",
                                            "b.c.plan b.c plan", "a.kept a kept"}));
    EXPECT_TRUE(cache_files(folder_ / "none").empty());
}

TEST_F(PlanCacheTest, BuildsOnceAndLoadsThen) {
    int built = 0;
    for (int run = 0; run < 3; ++run) {
        PlanCache cache(folder_, plenty);
        EXPECT_EQ(cache.load_or_build({"a", "key"},
                                      [&] {
                                          ++built;
                                          return blob_of(100);
                                      }),
                  blob_of(100));
    }
    EXPECT_EQ(built, 1);
    EXPECT_TRUE(lines_.empty());
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(PlanCacheTest, WithoutAFolderNothingIsKept) {
    PlanCache cache({}, plenty);
    int built = 0;
    for (int run = 0; run < 2; ++run)
        EXPECT_EQ(cache.load_or_build({"a", "key"},
                                      [&] {
                                          ++built;
                                          return blob_of(1);
                                      }),
                  blob_of(1));
    EXPECT_EQ(built, 2);
    EXPECT_FALSE(cache.load({"a", "key"}));
    EXPECT_TRUE(stored_plans(folder_).empty());
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(PlanCacheTest, AnotherKeyReplacesThePlanWithOneLine) {
    PlanCache cache(folder_, plenty);
    cache.store({"a", "driver 1"}, blob_of(10, 1));
    EXPECT_EQ(cache.load_or_build({"a", "driver 2"}, [] { return blob_of(20, 2); }), blob_of(20, 2));
    EXPECT_EQ(lines_,
              std::vector<std::string>{"the stored plan a is built again: the network, an option, the "
                                       "driver or a library has changed since"});
    EXPECT_EQ(cache.load_or_build({"a", "driver 2"}, never), blob_of(20, 2));
    EXPECT_EQ(stored_plans(folder_).size(), 1U);
}

TEST_F(PlanCacheTest, TruncatedPlanIsBuiltAgainWithOneLine) {
    PlanCache cache(folder_, plenty);
    cache.store({"a", "key"}, blob_of(100));
    fs::resize_file(folder_ / "a.plan", 90);
    EXPECT_EQ(cache.load_or_build({"a", "key"}, [] { return blob_of(100); }), blob_of(100));
    EXPECT_EQ(lines_, std::vector<std::string>{"the stored plan a is built again: it is damaged"});
    EXPECT_EQ(cache.load_or_build({"a", "key"}, never), blob_of(100));
}

TEST_F(PlanCacheTest, FolderInThePlansPlaceCostsAWarningOnly) {
    PlanCache cache(folder_, plenty);
    fs::create_directories(folder_ / "a.plan" / "full");
    EXPECT_EQ(cache.load_or_build({"a", "key"}, [] { return blob_of(3); }), blob_of(3));
    EXPECT_EQ(lines_.size(), 1U);
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(PlanCacheTest, FolderThatCannotBeMadeCostsOneWarning) {
    std::ofstream(base_ / "file") << "no folder";
    PlanCache cache(base_ / "file" / "cache", plenty);
    int built = 0;
    for (int run = 0; run < 2; ++run)
        EXPECT_EQ(cache.load_or_build({"a", "key"},
                                      [&] {
                                          ++built;
                                          return blob_of(5);
                                      }),
                  blob_of(5));
    cache.store({"b", "key"}, blob_of(5));
    EXPECT_EQ(built, 2);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("Not a directory"), std::string::npos) << warnings_[0];
    EXPECT_NE(warnings_[0].find("VSMLRT_CACHE"), std::string::npos) << warnings_[0];
}

TEST_F(PlanCacheTest, ReadOnlyFolderCostsOneWarning) {
    PlanCache cache("/proc/self", plenty); // writable for nobody, root included
    EXPECT_EQ(cache.load_or_build({"a", "key"}, [] { return blob_of(5); }), blob_of(5));
    cache.store({"a", "key"}, blob_of(5));
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(PlanCacheTest, WhatTheBuilderThrowsPassesAndNothingIsStored) {
    PlanCache cache(folder_, plenty);
    EXPECT_THROW(static_cast<void>(cache.load_or_build(
                     {"a", "key"}, []() -> std::optional<Blob> { throw BadModel("no such operator"); })),
                 BadModel);
    EXPECT_TRUE(stored_plans(folder_).empty());
    EXPECT_EQ(cache.load_or_build({"a", "key"}, [] { return blob_of(5); }), blob_of(5));
}

TEST_F(PlanCacheTest, PlansUsedLongestAgoGiveWay) {
    const std::size_t entry = 1000 + 56 + 3;
    PlanCache cache(folder_, 3 * entry);
    for (const char *name : {"a", "b", "c"})
        cache.store({name, "key"}, blob_of(1000));
    set_last_used(folder_ / "a.plan", 1000);
    set_last_used(folder_ / "b.plan", 2000);
    set_last_used(folder_ / "c.plan", 3000);
    EXPECT_TRUE(cache.load({"a", "key"})); // now the latest
    cache.store({"d", "key"}, blob_of(1000));
    std::vector<std::string> names;
    for (const StoredPlan &plan : stored_plans(folder_)) {
        names.push_back(plan.name);
        EXPECT_EQ(plan.bytes, entry);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"d", "a", "c"}));
}

TEST_F(PlanCacheTest, PlanBeyondTheLimitRemovesNoOthers) {
    PlanCache cache(folder_, 500);
    cache.store({"small", "key"}, blob_of(100));
    cache.store({"large", "key"}, blob_of(1000));
    ASSERT_EQ(stored_plans(folder_).size(), 1U);
    EXPECT_EQ(stored_plans(folder_)[0].name, "small");
}

TEST_F(PlanCacheTest, LeftoversOfKilledWritersAreIgnoredAndRemovedLater) {
    PlanCache cache(folder_, plenty);
    fs::create_directories(folder_);
    for (const char *name : {"a.plan.OldOne", "a.plan.NewOne", "notes.txt"})
        std::ofstream(folder_ / name) << "half a plan";
    set_last_used(folder_ / "a.plan.OldOne", 1000);
    EXPECT_FALSE(cache.load({"a", "key"}));
    EXPECT_TRUE(stored_plans(folder_).empty());
    cache.store({"a", "key"}, blob_of(10));
    EXPECT_FALSE(fs::exists(folder_ / "a.plan.OldOne"));
    EXPECT_TRUE(fs::exists(folder_ / "a.plan.NewOne")); // its writer may be alive
    EXPECT_TRUE(fs::exists(folder_ / "notes.txt"));
}

// Such as TensorRT-RTX's runtime cache, which its library reads and writes by itself.
TEST_F(PlanCacheTest, AKeptFolderIsOneKeysAlone) {
    PlanCache cache(folder_, plenty);
    const auto kept = cache.kept_folder({"a", "driver 1"});
    ASSERT_TRUE(kept);
    std::ofstream(*kept / "kernels") << "for driver 1";
    EXPECT_EQ(cache.kept_folder({"a", "driver 1"}), kept);
    EXPECT_TRUE(fs::exists(*kept / "kernels"));
    EXPECT_EQ(cache.kept_folder({"a", "driver 2"}), kept);
    EXPECT_FALSE(fs::exists(*kept / "kernels"));
    EXPECT_FALSE(PlanCache({}, plenty).kept_folder({"a", "driver 1"}));
}

TEST_F(PlanCacheTest, AKeptFolderIsListedCountedAndRemovedWithItsPlan) {
    PlanCache cache(folder_, 5000);
    cache.store({"a", "key"}, blob_of(1000));
    const auto kept = cache.kept_folder({"a", "key"});
    ASSERT_TRUE(kept);
    std::ofstream(*kept / "kernels") << std::string(2000, 'k');
    ASSERT_EQ(stored_plans(folder_).size(), 1U);
    EXPECT_EQ(stored_plans(folder_)[0].bytes, 1000 + 56 + 3 + 2000 + 3);
    set_last_used(folder_ / "a.plan", 1000);
    set_last_used(*kept, 1000);
    cache.store({"b", "key"}, blob_of(3000));
    EXPECT_FALSE(fs::exists(*kept));
    EXPECT_FALSE(fs::exists(folder_ / "a.plan"));
}

TEST_F(PlanCacheTest, AKeptFolderThatCannotBeMadeCostsOneWarning) {
    std::ofstream(base_ / "made") << "a file";
    PlanCache cache(folder_, plenty);
    EXPECT_FALSE(cache.kept_folder({"a", "key"}));
    EXPECT_FALSE(cache.kept_folder({"a", "key"}));
    EXPECT_EQ(warnings_.size(), 1U);
}

// A child that builds after a while and says so by a byte in the pipe; it ends without the parent's
// destructors.
pid_t start_builder(const fs::path &folder, int pipe) {
    const pid_t child = ::fork();
    if (child != 0)
        return child;
    PlanCache cache(folder, plenty);
    const auto blob = cache.load_or_build({"a", "key"}, [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        if (::write(pipe, "x", 1) != 1)
            ::_exit(2);
        return blob_of(1 << 20);
    });
    ::_exit(blob == blob_of(1 << 20) ? 0 : 1);
}

TEST_F(PlanCacheTest, OfTwoProcessesOneBuildsAndTheOtherLoads) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t children[3];
    for (pid_t &child : children)
        child = start_builder(folder_, ends[1]);
    ::close(ends[1]);
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    char said[4];
    EXPECT_EQ(::read(ends[0], said, sizeof said), 1);
    ::close(ends[0]);
}

TEST_F(PlanCacheTest, OfManyThreadsOneBuilds) {
    PlanCache cache(folder_, plenty);
    std::atomic<int> built = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            EXPECT_EQ(cache.load_or_build({"a", "key"},
                                          [&] {
                                              ++built;
                                              return blob_of(1000);
                                          }),
                      blob_of(1000));
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(built, 1);
}

TEST_F(PlanCacheTest, WhatIsNotWorthKeepingLeavesNothingBehind) {
    PlanCache cache(folder_, plenty);
    EXPECT_EQ(cache.load_or_build({"a", "key"}, []() -> std::optional<Blob> { return {}; }), std::nullopt);
    EXPECT_EQ(files(), 0);
}

TEST_F(PlanCacheTest, KilledBuilderReleasesItsLock) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        PlanCache cache(folder_, plenty);
        static_cast<void>(cache.load_or_build({"a", "key"}, [&]() -> std::optional<Blob> {
            static_cast<void>(!::write(ends[1], "x", 1));
            for (;;)
                ::pause();
        }));
    }
    char said = 0;
    ASSERT_EQ(::read(ends[0], &said, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    PlanCache cache(folder_, plenty);
    EXPECT_EQ(cache.load_or_build({"a", "key"}, [] { return blob_of(9); }), blob_of(9));
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace
} // namespace vsmlrt::cache
