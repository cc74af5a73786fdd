// From ONNX to the IR: what a graph says as text, what is folded, and how networks outside of it are refused.
#include "graph/lower.h"

#include "base/error.h"
#include "graph/infer.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

namespace vsmlrt::graph {
namespace {

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
