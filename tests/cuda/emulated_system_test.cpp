// What the emulated compiler does with a library that several processes make at the same time.
#include "cuda/emulated_system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace vsmlrt::emulated {
namespace {

namespace fs = std::filesystem;

class PublishedLibrary : public testing::Test {
protected:
    void SetUp() override {
        const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
        folder_ = fs::temp_directory_path() / ("published_" + process_name() + test);
        fs::remove_all(folder_); // what a process of this number has left
        fs::create_directories(folder_);
        name_ = (folder_ / (std::string("kernel") + library_ending)).string();
    }
    void TearDown() override {
        std::error_code loaded; // Windows keeps a library while it is
        fs::remove_all(folder_, loaded);
    }
    // Another process's one of the same name.
    [[nodiscard]] std::string made(const char *stem) const {
        std::string path = (folder_ / (stem + std::string(library_ending))).string();
        fs::copy_file(VSMLRT_EMULATED, path);
        return path;
    }

    fs::path folder_;
    std::string name_;
};

TEST_F(PublishedLibrary, TheOneThatIsInUseStays) {
    const std::string first = made("first");
    const std::string second = made("second");
    ASSERT_TRUE(publish(first, name_));
    std::string words;
    void *const library = open_library(name_.c_str(), words);
    ASSERT_TRUE(library) << words;
    EXPECT_TRUE(publish(second, name_));
    EXPECT_EQ(open_library(name_.c_str(), words), library) << words;
    EXPECT_FALSE(fs::exists(first));
    EXPECT_FALSE(fs::exists(second));
}

#ifndef _WIN32
TEST_F(PublishedLibrary, OneAtATimeIsMade) {
    std::atomic<int> at_once = 0, most = 0;
    const auto make = [&] {
        const Turn turn(name_);
        most = std::max(most.load(), ++at_once);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        --at_once;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(make);
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(most, 1);
}
#endif

TEST_F(PublishedLibrary, WhatWasNotMadeIsNotThere) {
    EXPECT_FALSE(publish((folder_ / "nothing").string(), name_));
    EXPECT_FALSE(fs::exists(name_));
}

} // namespace
} // namespace vsmlrt::emulated
