// Programs and contexts made, run and destroyed many times over, several at once: for the sanitizers.
#include "conformance/module.h"
#include "model/onnx.h"
#include "networks/families.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace vsmlrt::test {
namespace {

constexpr int cycles = 1000;

// Each thread makes programs of its own; in each, two contexts run at once.
void cycle(const vsmlrt_backend &backend, std::span<const std::byte> onnx, int count,
           std::atomic<int> &wrong) {
    ProgramOptions options;
    options.num_streams = 2;
    std::vector<Values> expected;
    for (int i = 0; i < count; ++i) {
        Program program(backend, onnx, options);
        Context one = program.context();
        Context other = program.context();
        std::vector<Values> results;
        std::thread parallel([&] { results = other.run_seeded({17, 13}, 5); });
        const std::vector<Values> own = one.run_seeded({17, 13}, 5);
        parallel.join();
        if (expected.empty())
            expected = own;
        wrong += difference(own, expected) != 0 || difference(results, expected) != 0;
    }
}

TEST(OnnxRuntimeCycles, ManyProgramsAtOnceComeAndGo) {
    const Opened opened = open_module(std::string(VSMLRT_MODULES) + "/libvsmlrt_onnxruntime.so");
    if (!opened.backend)
        GTEST_SKIP() << opened.reason;
    const std::vector<std::byte> onnx = model::write_onnx(srvgg(4, 2));
    constexpr int at_once = 3;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < at_once; ++i)
        threads.emplace_back([&] { cycle(*opened.backend, onnx, (cycles + at_once - 1) / at_once, wrong); });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(wrong.load(), 0);
}

} // namespace
} // namespace vsmlrt::test
