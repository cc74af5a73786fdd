// The folder of plans where its path is longer than Windows' old limit.
#include "base/file.h"
#include "cache/folder.h"

#include "base/apart.h"
#include "base/file_contents.h"

#include <gtest/gtest.h>

namespace vsmlrt::cache {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
protected:
    Folder() {
        while (folder_.native().size() < 400)
            folder_ /= "a folder with a name of forty characters";
        fs::create_directories(system_path(kept_path(folder_, "new") / "inside"));
    }
    ~Folder() override { remove_folder(base_); }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const StoredPlan &plan : stored_plans(folder_))
            names.push_back(plan.name + " " + std::to_string(plan.bytes));
        return names;
    }

    fs::path base_ = test::new_folder("cache_folder");
    fs::path folder_ = base_;
};

TEST_F(Folder, ListsAndTrimsAtAnyLengthOfItsPath) {
    replace_file(plan_path(folder_, "old"), test::bytes("12345"));
    replace_file(kept_path(folder_, "new") / "inside" / "kernels", test::bytes("123"));
    set_used_now(plan_path(folder_, "old"));
    replace_file(plan_path(folder_, "new"), test::bytes("1234"));
    replace_file(folder_ / "somebody else's", test::bytes("1"));
    set_used_now(plan_path(folder_, "new"));
    EXPECT_EQ(names(), (std::vector<std::string>{"new 7", "old 5"}));
    trim(folder_, 12);
    EXPECT_EQ(names().size(), 2U);
    trim(folder_, 11);
    EXPECT_EQ(names(), std::vector<std::string>{"new 7"});
    EXPECT_EQ(cache_files(folder_).size(), 2U);
    trim(folder_, 6);
    EXPECT_EQ(entries_of(folder_).size(), 1U);
    EXPECT_TRUE(cache_files(folder_).empty());
}

TEST_F(Folder, WhichIsNotThereIsEmpty) {
    EXPECT_TRUE(entries_of(folder_ / "missing").empty());
    EXPECT_TRUE(stored_plans(folder_ / "missing").empty());
    remove_folder(folder_ / "missing");
}

} // namespace
} // namespace vsmlrt::cache
