// Programs of ONNX Runtime on the CPU: options, precision, sizes.
#include "conformance/module.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/families.h"
#include "networks/nested.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>

namespace vsmlrt::test {
namespace {

class OnnxRuntime : public testing::Test {
protected:
    void SetUp() override {
        if (!opened().backend)
            GTEST_SKIP() << opened().reason;
    }
    [[nodiscard]] static const Opened &opened() {
        static const Opened once = open_module(std::string(VSMLRT_MODULES) + "/libvsmlrt_onnxruntime.so");
        return once;
    }
    [[nodiscard]] static const vsmlrt_backend &backend() { return *opened().backend; }
    [[nodiscard]] static std::string refusal(const ProgramOptions &options) {
        try {
            Program program(backend(), model::write_onnx(srvgg(4, 2)), options);
        } catch (const BadArgument &error) {
            return error.what();
        }
        return "accepted";
    }
};

TEST_F(OnnxRuntime, TakesSessionEntriesWithAndWithoutTheirPrefix) {
    ProgramOptions options;
    options.options = {{"session.intra_op.allow_spinning", "0"},
                       {"session.optimization.enable_gelu_approximation", "1"},
                       {"session.session.set_denormal_as_zero", "1"}};
    EXPECT_EQ(refusal(options), "accepted");
}

TEST_F(OnnxRuntime, TakesALogSeverityAndNoOtherWord) {
    ProgramOptions options;
    options.options = {{"session.log_severity_level", "4"}};
    EXPECT_EQ(refusal(options), "accepted");
    options.options = {{"session.log_severity_level", "loud"}};
    EXPECT_EQ(refusal(options),
              "session.log_severity_level must be 0 (verbose) to 4 (fatal), and is \"loud\"");
}

TEST_F(OnnxRuntime, NamesWhatIsAcceptedForAnUnknownOption) {
    ProgramOptions options;
    options.options = {{"session.no_such_entry", "1"}};
    EXPECT_EQ(
        refusal(options).rfind("ONNX Runtime's sessions have no entry \"no_such_entry\"; accepted are ", 0),
        0U);
    options.options = {{"provider.use_tf32", "1"}};
    EXPECT_EQ(refusal(options),
              "the device CPU of ONNX Runtime takes no provider options, and was given \"use_tf32\"");
    options.options = {{"use_tf32", "1"}};
    EXPECT_EQ(
        refusal(options).rfind("onnxruntime: there is no option \"use_tf32\"; accepted are session.KEY", 0),
        0U);
}

std::string refusal_of(const vsmlrt_backend &backend, const model::Network &network) {
    try {
        Program program(backend, model::write_onnx(network), ProgramOptions());
    } catch (const Unsupported &error) {
        return error.what();
    }
    return "accepted";
}

model::Network pooled(const char *op, const char *auto_pad, std::int64_t dilation) {
    Builder b(19);
    Attributes attributes = {{"kernel_shape", ints({3, 3})}, {"dilations", ints({dilation, dilation})}};
    attributes["auto_pad"] = std::string(auto_pad);
    b.output(b.node(op, {b.input(3)}, attributes));
    return b.network();
}

model::Network resized(std::vector<std::int64_t> axes) {
    Builder b(18);
    b.output(b.node("Resize", {b.input(3), "", b.constant({2}, {2, 0.5F})},
                    {{"mode", std::string("linear")}, {"axes", ints(std::move(axes))}}));
    return b.network();
}

// What it computes otherwise than ONNX states (the conformance suite's tables), and the same without that.
TEST_F(OnnxRuntime, RefusesDilatedPoolsThatKeepTheSize) {
    for (const char *op : {"MaxPool", "AveragePool"}) {
        for (const char *same : {"SAME_UPPER", "SAME_LOWER"}) {
            const std::string message = refusal_of(backend(), pooled(op, same, 2));
            EXPECT_EQ(message,
                      std::string(op) + " \"" + op +
                          "_0\": ONNX Runtime leaves dilations out where auto_pad keeps the size; state "
                          "pads instead, or use the openvino backend");
            EXPECT_EQ(refusal_of(backend(), pooled(op, same, 1)), "accepted");
        }
        EXPECT_EQ(refusal_of(backend(), pooled(op, "VALID", 2)), "accepted");
    }
}

TEST_F(OnnxRuntime, RefusesNegativeAxesOfAResize) {
    for (const std::vector<std::int64_t> &axes : {std::vector<std::int64_t>{-2, -1}, {2, -1}, {-1, -2}}) {
        const std::string message = refusal_of(backend(), resized(axes));
        EXPECT_EQ(message,
                  "Resize \"Resize_0\": ONNX Runtime reads negative axes of a Resize as others; count them "
                  "from the first, or use the openvino backend");
    }
    EXPECT_EQ(refusal_of(backend(), resized({2, 3})), "accepted");
}

TEST_F(OnnxRuntime, RefusesThemInsideOfControlFlowAndFunctions) {
    model::Network branches = pooled("MaxPool", "VALID", 1);
    branches.initializers["condition"] = {
        "condition", Element::boolean, {}, std::make_shared<std::vector<std::byte>>(1)};
    const model::Network inner = pooled("AveragePool", "SAME_UPPER", 2);
    branches.nodes.push_back({"choose",
                              "If",
                              "",
                              {"condition"},
                              {"chosen"},
                              {{"then_branch", graph_attribute("then_branch", inner)},
                               {"else_branch", graph_attribute("else_branch", inner)}}});
    EXPECT_EQ(refusal_of(backend(), branches).rfind("AveragePool \"AveragePool_0\" in If \"choose\": ", 0),
              0U);

    model::Network calls = pooled("MaxPool", "VALID", 1);
    calls.domains["mine"] = 1;
    calls.functions.push_back(function_of("mine", "Pool", inner));
    calls.nodes.push_back({"call", "Pool", "mine", {calls.outputs[0].name}, {"pooled"}, {}});
    EXPECT_EQ(refusal_of(backend(), calls)
                  .rfind("AveragePool \"AveragePool_0\" in the function of Pool \"call\": ", 0),
              0U);
}

TEST_F(OnnxRuntime, SaysWhichPrecisionItReallyUses) {
    const model::Network network = srvgg(4, 2);
    ProgramOptions options;
    for (const vsmlrt_precision asked :
         {VSMLRT_PRECISION_FP32, VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16}) {
        options.precision = asked;
        EXPECT_EQ(Program(backend(), model::write_onnx(network), options).info().precision,
                  VSMLRT_PRECISION_FP32);
    }
    options.precision = VSMLRT_PRECISION_FP32;
    const std::vector<std::byte> half = model::write_onnx(model::to_half(network));
    EXPECT_EQ(Program(backend(), half, options).info().precision, VSMLRT_PRECISION_FP16);
}

TEST_F(OnnxRuntime, TakesAndGivesHalfTensorsAsTheyAreTyped) {
    const model::Network network = srvgg(4, 2);
    Program whole(backend(), model::write_onnx(network), {});
    const auto typed = model::set_io_type(network, Element::f16, Element::f16);
    Program half(backend(), model::write_onnx(typed), {});
    const std::vector<Values> expected = whole.context().run_seeded({24, 16}, 4);
    Context context = half.context();
    EXPECT_LT(difference(context.run_seeded({24, 16}, 4), expected), 2e-3);
    EXPECT_EQ(context.inputs().front().type, VSMLRT_FLOAT16);
    EXPECT_EQ(context.outputs().front().type, VSMLRT_FLOAT16);
}

TEST_F(OnnxRuntime, KnowsWhatAContextTakes) {
    ProgramOptions options;
    options.smallest = options.largest = {64, 48};
    const std::int64_t small = Program(backend(), model::write_onnx(srvgg()), options).info().context_bytes;
    options.largest = {128, 96};
    const std::int64_t large = Program(backend(), model::write_onnx(srvgg()), options).info().context_bytes;
    const std::int64_t ends = 4LL * 64 * 48 * (3 + 3 * 16);
    EXPECT_GT(small, ends);
    EXPECT_NEAR(static_cast<double>(large), 4.0 * static_cast<double>(small),
                0.01 * static_cast<double>(large));
}

TEST_F(OnnxRuntime, HasNoProgramToStoreOnTheCpu) {
    Program program(backend(), model::write_onnx(srvgg(4, 2)), {});
    EXPECT_EQ(program.info().blob_worth_caching, 0);
    EXPECT_THROW(static_cast<void>(program.blob()), Unsupported);
}

TEST_F(OnnxRuntime, OneProgramGivesAtFortySizesWhatStaticOnesGive) {
    const std::vector<std::byte> onnx = model::write_onnx(srvgg(8, 4));
    ProgramOptions range;
    range.smallest = {16, 16};
    range.largest = {55, 94};
    Program dynamic(backend(), onnx, range);
    Context context = dynamic.context();
    for (int i = 0; i < 40; ++i) {
        const vsmlrt_extent extent = {16 + i, 94 - 2 * i};
        Program fixed(backend(), onnx, {extent, extent});
        EXPECT_LE(difference(context.run_seeded(extent, 7), fixed.context().run_seeded(extent, 7)), 1e-5)
            << extent.width << "x" << extent.height;
    }
}

} // namespace
} // namespace vsmlrt::test
