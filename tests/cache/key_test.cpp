#include "cache/key.h"

#include <gtest/gtest.h>

namespace vsmlrt::cache {
namespace {

TEST(FileName, SaysWhichProgramItIs) {
    EXPECT_EQ(make_file_name({"animevideov3", "1920x1080", "fp16", "fp32", "H100", "cuda-1.0"}),
              "animevideov3_1920x1080_fp16_fp32_H100_cuda-1.0");
}

TEST(FileName, ReplacesWhatFileSystemsDoNotTake) {
    const std::string name =
        make_file_name({"../a b\n\xc3\xa9", "1x1", "fp16", "fp32", "NVIDIA / H100", "v:1"});
    EXPECT_EQ(name.substr(0, name.size() - 12), "_._a_b____1x1_fp16_fp32_NVIDIA___H100_v_1-");
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos);
}

TEST(FileName, KeepsDifferentProgramsApart) {
    EXPECT_NE(make_file_name({"a/b", "", "", "", "", ""}), make_file_name({"a:b", "", "", "", "", ""}));
    EXPECT_NE(make_file_name({"a b", "c", "", "", "", ""}), make_file_name({"a ", "bc", "", "", "", ""}));
    const std::string stem(1000, 'x');
    const std::string name = make_file_name({stem + "1", "", "", "", "", ""});
    EXPECT_EQ(name.size(), 180U);
    EXPECT_NE(name, make_file_name({stem + "2", "", "", "", "", ""}));
}

} // namespace
} // namespace vsmlrt::cache
