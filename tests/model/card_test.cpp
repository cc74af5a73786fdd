#include "base/error.h"
#include "model/card.h"
#include "networks.h"

#include <gtest/gtest.h>

namespace vsmlrt::model {
namespace {

using namespace test;

TEST(Card, ANetworkWithoutMetadataIsInspected) {
    Network network = conv_relu();
    network.inputs.push_back(image("more", 3));
    const Card card = read_card(network);
    EXPECT_EQ(card.channels, 5);
    EXPECT_EQ(card.output_channels, 2);
    EXPECT_EQ(card.multiple, 1);
    EXPECT_EQ(card.padding, Padding::mirror);
    EXPECT_FALSE(card.scale);
    EXPECT_FALSE(card.receptive_field);
    EXPECT_FALSE(card.global);
}

TEST(Card, WhatIsWrittenIsRead) {
    Network network = conv_relu();
    const Card written{2, 2, 8, 16, Padding::zero, 2, 0, true};
    write_card(network, written);
    const Card read = read_card(network);
    EXPECT_EQ(read.multiple, 8);
    EXPECT_EQ(read.minimum, 16);
    EXPECT_EQ(read.padding, Padding::zero);
    EXPECT_EQ(read.scale, 2);
    EXPECT_EQ(read.receptive_field, 0);
    EXPECT_TRUE(read.global);
}

TEST(Card, MetadataThatIsNoNumberIsRefused) {
    for (const char *bad : {"", "eight", "8x", "0", "-8", "99999999999"}) {
        Network network = conv_relu();
        network.metadata["vsmlrt.multiple"] = bad;
        EXPECT_THROW((void)read_card(network), BadModel) << bad;
    }
    Network network = conv_relu();
    network.metadata["vsmlrt.padding"] = "wrap";
    EXPECT_THROW((void)read_card(network), BadModel);
}

TEST(Card, InputsThatAreNoPicturesAreRefused) {
    Network network = conv_relu();
    network.inputs.clear();
    EXPECT_THROW((void)read_card(network), BadModel);
    network.inputs = {{"text", Element::i64, true, image("x", 1).dims}};
    EXPECT_THROW((void)read_card(network), BadModel);
    network.inputs = {{"vector", Element::f32, true, {{3, {}}}}};
    EXPECT_THROW((void)read_card(network), BadModel);
    network.inputs = {{"unknown", Element::f32, false, {}}};
    EXPECT_THROW((void)read_card(network), BadModel);
    network.inputs = {image("x", 3)};
    network.inputs[0].dims[1] = {std::nullopt, "c"};
    EXPECT_THROW((void)read_card(network), BadModel);
}

} // namespace
} // namespace vsmlrt::model
