// Processes that are killed while they compile and time kernels on a real GPU. CUDA does not survive a fork,
// so that the child is this program, started anew for one test.
#include "cuda/gpu.h"
#include "networks/families.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace vsmlrt::test {
namespace {

namespace fs = std::filesystem;

constexpr const char *folder_variable = "VSMLRT_TEST_KEPT_FOLDER";

// What the child does; a test that is not run by itself.
TEST(GpuChild, DISABLED_RunsAFrame) {
    const char *folder = std::getenv(folder_variable);
    ASSERT_NE(folder, nullptr);
    constexpr vsmlrt_extent extent = {320, 180};
    const GpuNetwork network(srvgg(64, 8), VSMLRT_PRECISION_FP16);
    vsmlrt_program_desc desc = network.desc(extent, extent);
    desc.shared_folder = folder;
    cuda::Program program(cuda::list_devices().front(), desc);
    cuda::Context context(program);
    const std::vector<float> input = gpu_picture(3, extent, false, 5);
    const std::vector<float> given = gpu_run(context, extent, input);
    const std::vector<float> wanted = expected_result(network.source, 3, extent, input);
    EXPECT_LE(error_of(given, wanted), 2e-3);
}

class GpuKept : public Gpu {
protected:
    void SetUp() override {
        Gpu::SetUp();
        std::string pattern = (fs::temp_directory_path() / "gpu_kept_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~GpuKept() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] pid_t start() const {
        const pid_t child = ::fork();
        if (child != 0)
            return child;
        ::setenv(folder_variable, folder_.c_str(), 1);
        ::unsetenv("GTEST_OUTPUT");
        ::execl("/proc/self/exe", "child", "--gtest_filter=GpuChild.DISABLED_RunsAFrame",
                "--gtest_also_run_disabled_tests", "--gtest_brief=1", static_cast<char *>(nullptr));
        ::_exit(127);
    }
    [[nodiscard]] static int wait_for(pid_t child) {
        int status = 0;
        return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    fs::path folder_;
};

TEST_F(GpuKept, AProcessKilledWhileTuningLeavesWhatTheNextOneCanUse) {
    std::minstd_rand random(static_cast<unsigned>(seed_of_this_run()));
    for (int attempt = 0; attempt < 6; ++attempt) {
        const pid_t child = start();
        ::usleep(300000 + random() % 2500000);
        ::kill(child, SIGKILL);
        static_cast<void>(wait_for(child));
    }
    EXPECT_EQ(wait_for(start()), 0);
    const std::size_t all = files();
    EXPECT_GT(all, 3U);
    EXPECT_EQ(wait_for(start()), 0);
    EXPECT_EQ(files(), all); // nothing was compiled again under another name
}

} // namespace
} // namespace vsmlrt::test
