#include "base/error.h"
#include "base/shared_library.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt {
namespace {

std::string refusal(const std::filesystem::path &file) {
    try {
        static_cast<void>(SharedLibrary(file));
        return "opened";
    } catch (const Unsupported &failure) {
        return failure.what();
    }
}

TEST(WindowsLibrary, SymbolsAreFoundOrNamed) {
    const SharedLibrary library("kernel32.dll");
    EXPECT_NE(library.symbol("GetProcAddress"), nullptr);
    EXPECT_EQ(library.find("no_such_function"), nullptr);
    try {
        static_cast<void>(library.symbol("no_such_function"));
        FAIL() << "a symbol that is not there was found";
    } catch (const Unsupported &failure) {
        EXPECT_STREQ(failure.what(), "kernel32.dll has no no_such_function");
    }
}

TEST(WindowsLibrary, WhatIsMissingIsNamed) {
    EXPECT_EQ(refusal("no_such_library.dll"), "no_such_library.dll is missing");
    EXPECT_EQ(refusal("C:/nowhere/no_such_library.dll"), "C:/nowhere/no_such_library.dll is missing");
}

TEST(WindowsLibrary, TheProgramsOwnFileAndTheLoadedOnesAreKnown) {
    EXPECT_EQ(own_file().filename(), "test_base.exe");
    EXPECT_EQ(file_of(reinterpret_cast<const void *>(&refusal)), own_file());
    EXPECT_TRUE(file_of(nullptr).empty());
    const std::vector<std::filesystem::path> loaded = loaded_libraries();
    EXPECT_NE(std::find(loaded.begin(), loaded.end(), own_file()), loaded.end());
    EXPECT_GT(loaded.size(), 2U);
    EXPECT_TRUE(search_folders().empty());
}

} // namespace
} // namespace vsmlrt
