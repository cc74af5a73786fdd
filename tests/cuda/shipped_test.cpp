// Kernels that come with the package: where all are there nothing is compiled and no compiler is needed; what
// is missing is compiled; a file that is damaged, of other kernels or for a newer driver is as if it were not
// there.
#include "backends/cuda/device.h"
#include "backends/cuda/kept_folder.h"
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/program.h"
#include "backends/cuda/tuning.h"
#include "base/apart.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

namespace vsmlrt::cuda {
namespace {

namespace fs = std::filesystem;
using Cubins = std::map<std::string, std::vector<std::byte>>;

constexpr const char *kernels_variable = "VSMLRT_CUDA_KERNELS";
constexpr const char *compiler_variable = "VSMLRT_NVRTC";
constexpr const char *folder_variable = "VSMLRT_TEST_KEPT_FOLDER";
constexpr const char *lines_variable = "VSMLRT_TEST_LINES_FOLDER";

// Builds a program in the process that calls, as KeptApart's.
void build(const std::string &kept) {
    test::HalfNetwork half(test::srvgg(64, 4), {32, 24});
    half.desc.shared_folder = kept.c_str();
    probe();
    const Program program(list_devices().front(), half.desc);
}

// What processes of their own do; not run by themselves.
TEST(ShippedApart, DISABLED_Builds) {
    const fs::path answers = path_of(test::variable(lines_variable));
    std::ofstream lines(answers / "lines");
    set_log_sink([&](LogLevel, const std::string &line) { lines << line << '\n'; });
    test::set_variable(compiler_variable, test::variable("VSMLRT_TEST_COMPILER").c_str());
    emulated_stand_in();
    emulated_reset(0);
    try {
        build(test::variable(folder_variable));
    } catch (const Error &error) {
        lines << "failed: " << error.what() << '\n';
    }
    set_log_sink(nullptr);
    lines << "compiled: " << emulated_compilations() << '\n';
}

class Shipped : public testing::Test {
protected:
    // All kernels are what a process compiles that finds none.
    void SetUp() override {
        EXPECT_EQ(build_apart(true, kept_).failure, "");
        for (const auto &entry : fs::directory_iterator(kept_))
            if (entry.path().extension() == ".cubin") {
                const std::string hash = text_of(entry.path().stem());
                all_[hash] = KeptFolder(kept_).cubin(hash).value();
            }
        ASSERT_GT(all_.size(), 5U);
    }
    Shipped() { emulated_stand_in(); }
    ~Shipped() override {
        for (const char *name : {kernels_variable, folder_variable, "VSMLRT_TEST_COMPILER"})
            test::set_variable(name, "");
        for (const fs::path &folder : {kept_, folder_, answers_}) {
            std::error_code ignored;
            fs::remove_all(folder, ignored);
        }
    }
    Shipped(const Shipped &) = delete;
    Shipped &operator=(const Shipped &) = delete;

    [[nodiscard]] fs::path file() const {
        return folder_ / shipped_file(list_devices().front().architecture);
    }
    void ship(const Cubins &cubins, const std::string &compiler = "NVRTC 13.0") const {
        replace_file(file(), encode_shipped(compiler, cubins));
    }
    // One kernel less than all.
    [[nodiscard]] Cubins most() const {
        Cubins cubins = all_;
        cubins.erase(cubins.begin());
        return cubins;
    }

    struct Answer {
        long compiled = -1;
        std::string failure;
        std::vector<std::string> lines;
        [[nodiscard]] long lines_with(const std::string &part) const {
            return std::ranges::count_if(
                lines, [&](const std::string &line) { return line.find(part) != std::string::npos; });
        }
    };
    // Of a build in a process of its own that finds the file, and nothing kept.
    [[nodiscard]] Answer build_apart(bool with_compiler, const fs::path &kept = {}) const {
        test::set_variable(kernels_variable, text_of(folder_).c_str());
        test::set_variable(folder_variable, text_of(kept).c_str());
        test::set_variable(lines_variable, text_of(answers_).c_str());
        test::set_variable("VSMLRT_TEST_COMPILER", with_compiler ? VSMLRT_EMULATED : "nowhere/libnvrtc");
        EXPECT_EQ(test::Apart("ShippedApart.DISABLED_Builds").wait(), 0);
        Answer answer;
        std::ifstream stream(answers_ / "lines");
        for (std::string line; std::getline(stream, line);)
            if (line.starts_with("compiled: "))
                answer.compiled = std::stol(line.substr(10));
            else if (line.starts_with("failed: "))
                answer.failure = line.substr(8);
            else
                answer.lines.push_back(line);
        return answer;
    }

    fs::path kept_ = test::new_folder("cuda_shipped_kept");
    fs::path folder_ = test::new_folder("cuda_shipped");
    fs::path answers_ = test::new_folder("cuda_shipped_answers");
    Cubins all_;
};

constexpr const char *missing_compiler = "NVRTC, NVIDIA's run-time compiler, is missing; install it with: ";

TEST_F(Shipped, WhereAllAreThereNothingIsCompiledAndNoCompilerIsNeeded) {
    ship(all_);
    const Answer answer = build_apart(false);
    EXPECT_EQ(answer.failure, "");
    EXPECT_EQ(answer.compiled, 0);
    EXPECT_EQ(answer.lines_with("cuda: compiling "), 0);
    EXPECT_EQ(answer.lines_with("cuda: starting the compiler"), 0);
    EXPECT_EQ(
        answer.lines_with(text("cuda: 0 kernels compiled, 0 kept, ", all_.size(), " came with the package")),
        1);
}

TEST_F(Shipped, WhatIsMissingIsCompiledAndKept) {
    ship(most());
    const fs::path kept = answers_ / "kept";
    fs::create_directories(kept);
    const Answer answer = build_apart(true, kept);
    EXPECT_EQ(answer.failure, "");
    EXPECT_EQ(answer.compiled, 1);
    EXPECT_TRUE(KeptFolder(kept).cubin(all_.begin()->first));
    EXPECT_FALSE(KeptFolder(kept).cubin(all_.rbegin()->first));
    EXPECT_EQ(build_apart(false, kept).compiled, 0);
}

TEST_F(Shipped, WhereOneIsMissingAndThereIsNoCompilerTheSentenceSaysBoth) {
    ship(most());
    const Answer answer = build_apart(false);
    EXPECT_EQ(answer.failure.find(text("1 kernel of this network did not come with the package and must be "
                                       "compiled, and ",
                                       missing_compiler)),
              0U)
        << answer.failure;
}

TEST_F(Shipped, WithoutAFileOrACompilerThatIsWhatIsSaid) {
    const Answer answer = build_apart(false);
    EXPECT_EQ(answer.failure.find(missing_compiler), 0U) << answer.failure;
}

TEST_F(Shipped, KernelsOfOtherTextsAreNotTaken) {
    Cubins others;
    for (const auto &[hash, cubin] : all_)
        others[kernel_hash(hash)] = cubin;
    ship(others);
    const Answer answer = build_apart(true);
    EXPECT_EQ(answer.failure, "");
    EXPECT_EQ(answer.compiled, static_cast<long>(all_.size()));
}

TEST_F(Shipped, KernelsForANewerDriverAreNotTaken) {
    ship(all_, "NVRTC 14.1");
    EXPECT_EQ(build_apart(true).compiled, static_cast<long>(all_.size()));
    ship(all_, "NVRTC 12.9");
    EXPECT_EQ(build_apart(true).compiled, 0);
}

TEST_F(Shipped, AFileThatIsCutShortOrChangedCostsALine) {
    const auto damage = [&](const std::function<void()> &change) {
        ship(all_);
        change();
        const Answer answer = build_apart(true);
        EXPECT_EQ(answer.failure, "");
        EXPECT_EQ(answer.lines_with(text_of(file())), 1);
        return answer.compiled;
    };
    const auto put = [&](std::streamoff place) {
        std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(place);
        const int was = stream.get();
        stream.seekp(place);
        stream.put(static_cast<char>(was ^ 1));
    };
    const auto every = static_cast<long>(all_.size());
    const auto bytes = static_cast<std::streamoff>([&] {
        ship(all_);
        return fs::file_size(file());
    }());
    EXPECT_EQ(damage([&] { fs::resize_file(file(), 0); }), every);
    EXPECT_EQ(damage([&] { fs::resize_file(file(), 100); }), every);
    EXPECT_EQ(damage([&] { fs::resize_file(file(), static_cast<std::uintmax_t>(bytes) - 1); }), every);
    EXPECT_EQ(damage([&] { put(3); }), every);     // the version
    EXPECT_EQ(damage([&] { put(18); }), every);    // the list's bytes
    EXPECT_EQ(damage([&] { put(100); }), every);   // the list
    EXPECT_EQ(damage([&] { put(bytes - 1); }), 1); // a kernel
}

// As another file of the same structure: every name is another one, and every weight.
model::Network disguised(model::Network network) {
    const auto other = [](std::string &name) {
        if (!name.empty())
            name = "layer/of another file/" + name + "\n*/ \"";
    };
    for (model::Node &node : network.nodes) {
        other(node.name);
        for (std::string &name : node.inputs)
            other(name);
        for (std::string &name : node.outputs)
            other(name);
    }
    for (model::Value &value : network.inputs)
        other(value.name);
    for (model::Value &value : network.outputs)
        other(value.name);
    std::map<std::string, model::Tensor, std::less<>> renamed;
    for (auto &[key, tensor] : network.initializers) {
        constexpr std::int64_t most_of_a_parameter = 8; // scales, sizes
        if (tensor.type == Element::f32 && tensor.count() > most_of_a_parameter) {
            std::vector<float> values(tensor.as<float>().begin(), tensor.as<float>().end());
            for (float &value : values)
                value = 0.75F * value + 0.01F;
            tensor = model::make_tensor(tensor.name, tensor.dims, values);
        }
        other(tensor.name);
        renamed[tensor.name] = std::move(tensor);
    }
    network.initializers = std::move(renamed);
    return network;
}

// Of all kernels that a first frame waits for.
std::set<std::string> texts(const model::Network &network, int architecture, vsmlrt_extent size) {
    const test::HalfNetwork half(network, size);
    const graph::Graph graph = read_network(half.desc);
    const graph::Shape shape{1, graph.inputs[0].dims[1].size.value(), size.height, size.width};
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    Constants weights(device);
    const DeviceFacts facts{architecture, 132, 227 << 10, true};
    const Plan plan = make_plan(graph, graph::infer(graph, std::span(&shape, 1)), weights, device, facts, {});
    const std::vector<std::string> sources = sources_to_time(plan, {});
    return {sources.begin(), sources.end()};
}

TEST(KernelTexts, DependOnNoNameAndNoWeight) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const int architecture : {80, 90})
        for (const model::Network &network : {test::srvgg(64, 4), test::cunet(), test::rife_v4()}) {
            const std::set<std::string> found = texts(network, architecture, {128, 64});
            EXPECT_GT(found.size(), 3U);
            EXPECT_EQ(found, texts(disguised(network), architecture, {128, 64}));
        }
}

TEST(KernelTexts, DependOnNoSizeWhereAllSizesHaveTheSameRivals) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const model::Network &network : {test::srvgg(64, 4), test::cunet(), test::rife_v4()})
        EXPECT_EQ(texts(network, 80, {128, 64}), texts(network, 80, {96, 128}));
}

} // namespace
} // namespace vsmlrt::cuda
