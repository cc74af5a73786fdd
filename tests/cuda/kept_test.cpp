// What programs keep for each other: a second network of the same layers, in this process or another,
// compiles and times nothing; and whatever moment a process dies at, or whatever is in the files, the next
// one works.
#include "backends/cuda/kept_folder.h"
#include "backends/cuda/program.h"
#include "base/apart.h"
#include "base/log.h"
#include "base/path.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace vsmlrt::cuda {
namespace {

namespace fs = std::filesystem;
using test::Apart;

// What a test tells the processes that it starts.
constexpr const char *kept_variable = "VSMLRT_TEST_KEPT_FOLDER";
constexpr const char *answers_variable = "VSMLRT_TEST_ANSWERS_FOLDER";
constexpr const char *order_variable = "VSMLRT_TEST_ORDER";

constexpr int choices_each = 20;

// Builds a program of half tensors in the process that calls.
void build(const fs::path &folder, int channels, int convolutions) {
    test::HalfNetwork half(test::srvgg(channels, convolutions), {32, 24});
    const std::string kept = text_of(folder);
    half.desc.shared_folder = kept.c_str();
    const Program program(list_devices().front(), half.desc);
}

// What processes of their own do; not run by themselves.
TEST(KeptApart, DISABLED_Builds) {
    const fs::path answers = path_of(test::variable(answers_variable));
    int channels = 0;
    int convolutions = 0;
    std::istringstream(test::variable(order_variable)) >> channels >> convolutions;
    emulated_stand_in();
    emulated_reset(0);
    std::ofstream(answers / "begun").close();
    build(path_of(test::variable(kept_variable)), channels, convolutions);
    std::ofstream(answers / "work") << emulated_compilations() << ' ' << emulated_timings();
}

TEST(KeptApart, DISABLED_AddsChoices) {
    const KeptFolder kept(path_of(test::variable(kept_variable)));
    for (int i = 0; i < choices_each; ++i)
        kept.keep_choices({{{.work = text("work ", test::variable(order_variable), " ", i)}, "kernel"}});
}

class Kept : public testing::Test {
protected:
    Kept() {
        emulated_stand_in();
        emulated_reset(0);
        test::set_variable(kept_variable, text_of(folder_).c_str());
        test::set_variable(answers_variable, text_of(answers_).c_str());
        set_log_sink([this](LogLevel level, const std::string &line) {
            if (level == LogLevel::information)
                lines_.push_back(line);
        });
    }
    ~Kept() override {
        set_log_sink(nullptr);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
        fs::remove_all(answers_, ignored);
    }
    Kept(const Kept &) = delete;
    Kept &operator=(const Kept &) = delete;

    void build(int channels, int convolutions) const { cuda::build(folder_, channels, convolutions); }

    struct Work {
        long compilations = -1;
        long timings = -1;
    };
    // Of a build in a process of its own, which must succeed.
    [[nodiscard]] Work build_apart(int channels, int convolutions) const {
        fs::remove(answers_ / "work");
        test::set_variable(order_variable, text(channels, ' ', convolutions).c_str());
        EXPECT_EQ(Apart("KeptApart.DISABLED_Builds").wait(), 0);
        Work work;
        std::ifstream(answers_ / "work") >> work.compilations >> work.timings;
        return work;
    }

    fs::path folder_ = test::new_folder("cuda_kept");
    fs::path answers_ = test::new_folder("cuda_kept_answers");
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
                             text_of(folder_)),
              std::string::npos)
        << lines_[0];
    build(64, 4);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(Kept, AProcessThatIsKilledLeavesWhatTheNextOneCanUse) {
    std::mt19937 random(3);
    int killed = 0;
    test::set_variable(order_variable, "64 4");
    for (int attempt = 0; attempt < 30; ++attempt) {
        if (attempt % 10 == 0) {
            fs::remove_all(folder_);
            fs::create_directories(folder_);
        }
        fs::remove(answers_ / "begun");
        Apart child("KeptApart.DISABLED_Builds");
        while (!fs::exists(answers_ / "begun"))
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        // Some at once, so that there are such on any machine; the others somewhere on the way.
        std::this_thread::sleep_for(std::chrono::microseconds(attempt % 3 == 0 ? 0 : random() % 30000));
        child.kill();
        const int status = child.wait();
        EXPECT_TRUE(status == 0 || status == Apart::killed) << status;
        killed += status == Apart::killed ? 1 : 0;
        // What is there is whole: every choice names a kernel, every kernel is a path of the emulated
        // compiler's.
        const KeptFolder kept(folder_);
        for (const auto &[key, kernel] : kept.choices())
            EXPECT_FALSE(key.work.empty() || kernel.empty());
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

TEST_F(Kept, AFolderThatIsNotThereIsMade) {
    fs::remove_all(folder_); // by somebody who clears caches
    EXPECT_GT(build_apart(64, 4).compilations, 0);
    const Work again = build_apart(64, 4);
    EXPECT_EQ(again.compilations, 0);
    EXPECT_EQ(again.timings, 0);
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
    constexpr std::size_t processes = 6;
    std::vector<std::unique_ptr<Apart>> children;
    for (std::size_t process = 0; process < processes; ++process) {
        test::set_variable(order_variable, std::to_string(process).c_str());
        children.push_back(std::make_unique<Apart>("KeptApart.DISABLED_AddsChoices"));
    }
    for (const auto &child : children)
        EXPECT_EQ(child->wait(), 0);
    EXPECT_EQ(KeptFolder(folder_).choices().size(), processes * choices_each);
}

} // namespace
} // namespace vsmlrt::cuda
