// From ONNX to the IR: what a graph says as text, what is folded, and how networks outside of it are refused.
#include "graph/lower.h"

#include "base/error.h"
#include "graph/infer.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

namespace vsmlrt::graph {
namespace {

using test::Attributes;
using test::Builder;
using test::ints;
using test::Name;

TEST(Lower, DescribesTheNetworkLineByLine) {
    Builder b;
    const Name x = b.input(3);
    b.output(b.node("Relu", {b.conv(x, 3, 8)}));
    const Graph graph = lower(b.network());
    ASSERT_EQ(graph.nodes.size(), 2U);
    const std::string lines = describe(graph);
    EXPECT_EQ(lines.rfind("Conv (", 0), 0U) << lines;
    EXPECT_NE(lines.find("\nRelu ("), std::string::npos) << lines;
}

TEST(Lower, FoldsWhatSizesDoNotDecideAndDropsWhatNobodyReads) {
    Builder b;
    const Name x = b.input(3);
    const Name sum = b.node("Add", {b.real(2), b.real(3)});
    static_cast<void>(b.node("Sigmoid", {x}));
    b.output(b.node("Mul", {x, sum}));
    const Graph graph = lower(b.network());
    ASSERT_EQ(graph.nodes.size(), 1U) << describe(graph);
    const Value &factor = graph.values[static_cast<std::size_t>(graph.nodes[0].inputs[1])];
    ASSERT_TRUE(factor.constant.has_value());
    EXPECT_EQ(factor.constant->as<float>()[0], 5.0F);
}

TEST(Lower, ComputedSizesAreFoldedAtOneSize) {
    Builder b;
    const Name x = b.input(3);
    const Name sizes = b.node("Shape", {x});
    b.output(b.node("Reshape", {x, b.node("Mul", {sizes, b.integers({1, 1, 1, 1})})}));
    const Graph graph = lower(b.network());
    const Shape picture{1, 3, 5, 7};
    const Shapes shapes = infer(graph, std::span(&picture, 1));
    EXPECT_EQ(shapes.dims[static_cast<std::size_t>(graph.outputs[0])], picture);
}

template <typename Exception>
std::string refusal(const Builder &b) {
    try {
        static_cast<void>(lower(b.network()));
    } catch (const Exception &error) {
        return error.what();
    }
    return "(accepted)";
}

TEST(Lower, NamesTheOperatorThatIsOutside) {
    Builder b;
    b.output(b.node("NonMaxSuppression", {b.input(3)}));
    const std::string message = refusal<Unsupported>(b);
    EXPECT_NE(message.find("NonMaxSuppression"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(Lower, NamesTheAttributeThatIsWrong) {
    Builder b;
    b.output(b.node("Conv", {b.input(3), b.weights({3, 3, 3, 3})}, {{"strides", ints({0, 1})}}));
    EXPECT_NE(refusal<BadModel>(b).find("strides"), std::string::npos) << refusal<BadModel>(b);
}

// Nothing that a network states may be left out in silence: each operator of the IR with an attribute, and an
// operand, that it does not have.
TEST(Lower, NamesTheAttributeThatNobodyReads) {
    const auto with_one_more = [](const char *op, std::size_t operands, Attributes attributes) {
        Builder b(18);
        attributes["shear"] = std::int64_t{1};
        const std::vector<Name> inputs(operands, b.input(4));
        b.output(b.node(op, inputs, attributes));
        return refusal<BadModel>(b);
    };
    const Attributes none;
    const Attributes kernel{{"kernel_shape", ints({3, 3})}};
    const Attributes block{{"blocksize", std::int64_t{2}}};
    const Attributes to{{"to", std::int64_t{10}}};
    const std::tuple<const char *, std::size_t, Attributes> operators[] = {{"Relu", 1, none},
                                                                           {"LeakyRelu", 1, none},
                                                                           {"Add", 2, none},
                                                                           {"Mod", 2, none},
                                                                           {"Pow", 2, none},
                                                                           {"PRelu", 2, none},
                                                                           {"Sum", 3, none},
                                                                           {"Mean", 3, none},
                                                                           {"Clip", 1, none},
                                                                           {"Where", 3, none},
                                                                           {"Cast", 1, to},
                                                                           {"Identity", 1, none},
                                                                           {"Dropout", 1, none},
                                                                           {"Conv", 2, none},
                                                                           {"ConvTranspose", 2, none},
                                                                           {"MaxPool", 1, kernel},
                                                                           {"AveragePool", 1, kernel},
                                                                           {"GlobalAveragePool", 1, none},
                                                                           {"ReduceSum", 1, none},
                                                                           {"MatMul", 2, none},
                                                                           {"Gemm", 2, none},
                                                                           {"Softmax", 1, none},
                                                                           {"LogSoftmax", 1, none},
                                                                           {"BatchNormalization", 5, none},
                                                                           {"GridSample", 2, none},
                                                                           {"InstanceNormalization", 3, none},
                                                                           {"Concat", 2, none},
                                                                           {"LayerNormalization", 2, none},
                                                                           {"Split", 1, none},
                                                                           {"GroupNormalization", 3, none},
                                                                           {"Slice", 3, none},
                                                                           {"Pad", 2, none},
                                                                           {"Resize", 3, none},
                                                                           {"DepthToSpace", 1, block},
                                                                           {"SpaceToDepth", 1, block},
                                                                           {"Transpose", 1, none},
                                                                           {"Reshape", 2, none},
                                                                           {"Flatten", 1, none},
                                                                           {"Squeeze", 1, none},
                                                                           {"Unsqueeze", 2, none},
                                                                           {"Expand", 2, none},
                                                                           {"Tile", 2, none},
                                                                           {"Gather", 2, none},
                                                                           {"Shape", 1, none},
                                                                           {"Size", 1, none},
                                                                           {"ConstantOfShape", 1, none},
                                                                           {"Range", 3, none}};
    for (const auto &[op, operands, attributes] : operators) {
        const std::string message = with_one_more(op, operands, attributes);
        EXPECT_NE(message.find("\"shear\""), std::string::npos) << op << ": " << message;
        EXPECT_NE(message.find(op), std::string::npos) << message;
    }
}

TEST(Lower, NamesTheOperandThatNobodyReads) {
    Builder b;
    const Name x = b.input(3);
    b.output(b.node("Relu", {x, x}));
    EXPECT_NE(refusal<BadModel>(b).find("input 1"), std::string::npos) << refusal<BadModel>(b);
}

TEST(Lower, RefusesWhatOnlyTrainingComputes) {
    Builder dropout;
    dropout.output(dropout.node("Dropout", {dropout.input(3), dropout.real(0.5F), dropout.truths({}, {1})}));
    EXPECT_NE(refusal<Unsupported>(dropout).find("training"), std::string::npos);
    Builder normal;
    const Name each = normal.random({3}, 0.5F, 1.5F);
    normal.output(normal.node("BatchNormalization", {normal.input(3), each, each, each, each},
                              {{"training_mode", std::int64_t{1}}}));
    EXPECT_NE(refusal<Unsupported>(normal).find("training"), std::string::npos);
}

TEST(Infer, WeightsAreWhatTheirAttributeStates) {
    Builder b;
    b.output(b.node("Conv", {b.input(3), b.weights({3, 3, 3, 3})}, {{"kernel_shape", ints({5, 5})}}));
    const Graph graph = lower(b.network());
    const Shape picture{1, 3, 8, 8};
    EXPECT_THROW(static_cast<void>(infer(graph, std::span(&picture, 1))), BadModel);
}

// The processor ends the process over such a division, whatever the width: a backend must not get to see it.
TEST(Lower, RefusesADivisionThatHasNoResult) {
    const auto quotient = [](std::int64_t a, std::int64_t b, std::int64_t type, const char *op) {
        Builder builder;
        const Name x = builder.input(3);
        const auto typed = [&](std::int64_t value) {
            return builder.node("Cast", {builder.integer(value)}, {{"to", type}});
        };
        const Name result = builder.node(op, {typed(a), typed(b)});
        builder.output(builder.node("Mul", {x, builder.node("Cast", {result}, {{"to", std::int64_t{1}}})}));
        static_cast<void>(lower(builder.network()));
    };
    constexpr std::int64_t int32 = 6;
    constexpr std::int64_t int64 = 7;
    for (const char *op : {"Div", "Mod"}) {
        EXPECT_NO_THROW(quotient(INT32_MIN + 1, -1, int32, op));
        EXPECT_THROW(quotient(INT32_MIN, -1, int32, op), BadModel);
        EXPECT_THROW(quotient(INT64_MIN, -1, int64, op), BadModel);
        EXPECT_THROW(quotient(7, 0, int32, op), BadModel);
        EXPECT_THROW(quotient(7, 0, int64, op), BadModel);
    }
}

TEST(Infer, NamesTheNodeWhoseOperandsDoNotFit) {
    Builder b;
    const Name x = b.input(3);
    b.output(b.node("Conv", {x, b.weights({8, 5, 3, 3})}));
    const Graph graph = lower(b.network());
    const Shape picture{1, 3, 8, 8};
    try {
        static_cast<void>(infer(graph, std::span(&picture, 1)));
        FAIL() << "accepted";
    } catch (const BadModel &error) {
        EXPECT_NE(std::string(error.what()).find("Conv"), std::string::npos) << error.what();
    }
}

} // namespace
} // namespace vsmlrt::graph
