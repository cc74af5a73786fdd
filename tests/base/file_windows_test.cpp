// What is of Windows alone: names in any script, paths longer than the old 260 characters, shares, devices
// with the names of files, and files that another program holds.
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include "base/file_contents.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cwctype>
#include <random>
#include <string_view>
#include <thread>
#include <windows.h>

namespace vsmlrt {
namespace {

namespace fs = std::filesystem;

using test::bytes;
using test::failure;

class WindowsFile : public testing::Test {
protected:
    WindowsFile()
        : folder_(fs::temp_directory_path() / ("file_test_" + std::to_string(std::random_device{}()))) {
        fs::create_directory(folder_);
    }
    ~WindowsFile() override { remove_folder(folder_); }
    WindowsFile(const WindowsFile &) = delete;
    WindowsFile &operator=(const WindowsFile &) = delete;

    [[nodiscard]] std::ptrdiff_t entries() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }

    static HANDLE hold(const fs::path &path, DWORD sharing) {
        return ::CreateFileW(path.c_str(), GENERIC_READ, sharing, nullptr, OPEN_EXISTING,
                             FILE_ATTRIBUTE_NORMAL, nullptr);
    }

    fs::path folder_;
};

TEST_F(WindowsFile, ReadsWhatWasWrittenAndReplacesIt) {
    const fs::path path = folder_ / "file";
    replace_file(path, bytes("one"));
    EXPECT_EQ(read_file(path), bytes("one"));
    const std::vector<std::byte> large(3 << 20, std::byte{9});
    replace_file(path, large);
    EXPECT_EQ(read_file(path, large.size()), large);
    replace_file(path, {});
    EXPECT_TRUE(read_file(path).empty());
    EXPECT_EQ(entries(), 1);
}

TEST_F(WindowsFile, TextIsUtf8InsideAndNamesAreWideOutside) {
    const std::string name = "Größe \xe7\xbd\x91\xe7\xbb\x9c \xf0\x9f\x8e\x9e.onnx";
    replace_file(folder_ / path_of(name), bytes("x"));
    const fs::path found = fs::directory_iterator(folder_)->path();
    EXPECT_EQ(found.filename().native(), L"Größe \x7f51\x7edc \xd83c\xdf9e.onnx");
    EXPECT_EQ(text_of(found.filename()), name);
    EXPECT_EQ(read_file(path_of(text_of(found))), bytes("x"));
    ::SetEnvironmentVariableW(L"VSMLRT_CACHE", found.c_str());
    EXPECT_EQ(cache_folder(), found);
    EXPECT_EQ(environment("VSMLRT_CACHE"), text_of(found));
    ::SetEnvironmentVariableW(L"VSMLRT_CACHE", nullptr);
}

TEST_F(WindowsFile, TheUsersCacheIsInItsLocalFolder) {
    ::SetEnvironmentVariableW(L"LOCALAPPDATA", L"C:\\Users\\Zo\x00eb\\AppData\\Local");
    EXPECT_EQ(cache_folder(), fs::path(L"C:\\Users\\Zo\x00eb\\AppData\\Local\\vsmlrt\\cache"));
    ::SetEnvironmentVariableW(L"LOCALAPPDATA", nullptr);
    EXPECT_TRUE(cache_folder().empty());
}

TEST_F(WindowsFile, PathsMayBeLongerThanTheOldLimit) {
    fs::path deep = folder_;
    while (deep.native().size() < 400)
        deep /= "a folder with a name of forty characters";
    fs::create_directories(system_path(deep));
    const fs::path path = deep / "network.plan";
    replace_file(path, bytes("long"));
    EXPECT_EQ(read_file(path), bytes("long"));
    EXPECT_EQ(file_use(path)->bytes, 4U);
    { const FileLock lock(deep / "network.lock"); }
    EXPECT_FALSE(file_use(deep / "network.lock"));
}

TEST_F(WindowsFile, LongPathsGetTheFormThatHasNoLimit) {
    const std::string tail(300, 'x');
    EXPECT_EQ(system_path("C:/short"), fs::path("C:/short"));
    EXPECT_EQ(system_path("C:/video/" + tail).native(), fs::path("\\\\?\\C:\\video\\" + tail).native());
    EXPECT_EQ(system_path("C:/video/../x/" + tail).native(), fs::path("\\\\?\\C:\\x\\" + tail).native());
    EXPECT_EQ(system_path("\\\\server\\share\\" + tail).native(),
              fs::path("\\\\?\\UNC\\server\\share\\" + tail).native());
    const fs::path already = "\\\\?\\C:\\video\\" + tail;
    EXPECT_EQ(system_path(already).native(), already.native());
    EXPECT_EQ(system_path("C:/short", 300).native(), fs::path("\\\\?\\C:\\short").native());
}

// VSMLRT_TEST_SHARE names a folder on a share: "\\\\localhost\\share".
TEST_F(WindowsFile, WhatLiesOnAShareIsReadReplacedAndLocked) {
    const std::string share = environment("VSMLRT_TEST_SHARE");
    if (share.empty())
        GTEST_SKIP() << "VSMLRT_TEST_SHARE names no folder on a share that may be written";
    const std::string name = folder_.filename().string();
    for (const std::string &root : {share, "\\\\?\\UNC" + share.substr(1)}) {
        fs::path folder = path_of(root + "\\" + name + " größe");
        fs::create_directories(system_path(folder));
        while (folder.native().size() < 300)
            folder /= "a folder with a name of forty characters";
        fs::create_directories(system_path(folder));
        const fs::path path = folder / "network.plan";
        replace_file(path, bytes("one"));
        replace_file(path, bytes("two"));
        EXPECT_EQ(read_file(path), bytes("two"));
        EXPECT_EQ(file_use(path)->bytes, 3U);
        EXPECT_EQ(absolute_path(path), path);
        EXPECT_EQ(read_file(real_path(path)), bytes("two"));
        EXPECT_EQ(test::most_holders(folder / "lock", 5), 1);
        EXPECT_EQ(entries_of(folder).size(), 1U);
        remove_folder(path_of(root + "\\" + name + " größe"));
        EXPECT_TRUE(entries_of(folder).empty());
    }
}

TEST_F(WindowsFile, APathMayBeginInADrivesCurrentFolder) {
    const fs::path before = fs::current_path();
    fs::current_path(folder_);
    const fs::path path = folder_.root_name().native() + L"file"; // C:file
    replace_file(path, bytes("here"));
    EXPECT_EQ(read_file(path), bytes("here"));
    EXPECT_EQ(absolute_path(path), folder_ / "file");
    fs::current_path(before);
    EXPECT_EQ(read_file(folder_ / "file"), bytes("here"));
}

TEST_F(WindowsFile, DevicesAndFoldersAreRefusedByName) {
    for (const char *device : {"NUL", "CON", "aux.onnx", "com9.onnx"})
        EXPECT_NE(failure<BadArgument>([&] { static_cast<void>(read_file(device)); }).find(device),
                  std::string::npos);
    EXPECT_EQ(failure<BadArgument>([&] { static_cast<void>(read_file(folder_)); }),
              "cannot read " + folder_.string() + ": it is not a regular file");
    const std::string missing = (folder_ / "missing").string();
    EXPECT_EQ(failure<BadArgument>([&] {
                  static_cast<void>(read_file(missing));
              }).find("cannot open " + missing + ": "),
              0U);
    EXPECT_EQ(failure<DeviceError>([&] {
                  replace_file(folder_ / "missing" / "file", {});
              }).find("cannot write in " + missing + ": "),
              0U);
}

TEST_F(WindowsFile, AFileThatAnotherProgramHoldsIsReplacedOnceItLetsGo) {
    const fs::path path = folder_ / "plan";
    replace_file(path, bytes("old"));
    const HANDLE held = hold(path, FILE_SHARE_READ);
    ASSERT_NE(held, INVALID_HANDLE_VALUE);
    std::thread scanner([&] {
        ::Sleep(100);
        ::CloseHandle(held);
    });
    replace_file(path, bytes("new"));
    scanner.join();
    EXPECT_EQ(read_file(path), bytes("new"));
    EXPECT_EQ(entries(), 1);
}

TEST_F(WindowsFile, AFileThatStaysHeldIsAnErrorWithNothingLeftBehind) {
    const fs::path path = folder_ / "plan";
    replace_file(path, bytes("old"));
    const HANDLE held = hold(path, FILE_SHARE_READ);
    EXPECT_EQ(failure<DeviceError>([&] {
                  replace_file(path, bytes("new"));
              }).find("cannot write " + path.string() + ": "),
              0U);
    EXPECT_EQ(read_file(path), bytes("old"));
    ::CloseHandle(held);
    EXPECT_EQ(entries(), 1);
}

TEST_F(WindowsFile, ALockIsWaitedForAndRemovedByTheLast) {
    const fs::path path = folder_ / "file.lock";
    EXPECT_EQ(test::most_holders(path, 20), 1);
    EXPECT_EQ(entries(), 0);
}

TEST_F(WindowsFile, TheLastUseIsKeptOfFilesAndFolders) {
    const fs::path first = folder_ / "first";
    const fs::path second = folder_ / "second";
    replace_file(first, bytes("1"));
    fs::create_directory(second);
    set_used_now(first);
    ::Sleep(20);
    set_used_now(second);
    EXPECT_LT(file_use(first)->last_used_ns, file_use(second)->last_used_ns);
    ::Sleep(20);
    set_used_now(first);
    EXPECT_GT(file_use(first)->last_used_ns, file_use(second)->last_used_ns);
    set_used_now(folder_ / "missing");
}

} // namespace
} // namespace vsmlrt
