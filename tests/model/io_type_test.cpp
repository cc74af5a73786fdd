#include "base/error.h"
#include "model/edit.h"
#include "networks.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using namespace test;
using Operators = std::vector<std::string>;

TEST(IoType, OnlyTheEndsChange) {
    const Network half = set_io_type(conv_relu(), Element::f16, Element::f16);
    EXPECT_EQ(operators(half), (Operators{"Cast", "Conv", "Relu", "Cast"}));
    EXPECT_EQ(half.inputs[0].type, Element::f16);
    EXPECT_EQ(half.outputs[0].type, Element::f16);
    EXPECT_EQ(half.inputs[0].name, "x");
    EXPECT_EQ(half.outputs[0].name, "y");
    EXPECT_EQ(half.initializers.at("weight").type, Element::f32);
}

TEST(IoType, ThereAndBackIsTheSameNetwork) {
    const Network back =
        set_io_type(set_io_type(conv_relu(), Element::f16, Element::f16), Element::f32, Element::f32);
    EXPECT_EQ(operators(back).front(), "Cast"); // a rounding to half that someone asked for stays
    const Network wide = set_io_type(set_io_type(to_half(conv_relu()), Element::f32, Element::f32),
                                     Element::f16, Element::f16);
    EXPECT_EQ(operators(wide), (Operators{"Conv", "Relu"}));
}

TEST(IoType, IntegersStay) {
    Network network = conv_relu();
    network.inputs.push_back({"count", Element::i64, true, {}});
    EXPECT_EQ(set_io_type(network, Element::f16, Element::f32).inputs[1].type, Element::i64);
}

TEST(IoType, AnInitializerAsOutputIsCast) {
    Network network = conv_relu();
    network.outputs.push_back({"bias", Element::f32, true, {{2, {}}}});
    const Network half = set_io_type(network, Element::f32, Element::f16);
    EXPECT_EQ(producer(half, "bias").op, "Cast");
    EXPECT_EQ(producer(half, "bias").inputs[0], "bias_float32");
    EXPECT_TRUE(half.initializers.contains("bias_float32"));
}

TEST(IoType, AnInputThatIsAnOutputIsRefused) {
    Network network = conv_relu();
    network.outputs.push_back(network.inputs.front());
    EXPECT_THROW((void)set_io_type(network, Element::f16, Element::f16), Unsupported);
}

TEST(IoType, EndsThatAreRoundedAnywayAreNarrowed) {
    const Network half = narrow_ends(to_half(conv_relu()), true, true);
    EXPECT_EQ(operators(half), (Operators{"Conv", "Relu"}));
    EXPECT_EQ(half.inputs[0].type, Element::f16);
    EXPECT_EQ(half.outputs[0].type, Element::f16);
    EXPECT_EQ(producer(half, "y").op, "Relu");
    EXPECT_EQ(narrow_ends(to_half(conv_relu()), true, false).outputs[0].type, Element::f32);
    EXPECT_EQ(narrow_ends(to_half(conv_relu()), false, true).inputs[0].type, Element::f32);
}

TEST(IoType, EndsThatAreReadOrMadeInFullStay) {
    EXPECT_EQ(operators(narrow_ends(conv_relu(), true, true)), (Operators{"Conv", "Relu"}));
    EXPECT_EQ(narrow_ends(conv_relu(), true, true).inputs[0].type, Element::f32);

    // A second reader in full, and an output that is made in full.
    Network sum = conv_relu();
    sum.nodes.push_back(node("ReduceMean", {"x"}, {"mean"}));
    sum.outputs.push_back({"mean", Element::f32, true, {}});
    const Network both = narrow_ends(to_half(sum), true, true);
    EXPECT_EQ(both.inputs[0].type, Element::f32);
    EXPECT_EQ(both.outputs[0].type, Element::f32);
    EXPECT_EQ(both.outputs[1].type, Element::f32);

    // One of two inputs: frames give all of them in one type.
    Network two = to_half(conv_relu());
    two.inputs.push_back(image("z", 1));
    two.outputs.push_back(image("w", 1));
    two.nodes.push_back(node("Relu", {"z"}, {"w"}));
    EXPECT_EQ(narrow_ends(two, true, true).inputs[0].type, Element::f32);
}

TEST(IoType, AnInputThatIsAnOutputIsNotNarrowed) {
    Network network = conv_relu();
    network.outputs.push_back(network.inputs.front());
    const Network half = narrow_ends(to_half(network), true, true);
    EXPECT_EQ(half.inputs[0].type, Element::f32);
    EXPECT_EQ(half.outputs[0].type, Element::f32);
}

} // namespace
} // namespace vsmlrt::model
