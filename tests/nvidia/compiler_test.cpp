// NVIDIA's run-time compiler as its wheel lays it, where there is one; it needs no GPU. It opens a library of
// its own folder by a bare name while it compiles.
#include "nvidia/compiler.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <cstring>

namespace vsmlrt::nvidia {
namespace {

TEST(Compiler, MakesCodeForAGpuOrSaysWhatToInstall) {
    try {
        require_compiler();
    } catch (const Unsupported &missing) {
        EXPECT_NE(std::string(missing.what()).find("pip install nvidia-cuda-nvrtc"), std::string::npos)
            << missing.what();
        GTEST_SKIP() << missing.what();
    }
    const std::vector<std::byte> cubin =
        compile("extern \"C\" __global__ void twice(float *x) { x[threadIdx.x] *= 2; }", "sm_80");
    ASSERT_GT(cubin.size(), 4U);
    EXPECT_EQ(std::memcmp(cubin.data(), "\177ELF", 4), 0);
    EXPECT_EQ(compiler_version().find("NVRTC 1"), 0U) << compiler_version();
}

TEST(Compiler, NamesWhatDoesNotCompile) {
    try {
        static_cast<void>(compile("__global__ void broken() { return 1; }", "sm_80"));
        FAIL() << "it was compiled";
    } catch (const Unsupported &missing) {
        GTEST_SKIP() << missing.what();
    } catch (const InternalError &failure) {
        EXPECT_NE(std::string(failure.what()).find("kernel.cu(1)"), std::string::npos) << failure.what();
    }
}

} // namespace
} // namespace vsmlrt::nvidia
