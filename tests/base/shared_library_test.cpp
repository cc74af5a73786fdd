#include "base/shared_library.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;

std::string refusal(const std::filesystem::path &file, const SharedLibrary::Supply &supply = {}) {
    try {
        static_cast<void>(SharedLibrary(file, supply));
        return "opened";
    } catch (const Unsupported &failure) {
        return failure.what();
    }
}

TEST(SharedLibrary, SymbolsAreFoundOrNamed) {
    const SharedLibrary library("libc.so.6");
    EXPECT_NE(library.symbol("malloc"), nullptr);
    EXPECT_EQ(library.find("no_such_function"), nullptr);
    try {
        static_cast<void>(library.symbol("no_such_function"));
        FAIL() << "a symbol that is not there was found";
    } catch (const Unsupported &failure) {
        EXPECT_STREQ(failure.what(), "libc.so.6 has no no_such_function");
    }
}

TEST(SharedLibrary, WhatIsMissingIsNamed) {
    EXPECT_EQ(refusal("libnosuchlibrary.so.7"), "libnosuchlibrary.so.7 is missing");
}

TEST(SharedLibrary, WhatTheLoaderDoesNotFindIsAskedForOnce) {
    std::vector<std::string> asked;
    const auto supply = [&](const std::string &missing) {
        asked.push_back(missing);
        return true; // and yet it is not there
    };
    EXPECT_EQ(refusal("libnosuchlibrary.so.7", supply), "libnosuchlibrary.so.7 is missing");
    EXPECT_EQ(asked, std::vector<std::string>{"libnosuchlibrary.so.7"});
}

TEST(SharedLibrary, AFileThatIsNoLibraryIsRefusedInTheLoadersWords) {
    EXPECT_NE(refusal(VSMLRT_SOURCE_FOLDER "/base/text.h").find("text.h"), std::string::npos);
}

TEST(SharedLibrary, CodeKnowsItsOwnFile) {
    EXPECT_EQ(own_file().filename(), "test_base");
}

} // namespace
