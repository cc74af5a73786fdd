// The precision that is reported is the one that is computed in, whatever was asked for.
#include "backends/onnxruntime/precision_probe.h"

#include "backends/onnxruntime/child.h"
#include "base/log.h"
#include "conformance/module.h"
#include "engine/registry.h"
#include "engine/session.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/families.h"
#include "tensor/half.h"

#include <algorithm>
#include <bit>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <thread>

namespace vsmlrt::test {
namespace {

// What the probe says of a device that rounds every value so.
vsmlrt_precision probed(const interpreter::Rounding &rounding) {
    const graph::Graph graph = graph::lower(ort::probe_network());
    const graph::Shape shapes[] = {{std::begin(ort::picture_dims), std::end(ort::picture_dims)}};
    interpreter::Interpreter interpreter(graph, shapes, rounding);
    const std::vector<float> picture = ort::probe_picture();
    std::vector<float> results[] = {std::vector<float>(picture.size()), std::vector<float>(picture.size())};
    const std::byte *const in[] = {reinterpret_cast<const std::byte *>(picture.data())};
    std::byte *const out[] = {reinterpret_cast<std::byte *>(results[0].data()),
                              reinterpret_cast<std::byte *>(results[1].data())};
    interpreter.run(in, out);
    return ort::judge_probe(results[0], results[1]);
}

float to_bf16(float value) {
    return bfloat_to_float(float_to_bfloat(value));
}

float to_fp16(float value) {
    return half_to_float(float_to_half(value));
}

// The last 13 of 23 bits away, to the nearest.
float to_tf32(float value) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0x1000U) & ~0x1fffU);
}

float to_tf32_by_truncation(float value) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & ~0x1fffU);
}

TEST(PrecisionProbe, TellsPrecisionsApart) {
    EXPECT_EQ(probed({}), VSMLRT_PRECISION_FP32);
    EXPECT_EQ(probed(to_tf32), VSMLRT_PRECISION_TF32);
    EXPECT_EQ(probed(to_tf32_by_truncation), VSMLRT_PRECISION_TF32);
    EXPECT_EQ(probed(to_fp16), VSMLRT_PRECISION_FP16);
    EXPECT_EQ(probed(to_bf16), VSMLRT_PRECISION_BF16);
}

// One rounded value among exact ones is enough: pictures, weights, what lies between layers.
TEST(PrecisionProbe, FindsWhatRoundsInPartsOnly) {
    for (const int part : {0, 1, 2}) {
        int calls = 0;
        const auto some = [&](float value) { return calls++ % 3 == part ? to_bf16(value) : value; };
        EXPECT_NE(probed(some), VSMLRT_PRECISION_FP32) << part;
    }
}

std::string library_of_wheel() {
    return in_child({}, [] {
        const Opened opened = open_backend();
        return opened.backend ? opened_library().string() : "cannot run: " + opened.reason;
    });
}

// A process with the provider of rounding_library.cpp.
class RoundingProvider : public testing::Test {
protected:
    void SetUp() override {
        library_ = library_of_wheel();
        if (library_.starts_with("cannot run"))
            GTEST_SKIP() << library_;
    }

    [[nodiscard]] std::string with(const std::string &rounds_to,
                                   const std::function<std::string()> &body) const {
        return in_child({{"VSMLRT_TEST_LIBRARY", library_},
                         {"VSMLRT_TEST_ROUNDS_TO", rounds_to},
                         {"VSMLRT_ONNXRUNTIME", VSMLRT_FAKES "/librounding_library.so"}},
                        body);
    }

    static int num_sessions() {
        void *const handle = ::dlopen(VSMLRT_FAKES "/librounding_library.so", RTLD_NOW | RTLD_NOLOAD);
        return reinterpret_cast<int (*)()>(::dlsym(handle, "vsmlrt_test_sessions"))();
    }

    // "bf16 far": what is reported, and whether the result is what fp32 gives.
    static std::string judged(vsmlrt_precision asked, const std::vector<vsmlrt_option> &given = {}) {
        const Opened opened = open_backend();
        if (!opened.backend)
            return opened.reason;
        const std::vector<std::byte> onnx = model::write_onnx(srvgg(8, 3));
        ProgramOptions options;
        Program exact(*opened.backend, onnx, options);
        options.device = "MIGraphX.0";
        options.precision = asked;
        options.options = given;
        Program program(*opened.backend, onnx, options);
        const double apart =
            difference(program.context().run_seeded({24, 16}, 3), exact.context().run_seeded({24, 16}, 3));
        return text(engine::precision_name(program.info().precision), apart < 1e-5 ? " same" : " far");
    }

private:
    std::string library_;
};

TEST_F(RoundingProvider, IsFoundOutWhateverItWasAskedFor) {
    for (const auto asked : {VSMLRT_PRECISION_FP32, VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16}) {
        EXPECT_EQ(with("bf16", [&] { return judged(asked); }), "bf16 far");
        EXPECT_EQ(with("fp16", [&] { return judged(asked); }), "fp16 far");
    }
}

TEST_F(RoundingProvider, IsAskedByItsOwnSwitchAndAnOptionOfTheCallerWins) {
    EXPECT_EQ(with("as asked", [] { return judged(VSMLRT_PRECISION_FP32); }), "fp32 same");
    EXPECT_EQ(with("as asked", [] { return judged(VSMLRT_PRECISION_BF16); }), "bf16 far");
    EXPECT_EQ(with("as asked",
                   [] {
                       return judged(VSMLRT_PRECISION_FP32, {{"provider.migraphx_bf16_enable", "1"}});
                   }),
              "bf16 far");
    EXPECT_EQ(with("as asked",
                   [] {
                       return judged(VSMLRT_PRECISION_BF16, {{"provider.migraphx_bf16_enable", "0"}});
                   }),
              "fp32 same");
}

TEST_F(RoundingProvider, HalfNetworksInBf16AreFoundOutToo) {
    const auto judge = [] {
        const Opened opened = open_backend();
        ProgramOptions options;
        options.device = "MIGraphX.0";
        const Program program(*opened.backend, model::write_onnx(model::to_half(srvgg(8, 3))), options);
        return std::string(engine::precision_name(program.info().precision));
    };
    EXPECT_EQ(with("bf16", judge), "bf16");
    EXPECT_EQ(with("fp16", judge), "fp16");
    EXPECT_EQ(with("as asked", judge), "fp16");
}

// Programs of several threads at once: one session each, and one for the measurement of each precision.
TEST_F(RoundingProvider, IsMeasuredOnceADeviceAndPrecision) {
    const auto count = [] {
        const Opened opened = open_backend();
        const std::vector<std::byte> onnx = model::write_onnx(srvgg(4, 2));
        std::vector<std::thread> threads;
        for (int i = 0; i < 6; ++i)
            threads.emplace_back([&, i] {
                ProgramOptions options;
                options.device = "MIGraphX.0";
                options.precision = i % 2 == 0 ? VSMLRT_PRECISION_FP32 : VSMLRT_PRECISION_BF16;
                const Program program(*opened.backend, onnx, options);
            });
        for (std::thread &thread : threads)
            thread.join();
        return std::to_string(num_sessions());
    };
    EXPECT_EQ(with("bf16", count), "8");
}

// A person reads it: in the summary, and once in the log.
TEST_F(RoundingProvider, IsNamedInTheSummaryAndOnceInTheLog) {
    const auto say = [] {
        std::string lines;
        set_log_sink([&](LogLevel level, const std::string &line) {
            if (level == LogLevel::warning)
                lines += line + "\n";
        });
        engine::set_module_folder(modules_folder());
        engine::SessionOptions options;
        options.backend = "onnxruntime";
        options.device = "MIGraphX.0";
        options.program.precision = VSMLRT_PRECISION_FP32;
        const engine::OpenedNetwork network = engine::open_network(model::write_onnx(srvgg(4, 2)), "srvgg");
        const engine::Session first(network, options, {24, 16});
        const engine::Session second(network, options, {24, 16});
        return lines + second.summary();
    };
    const std::string said = with("bf16", say);
    EXPECT_TRUE(said.starts_with("MIGraphX computes in bf16, not in fp32 as asked\nsrvgg on onnxruntime "
                                 "MIGraphX.0 (MIGraphX) in bf16, "))
        << said;
}

} // namespace
} // namespace vsmlrt::test
