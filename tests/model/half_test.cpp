#include "base/error.h"
#include "model/edit.h"
#include "model/types.h"
#include "networks.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using namespace test;
using Operators = std::vector<std::string>;

Element input_type(const Network &network, const Node &each, std::size_t index) {
    return infer_types(network).at(each.inputs.at(index));
}

// No node but a Cast may take both fp16 and fp32 data, and no Cast follows a Cast.
void expect_consistent(const Network &network) {
    const Types types = infer_types(network);
    for (const Node &each : network.nodes) {
        if (each.op == "Cast") {
            for (const Node &other : network.nodes)
                EXPECT_FALSE(other.op == "Cast" && other.outputs[0] == each.inputs[0]) << each.label();
            continue;
        }
        if (each.op == "Resize")
            continue; // its scales are of their own type
        std::set<Element> kinds;
        for (const std::string &input : each.inputs)
            if (!input.empty() && is_floating(types.at(input)))
                kinds.insert(types.at(input));
        EXPECT_LE(kinds.size(), 1U) << each.label();
    }
    for (const Value &output : network.outputs)
        EXPECT_EQ(types.at(output.name), output.type);
}

TEST(Half, AConvNetworkHasCastsAtItsEndsOnly) {
    const Network half = to_half(conv_relu());
    EXPECT_EQ(operators(half), (Operators{"Cast", "Conv", "Relu", "Cast"}));
    expect_consistent(half);
    EXPECT_EQ(half.inputs[0].type, Element::f32);
    const Node &conv = half.nodes[1];
    EXPECT_EQ(half.initializers.size(), 2U);
    const Tensor &weight = half.initializers.at(conv.inputs[1]);
    EXPECT_EQ(weight.type, Element::f16);
    EXPECT_EQ(weight.as<std::uint16_t>()[1], float_to_half(-1.25F));
    EXPECT_EQ(weight.as<std::uint16_t>()[3], float_to_half(0.1F));
}

TEST(Half, WithHalfEndsNoCastIsLeft) {
    const Network half = set_io_type(to_half(conv_relu()), Element::f16, Element::f16);
    EXPECT_EQ(operators(half), (Operators{"Conv", "Relu"}));
    EXPECT_EQ(half.nodes.back().outputs[0], "y");
    expect_consistent(half);
}

TEST(Half, AHalfNetworkComesBackUnchanged) {
    const Network half = to_half(conv_relu());
    EXPECT_EQ(operators(to_half(half)), operators(half));
    EXPECT_EQ(operators(set_io_type(to_half(half), Element::f16, Element::f16)), (Operators{"Conv", "Relu"}));
}

TEST(Half, AnOutputThatOthersUseStaysHalfInside) {
    Network network = conv_relu();
    network.outputs.push_back(image("c", 2));
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(input_type(half, producer(half, "c"), 0), Element::f16);
}

TEST(Half, WeightsBeyondHalfKeepTheirConsumerInFull) {
    Network network = conv_relu();
    add_floats(network, "bias", {2}, {1e6F, 0});
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(input_type(half, half.nodes[0], 0), Element::f32);
    EXPECT_EQ(half.nodes[0].op, "Conv");
}

TEST(Half, ClipBoundsBeyondHalfBecomeInfinite) {
    Network network = conv_relu();
    add_floats(network, "low", {}, {0});
    add_floats(network, "high", {}, {3.4e38F});
    network.nodes[1] = node("Clip", {"c", "low", "high"}, {"y"});
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(half.nodes[2].op, "Clip");
    EXPECT_EQ(half.initializers.at(half.nodes[2].inputs[2]).as<std::uint16_t>()[0], 0x7c00);
}

TEST(Half, AnEpsilonDoesNotVanish) {
    Network network = conv_relu();
    add_floats(network, "epsilon", {}, {1e-12F});
    network.nodes[1] = node("Add", {"c", "epsilon"}, {"y"});
    const Network half = to_half(network);
    EXPECT_EQ(half.initializers.at(half.nodes[2].inputs[1]).as<std::uint16_t>()[0], 1);
}

TEST(Half, ResizeScalesStayInFull) {
    Network network = conv_relu();
    add_floats(network, "scales", {4}, {1, 1, 2, 2});
    network.nodes[1] = node("Resize", {"c", "", "scales"}, {"y"});
    const Network half = to_half(network);
    const Node &resize = half.nodes[2];
    EXPECT_EQ(resize.op, "Resize");
    EXPECT_EQ(resize.inputs[1], "");
    EXPECT_EQ(input_type(half, resize, 0), Element::f16);
    EXPECT_EQ(input_type(half, resize, 2), Element::f32);
}

// Celu has no float16 in any opset, whatever is kept.
TEST(Half, AnOperatorWithoutFloat16StaysInFull) {
    Network network = conv_relu();
    network.nodes[1] = node("Celu", {"c"}, {"y"});
    HalfOptions options;
    options.keep.clear();
    const Network half = to_half(network, options);
    expect_consistent(half);
    EXPECT_EQ(input_type(half, producer(half, "y"), 0), Element::f32);
}

// Exporters name a node as they like, as its value for one; ONNX Runtime takes no two nodes of one name.
TEST(Half, NoTwoNodesHaveOneName) {
    Network network = conv_relu();
    for (Node &each : network.nodes)
        each.name = each.outputs[0];
    std::set<std::string> names;
    for (const Node &each : to_half(network).nodes)
        EXPECT_TRUE(each.name.empty() || names.insert(each.name).second) << each.name;
}

// Flow from a Conv goes through arithmetic into a grid, and into another Conv.
Network warp() {
    Network network = conv_relu();
    add_floats(network, "step", {}, {0.01F});
    add_floats(network, "base", {1, 1, 1, 2}, {0.5F, 0.5F});
    Node transpose = node("Transpose", {"scaled"}, {"moved"});
    transpose.attributes["perm"] = std::vector<std::int64_t>{0, 2, 3, 1};
    network.nodes = {node("Conv", {"x", "weight", "bias"}, {"flow"}),
                     node("Mul", {"flow", "step"}, {"scaled"}),
                     transpose,
                     node("Add", {"moved", "base"}, {"grid"}),
                     node("GridSample", {"x", "grid"}, {"warped"}),
                     node("Conv", {"scaled", "weight", "bias"}, {"again"}),
                     node("Add", {"warped", "again"}, {"y"})};
    return network;
}

TEST(Half, FlowStaysInFullUpToTheConvolution) {
    const Network half = to_half(warp());
    expect_consistent(half);
    for (const char *value : {"scaled", "moved", "grid", "warped"})
        EXPECT_EQ(infer_types(half).at(value), Element::f32) << value;
    EXPECT_EQ(infer_types(half).at("flow"), Element::f16);
    EXPECT_EQ(infer_types(half).at("again"), Element::f16);
}

TEST(Half, WithNothingKeptEverythingIsHalf) {
    const Network half = to_half(warp(), {.keep = {}});
    expect_consistent(half);
    for (const char *value : {"flow", "scaled", "moved", "grid", "warped", "again"})
        EXPECT_EQ(infer_types(half).at(value), Element::f16) << value;
}

TEST(Half, SizesAreComputedInFull) {
    Network network = conv_relu();
    add_floats(network, "factor", {}, {1.5F});
    Node cast = node("Cast", {"shape"}, {"real"});
    cast.attributes["to"] = std::int64_t{1};
    Node back = node("Cast", {"scaled"}, {"sizes"});
    back.attributes["to"] = std::int64_t{7};
    network.nodes[1] = node("Shape", {"c"}, {"shape"});
    network.nodes.insert(network.nodes.end(), {cast, node("Mul", {"real", "factor"}, {"scaled"}), back,
                                               node("Resize", {"c", "", "", "sizes"}, {"y"})});
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(infer_types(half).at("scaled"), Element::f32);
    EXPECT_EQ(operators(half), (Operators{"Cast", "Conv", "Shape", "Cast", "Mul", "Cast", "Resize", "Cast"}));
}

TEST(Half, AConversionThatFeedsHalfGoesThereDirectly) {
    Network network = conv_relu();
    network.inputs.push_back({"mask", Element::boolean, true, image("m", 2).dims});
    Node cast = node("Cast", {"mask"}, {"real"});
    cast.attributes["to"] = std::int64_t{1};
    network.nodes[1] = cast;
    network.nodes.push_back(node("Mul", {"c", "real"}, {"y"}));
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(operators(half), (Operators{"Cast", "Conv", "Cast", "Mul", "Cast"}));
    EXPECT_EQ(half.nodes[2].inputs[0], "mask");
    EXPECT_EQ(half.nodes[2].integer("to", 0), 10);
}

TEST(Half, ConstantsAndFillsAreConverted) {
    Network network = conv_relu();
    Node constant = node("Constant", {}, {"half_way"});
    constant.attributes["value_float"] = 0.5F;
    network.nodes = {node("Conv", {"x", "weight", "bias"}, {"c"}),
                     constant,
                     node("Shape", {"c"}, {"shape"}),
                     node("ConstantOfShape", {"shape"}, {"zeros"}),
                     node("Add", {"c", "zeros"}, {"s"}),
                     node("Mul", {"s", "half_way"}, {"y"})};
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(operators(half), (Operators{"Cast", "Conv", "Shape", "ConstantOfShape", "Add", "Mul", "Cast"}));
    EXPECT_EQ(producer(half, "zeros").tensor("value")->type, Element::f16);
}

TEST(Half, ReductionsStayInFullAndIntegersAreUntouched) {
    Network network = conv_relu();
    add_integers(network, "axes", {2, 3});
    network.nodes[1] = node("ReduceMean", {"c", "axes"}, {"mean"});
    network.nodes.push_back(node("Mul", {"c", "mean"}, {"y"}));
    const Network half = to_half(network);
    expect_consistent(half);
    EXPECT_EQ(infer_types(half).at("mean"), Element::f32);
    EXPECT_EQ(half.initializers.at("axes").type, Element::i64);
}

TEST(Half, QuantizedNetworksAreTakenAsTheyAre) {
    Network network = conv_relu();
    network.nodes[1] = node("QuantizeLinear", {"c", "bias"}, {"y"});
    EXPECT_EQ(operators(to_half(network)), (Operators{"Conv", "QuantizeLinear"}));
}

TEST(Half, SequencesAreRefused) {
    Network network = conv_relu();
    network.nodes[1] = node("SplitToSequence", {"c"}, {"y"});
    EXPECT_THROW((void)to_half(network), Unsupported);
}

} // namespace
} // namespace vsmlrt::model
