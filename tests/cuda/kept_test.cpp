// What programs keep for each other: a second network of the same layers, in this process or another,
// compiles and times nothing; and whatever moment a process dies at, or whatever is in the files, the next
// one works.
#include "backends/cuda/kept_folder.h"
#include "backends/cuda/program.h"
#include "base/file.h"
#include "base/log.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace vsmlrt::cuda {
namespace {

namespace fs = std::filesystem;

class Kept : public testing::Test {
protected:
    Kept() {
        std::string pattern = (fs::temp_directory_path() / "cuda_kept_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        emulated_stand_in();
        emulated_reset(0);
        set_log_sink([this](LogLevel level, const std::string &line) {
            if (level == LogLevel::information)
                lines_.push_back(line);
        });
    }
    ~Kept() override {
        set_log_sink(nullptr);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Kept(const Kept &) = delete;
    Kept &operator=(const Kept &) = delete;

    // Builds a program of half tensors in the process that calls.
    void build(int channels, int convolutions) const {
        const std::vector<std::byte> onnx = model::write_onnx(model::set_io_type(
            model::to_half(test::srvgg(channels, convolutions)), Element::f16, Element::f16));
        vsmlrt_program_desc desc = {};
        desc.network = onnx.data();
        desc.network_size = onnx.size();
        desc.precision = VSMLRT_PRECISION_FP16;
        desc.min_extent = desc.opt_extent = desc.max_extent = {32, 24};
        desc.num_streams = 1;
        desc.shared_folder = folder_.c_str();
        const Program program(list_devices().front(), desc);
    }

    struct Work {
        long compilations = 0;
        long timings = 0;
    };
    // Of a build in a process of its own, which must succeed.
    [[nodiscard]] Work build_apart(int channels, int convolutions) const {
        int pipe[2] = {};
        EXPECT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            emulated_reset(0);
            try {
                build(channels, convolutions);
            } catch (const std::exception &failure) {
                std::fprintf(stderr, "in the child: %s\n", failure.what());
                ::_exit(1);
            }
            const Work work = {emulated_compilations(), emulated_timings()};
            ::_exit(::write(pipe[1], &work, sizeof work) == sizeof work ? 0 : 1);
        }
        ::close(pipe[1]);
        Work work = {-1, -1};
        EXPECT_EQ(::read(pipe[0], &work, sizeof work), static_cast<ssize_t>(sizeof work));
        ::close(pipe[0]);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        return work;
    }

    fs::path folder_;
    std::vector<std::string> lines_;
};

TEST_F(Kept, ASecondNetworkOfTheSameLayersCompilesAndTimesNothingInANewProcess) {
    const Work first = build_apart(64, 4);
    EXPECT_GT(first.compilations, 5);
    EXPECT_GT(first.timings, 5);
    const Work deeper = build_apart(64, 7);
    EXPECT_EQ(deeper.compilations, 0);
    EXPECT_EQ(deeper.timings, 0);
    const Work wider = build_apart(32, 4);
    EXPECT_GT(wider.timings, 0); // and it joins what was there
    EXPECT_EQ(build_apart(64, 4).timings, 0);
    EXPECT_EQ(build_apart(32, 4).timings, 0);
}

TEST_F(Kept, OneLineSaysWhatTakesTimeAndNoneWhereNothingDoes) {
    build(64, 4);
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(lines_[0].rfind("cuda: compiling ", 0), 0U) << lines_[0];
    EXPECT_NE(lines_[0].find(" kernels for emulated GPU, once for this GPU and driver: they are kept in " +
                             folder_.string()),
              std::string::npos)
        << lines_[0];
    build(64, 4);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(Kept, AProcessThatIsKilledLeavesWhatTheNextOneCanUse) {
    std::mt19937 random(3);
    int killed = 0;
    for (int attempt = 0; attempt < 30; ++attempt) {
        if (attempt % 10 == 0) {
            fs::remove_all(folder_);
            fs::create_directories(folder_);
        }
        const pid_t child = ::fork();
        if (child == 0) {
            build(64, 4);
            ::_exit(0);
        }
        // Some at once, so that there are such on any machine; the others somewhere on the way.
        ::usleep(attempt % 3 == 0 ? 0 : random() % 30000);
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status) ? 1 : 0;
        // What is there is whole: every choice names a kernel, every kernel is a path of the emulated
        // compiler's.
        const KeptFolder kept(folder_);
        for (const auto &[problem, kernel] : kept.choices())
            EXPECT_FALSE(problem.empty() || kernel.empty());
        if (attempt % 10 == 9)
            static_cast<void>(build_apart(64, 4));
    }
    EXPECT_GT(killed, 0);
    const Work after = build_apart(64, 4);
    EXPECT_EQ(after.compilations, 0);
    EXPECT_EQ(after.timings, 0);
}

TEST_F(Kept, FilesThatAreCutShortOrChangedAreWrittenAnew) {
    static_cast<void>(build_apart(64, 4));
    int number = 0;
    for (const auto &entry : fs::directory_iterator(folder_)) {
        const std::uintmax_t bytes = fs::file_size(entry);
        switch (number++ % 3) {
        case 0:
            fs::resize_file(entry, bytes / 2);
            break;
        case 1:
            fs::resize_file(entry, 0);
            break;
        default:
            std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(static_cast<std::streamoff>(bytes) - 1);
            file.put('\x7f');
        }
    }
    const Work again = build_apart(64, 4);
    EXPECT_GT(again.compilations, 0);
    EXPECT_EQ(build_apart(64, 4).compilations, 0);
    EXPECT_EQ(build_apart(64, 4).timings, 0);
}

TEST_F(Kept, AFolderThatCannotBeWrittenCostsALine) {
    fs::remove_all(folder_);
    std::ofstream(folder_) << "a file in its place";
    build(64, 4);
    EXPECT_EQ(std::ranges::count_if(lines_,
                                    [](const std::string &line) {
                                        return line.rfind("cuda: compiled kernels are not kept in ", 0) == 0;
                                    }),
              1);
}

TEST_F(Kept, ProcessesThatAddChoicesAtOnceLoseNone) {
    constexpr int processes = 6;
    constexpr int each = 20;
    std::vector<pid_t> children;
    for (int process = 0; process < processes; ++process) {
        const pid_t child = ::fork();
        if (child == 0) {
            for (int i = 0; i < each; ++i)
                KeptFolder(folder_).keep_choices({{text("problem ", process, " ", i), "kernel"}});
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(KeptFolder(folder_).choices().size(), static_cast<std::size_t>(processes * each));
}

} // namespace
} // namespace vsmlrt::cuda
