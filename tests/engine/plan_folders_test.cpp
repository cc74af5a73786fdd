// Folders that plans cannot be kept in: everything runs, with one warning.
#include "stored_plans.h"

#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vsmlrt::test {
namespace {

namespace fs = std::filesystem;

class PlanFolders : public StoredPlans {
protected:
    // Twice built, nothing kept, and one warning, which says what to do.
    void expect_uncached(const std::string &cause) {
        EXPECT_EQ(picture(), "");
        EXPECT_EQ(picture(), "");
        EXPECT_EQ(journal(), (Strings{"built", "built"}));
        const Strings said = lines();
        ASSERT_EQ(said.size(), 1U);
        EXPECT_EQ(said.front().rfind(text("plans are not kept in ", folder().string(), ": "), 0), 0U);
        EXPECT_NE(said.front().find(cause), std::string::npos) << said.front();
        EXPECT_NE(said.front().find("; name a folder that can be written, by engine_folder or VSMLRT_CACHE"),
                  std::string::npos)
            << said.front();
    }
};

// A file system of a few pages; making one takes root's rights.
class SmallDisk {
public:
    explicit SmallDisk(const fs::path &folder) : folder_(folder) {
        fs::create_directories(folder);
        mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
    }
    ~SmallDisk() {
        if (mounted_)
            ::umount(folder_.c_str());
    }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;

    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] bool close() const {
        return ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

private:
    fs::path folder_;
    bool mounted_ = false;
};

TEST_F(PlanFolders, FullDisk) {
    const SmallDisk disk(folder());
    if (!disk.mounted())
        GTEST_SKIP() << "a small file system cannot be mounted here (needs root)";
    set("PADDING", std::to_string(100'000));
    expect_uncached("No space left on device");
    EXPECT_EQ(files(), Strings{});
    EXPECT_EQ(files("").size(), 0U) << "half a plan is removed, and the lock with its holder";
}

TEST_F(PlanFolders, ReadOnly) {
    const SmallDisk disk(folder());
    if (!disk.mounted() || !disk.close())
        GTEST_SKIP() << "a read-only file system cannot be mounted here (needs root)";
    expect_uncached("Read-only file system");
}

// What is there already can be used, whoever may write.
TEST_F(PlanFolders, PlansOfAReadOnlyFolderAreLoaded) {
    const SmallDisk disk(folder());
    if (!disk.mounted())
        GTEST_SKIP() << "a small file system cannot be mounted here (needs root)";
    EXPECT_EQ(picture(), "");
    ASSERT_TRUE(disk.close());
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), (Strings{"built", "loaded D1"}));
    EXPECT_EQ(lines(), Strings{});
}

TEST_F(PlanFolders, OwnedBySomeoneElse) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to be somebody else";
    fs::create_directories(folder());
    for (const mode_t mode : {0755U, 0700U}) {
        ASSERT_EQ(::chmod(folder().c_str(), mode), 0);
        ASSERT_EQ(::chmod(base().c_str(), 0777), 0);
        const pid_t child = start_child([&]() -> std::string {
            constexpr uid_t nobody = 65534;
            if (::setgid(nobody) != 0 || ::setuid(nobody) != 0)
                return "cannot be somebody else";
            expect_uncached("Permission denied");
            return HasFailure() ? "see above" : "";
        });
        EXPECT_EQ(wait_for(child), 0) << std::oct << mode;
        EXPECT_TRUE(fs::is_empty(folder()));
        static_cast<void>(journal());
    }
}

TEST_F(PlanFolders, AFileInItsPlaceIsRefusedBeforeAnythingIsBuilt) {
    std::ofstream(folder()) << "no folder";
    EXPECT_EQ(picture(), text("\"engine_folder\" must be a folder; ", folder().string(), " is a file"));
    EXPECT_EQ(journal(), Strings{});
}

} // namespace
} // namespace vsmlrt::test
