#include "base/error.h"
#include "model/edit.h"
#include "model/names.h"
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

// Channels [begin, end) of a value.
void slice(Network &network, const std::string &from, const std::string &to, std::int64_t begin,
           std::int64_t end, std::int64_t axis = 1) {
    std::vector<std::string> names = {from};
    for (const auto &[name, number] : {std::pair{"begin", begin}, {"end", end}, {"axis", axis}}) {
        names.push_back(to + "_" + name);
        network.initializers[names.back()] = make_tensor(names.back(), {1}, std::span(&number, 1));
    }
    network.nodes.push_back(node("Slice", names, {to}));
}

// Pictures that are rounded, and a grid that is not.
Network pictures_and_grid() {
    Network network;
    network.inputs = {image("x", 7)};
    network.outputs = {image("y", 2)};
    network.nodes = {make_cast("x", "half", Element::f16)};
    slice(network, "half", "first", 0, 3);
    slice(network, "half", "second", 3, -2);
    slice(network, "x", "grid", -2, 1000);
    network.nodes.push_back(node("Neg", {"grid"}, {"y"}));
    network.nodes.push_back(node("Add", {"first", "second"}, {"sum"}));
    network.nodes.push_back(make_cast("sum", "wide", Element::f32));
    network.outputs.push_back(image("wide", 3));
    return network;
}

std::int64_t number_of(const Network &network, const std::string &slice, std::size_t input) {
    return network.initializers.at(producer(network, slice).inputs[input]).as<std::int64_t>().front();
}

TEST(IoType, ChannelsThatAreReadInFullBecomeAnInputOfTheirOwn) {
    const Network split = narrow_ends(pictures_and_grid(), true, false);
    ASSERT_EQ(split.inputs.size(), 2U);
    EXPECT_EQ(split.inputs[0].name, "x");
    EXPECT_EQ(split.inputs[0].type, Element::f16);
    EXPECT_EQ(split.inputs[0].dims[1].size, 5);
    EXPECT_EQ(split.inputs[1].type, Element::f32);
    EXPECT_EQ(split.inputs[1].dims[1].size, 2);
    EXPECT_EQ(operators(split), (Operators{"Slice", "Slice", "Slice", "Neg", "Add", "Cast"}));
    EXPECT_EQ(producer(split, "first").inputs[0], "x");
    EXPECT_EQ(producer(split, "grid").inputs[0], split.inputs[1].name);
    EXPECT_EQ(number_of(split, "second", 1), 3);
    EXPECT_EQ(number_of(split, "second", 2), 5);
    EXPECT_EQ(number_of(split, "grid", 1), 0);
    EXPECT_EQ(number_of(split, "grid", 2), 2);
}

TEST(IoType, ChannelsThatCannotBeToldApartStayOneInput) {
    const auto stays = [](const Network &network) {
        const Network narrowed = narrow_ends(network, true, false);
        return narrowed.inputs.size() == 1 && narrowed.inputs[0].type == Element::f32;
    };
    Network overlapping = pictures_and_grid();
    slice(overlapping, "half", "third", 4, 6);
    EXPECT_TRUE(stays(overlapping));
    Network along_rows = pictures_and_grid();
    slice(along_rows, "x", "rows", 0, 1, 2);
    EXPECT_TRUE(stays(along_rows));
    Network read_whole = pictures_and_grid();
    read_whole.nodes.push_back(node("Neg", {"half"}, {"all"}));
    EXPECT_TRUE(stays(read_whole));
    Network an_output = pictures_and_grid();
    an_output.outputs.push_back(image("half", 7, Element::f16));
    EXPECT_TRUE(stays(an_output));
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
