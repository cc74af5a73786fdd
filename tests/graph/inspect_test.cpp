// Model cards by inspection, against what running the network shows: scale and multiple by sizes, the
// receptive field by changing one pixel and seeing how far the change reaches.
#include "graph/inspect.h"

#include "base/error.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace vsmlrt::graph {
namespace {

model::Card card_of(const model::Network &network) {
    return inspect(network, model::read_card(network));
}

std::vector<float> run(const Graph &graph, const Shape &size, const std::vector<float> &picture,
                       Shape &result) {
    interpreter::Interpreter interpreter(graph, std::span(&size, 1));
    result = interpreter.output(0).dims;
    std::vector<float> values(static_cast<std::size_t>(count(result)));
    const auto *const in = reinterpret_cast<const std::byte *>(picture.data());
    auto *const out = reinterpret_cast<std::byte *>(values.data());
    interpreter.run(std::span(&in, 1), std::span(&out, 1));
    return values;
}

struct Family {
    const char *name;
    model::Network network;
    int channels, scale, multiple, receptive_field; // the last measured by hand on the structure
    bool global;
    int size; // of the trial
};

std::vector<Family> families() {
    return {{"srvgg", test::srvgg(8, 4), 3, 4, 1, 6, false, 24},
            {"upconv7", test::upconv7(), 3, 0, 1, 0, false, 40},
            {"cunet", test::cunet(), 3, 0, 2, 0, true, 96},
            {"drunet", test::drunet(), 4, 1, 8, 0, false, 144},
            {"rrdb", test::rrdb(), 3, 4, 1, 0, false, 48}};
}

// The farthest pixel of input, from the one in the middle, whose place in the output a change reaches.
int reach_of(const Family &family, int scale) {
    const Graph graph = lower(family.network);
    const Shape size{1, family.channels, family.size, family.size};
    std::vector<float> picture = test::Random(3).list(count(size));
    Shape result;
    const std::vector<float> before = run(graph, size, picture, result);
    const int middle = family.size / 2;
    for (int channel = 0; channel < family.channels; ++channel)
        picture[static_cast<std::size_t>((channel * family.size + middle) * family.size + middle)] += 1;
    const std::vector<float> after = run(graph, size, picture, result);
    int reach = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (after[i] == before[i])
            continue;
        const auto x = static_cast<int>(static_cast<std::int64_t>(i) % result[3]) / scale;
        const auto y = static_cast<int>(static_cast<std::int64_t>(i) / result[3] % result[2]) / scale;
        reach = std::max({reach, std::abs(x - middle), std::abs(y - middle)});
    }
    return reach;
}

TEST(Inspect, ScaleMultipleAndChannelsAreWhatRunningShows) {
    for (const Family &family : families()) {
        const model::Card card = card_of(family.network);
        EXPECT_EQ(card.channels, family.channels) << family.name;
        EXPECT_EQ(card.multiple, family.multiple) << family.name;
        EXPECT_EQ(card.global, family.global) << family.name;
        if (family.scale == 0)
            continue;
        ASSERT_TRUE(card.scale.has_value()) << family.name;
        EXPECT_EQ(*card.scale, family.scale) << family.name;
        const Graph graph = lower(family.network);
        for (int k = 1; k < 6; ++k) {
            const std::int64_t side =
                (card.minimum + card.multiple - 1) / card.multiple * card.multiple + k * card.multiple;
            const Shape size{1, family.channels, side, side + card.multiple};
            const Shapes shapes = infer(graph, std::span(&size, 1));
            const Shape &out = shapes.dims[static_cast<std::size_t>(graph.outputs[0])];
            EXPECT_EQ(out[2], size[2] * family.scale) << family.name;
            EXPECT_EQ(out[3], size[3] * family.scale) << family.name;
        }
    }
}

TEST(Inspect, NoChangeReachesFartherThanTheReceptiveField) {
    for (const Family &family : families()) {
        const model::Card card = card_of(family.network);
        if (card.global || family.scale == 0)
            continue;
        ASSERT_TRUE(card.receptive_field.has_value()) << family.name;
        const int reach = reach_of(family, family.scale);
        EXPECT_LE(reach, *card.receptive_field) << family.name;
        EXPECT_GT(reach, 0) << family.name;
        // The trial is large enough to have shown it.
        EXPECT_LT(*card.receptive_field, family.size / 2) << family.name;
    }
}

TEST(Inspect, IsExactForNetworksThatKeepTheirSize) {
    test::Builder b;
    test::Name x = b.input(3);
    for (int i = 0; i < 3; ++i)
        x = b.conv(x, 3, 3, 5);
    b.output(x);
    EXPECT_EQ(card_of(b.network()).receptive_field, 6);
    const Family family = {"three convolutions", b.network(), 3, 1, 1, 6, false, 24};
    EXPECT_EQ(reach_of(family, 1), 6);
}

TEST(Inspect, FindsTheWholePictureAlsoWhereACardWasWrittenBefore) {
    test::Builder b;
    const test::Name x = b.input(3);
    b.output(b.node("Mul", {x, b.node("GlobalAveragePool", {x})}));
    model::Network network = b.network();
    model::write_card(network, model::read_card(network));
    EXPECT_TRUE(card_of(network).global);
}

TEST(Inspect, PositionAndWholePictureAreGlobal) {
    test::Builder b;
    const test::Name x = b.input(3);
    b.output(b.node("Mul", {x, b.node("GlobalAveragePool", {x})}));
    EXPECT_TRUE(card_of(b.network()).global);
}

// Tiles see another size than the whole picture does.
TEST(Inspect, WhatFollowsFromThePicturesSizeIsGlobal) {
    const auto number_of_rows = [](test::Builder &b, const test::Name &x) {
        const test::Name rows =
            b.node("Gather", {b.node("Shape", {x}), b.integer(2)}, {{"axis", std::int64_t{0}}});
        return b.node("Cast", {rows}, {{"to", std::int64_t{1}}});
    };
    test::Builder scaled;
    const test::Name x = scaled.input(3);
    scaled.output(scaled.node("Div", {x, number_of_rows(scaled, x)}));
    EXPECT_TRUE(card_of(scaled.network()).global);

    // A size that says where elements go is no part of what they are.
    test::Builder moved;
    const test::Name y = moved.input(3);
    moved.output(moved.node("Reshape", {moved.conv(y, 3, 3), moved.node("Shape", {y})}));
    const model::Card card = card_of(moved.network());
    EXPECT_FALSE(card.global);
    EXPECT_EQ(card.receptive_field, 1);
}

TEST(Inspect, AWiderKernelOfASmallerPictureReachesFarther) {
    const auto resized = [](std::int64_t antialias) {
        test::Builder b(18);
        const test::Name small = b.node("Resize", {b.input(3), "", b.constant({4}, {1, 1, 0.25F, 0.25F})},
                                        {{"mode", std::string("linear")}, {"antialias", antialias}});
        b.output(
            b.node("Resize", {small, "", b.constant({4}, {1, 1, 4, 4})}, {{"mode", std::string("nearest")}}));
        return b.network();
    };
    const model::Card sharp = card_of(resized(0));
    const model::Card soft = card_of(resized(1));
    ASSERT_TRUE(sharp.receptive_field.has_value() && soft.receptive_field.has_value());
    EXPECT_GT(*soft.receptive_field, *sharp.receptive_field);
    const Family family = {"antialiased", resized(1), 3, 1, 4, *soft.receptive_field, false, 32};
    EXPECT_LE(reach_of(family, 1), *soft.receptive_field);
}

TEST(Inspect, StretchingToTheWholePictureIsGlobal) {
    test::Builder b(19);
    b.output(b.node(
        "Resize",
        {b.input(3), b.constant({8}, {0, 0, 0.1F, 0.1F, 1, 1, 0.9F, 0.9F}), "", b.integers({1, 3, 48, 48})},
        {{"mode", std::string("linear")},
         {"coordinate_transformation_mode", std::string("tf_crop_and_resize")}}));
    EXPECT_FALSE(card_of(b.network()).receptive_field.has_value());
}

TEST(Inspect, MetadataIsKept) {
    model::Network network = test::srvgg(8, 2);
    network.metadata["vsmlrt.multiple"] = "4";
    network.metadata["vsmlrt.receptive_field"] = "99";
    const model::Card card = card_of(network);
    EXPECT_EQ(card.multiple, 4);
    EXPECT_EQ(card.receptive_field, 99);
}

TEST(Inspect, ANetworkOutsideOfTheIrKeepsWhatIsKnown) {
    test::Builder b;
    b.output(b.node("NonMaxSuppression", {b.input(3)}));
    const model::Card card = card_of(b.network());
    EXPECT_EQ(card.channels, 3);
    EXPECT_FALSE(card.scale.has_value());
}

} // namespace
} // namespace vsmlrt::graph
