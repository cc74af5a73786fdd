// What stands for the versions of libraries in a plan's basis.
#include "backends/onnxruntime/file_sizes.h"

#include <fstream>
#include <gtest/gtest.h>

namespace vsmlrt::ort {
namespace {

TEST(OnnxRuntimeFileSizes, AreTheSameInWhateverOrderAndFolderTheFilesAre) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(testing::TempDir()) / "file_sizes";
    fs::create_directories(folder / "other");
    const fs::path one = folder / "other" / "libb.so.1";
    const fs::path two = folder / "liba.so.2";
    std::ofstream(one) << "seventeen letters";
    std::ofstream(two) << "four";
    EXPECT_EQ(file_sizes({one, two}), "liba.so.2 4\nlibb.so.1 17\n");
    EXPECT_EQ(file_sizes({two, one}), file_sizes({one, two}));
    std::ofstream(two) << "a word";
    EXPECT_EQ(file_sizes({one, two}), "liba.so.2 6\nlibb.so.1 17\n");
    EXPECT_EQ(file_sizes({}), "\n");
    fs::remove_all(folder);
}

} // namespace
} // namespace vsmlrt::ort
