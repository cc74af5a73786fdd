// Which kernels are compiled and timed for a convolution on a card that has some made for it.
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

// Of a picture of three channels; `architecture`: of the card.
Plan plan_of(const model::Network &network, const graph::Shape &shape, int architecture) {
    const std::vector<std::byte> onnx = model::write_onnx(model::to_half(network));
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = VSMLRT_PRECISION_FP16;
    const graph::Graph graph = read_network(desc);
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    Constants weights(device);
    DeviceFacts facts;
    facts.architecture = architecture;
    facts.multiprocessors = 132;
    facts.shared_bytes_per_block = 227 << 10;
    return make_plan(graph, graph::infer(graph, std::span(&shape, 1)), weights, device, facts, {});
}

struct Rivals {
    int own = 0, of_every_card = 0;
};

// Of the one of three convolutions that is from `from` to `to` channels; `architecture`: of the card.
Rivals rivals(int from, int to, int kernel, int architecture) {
    test::Builder b;
    const test::Name x = b.node("Sigmoid", {b.conv(b.input(3), 3, from)});
    b.output(b.conv(b.node("Sigmoid", {b.conv(x, from, to, kernel)}), to, 3));
    const Plan plan = plan_of(b.network(), {1, 3, 360, 640}, architecture);
    Rivals found;
    for (const Step &step : plan.steps)
        if (step.key.work.find(text(" ", from, " to ", to, ",")) != std::string::npos)
            for (const Alternative &each : step.alternatives) {
                found.own += each.name.starts_with("hopper") ? 1 : 0;
                found.of_every_card += each.name.starts_with("mma") ? 1 : 0;
            }
    return found;
}

TEST(RivalsOnHopper, AreItsOwnAloneFrom48ChannelsAndNineTapsOn) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const auto &[from, to] : {std::pair{64, 48}, {48, 64}, {48, 48}, {96, 80}}) {
        EXPECT_GT(rivals(from, to, 3, 90).own, 0) << from << " to " << to;
        EXPECT_EQ(rivals(from, to, 3, 90).of_every_card, 0) << from << " to " << to;
    }
    // What may win stays.
    EXPECT_GT(rivals(64, 40, 3, 90).of_every_card, 0);
    EXPECT_GT(rivals(64, 48, 1, 90).of_every_card, 0);
    EXPECT_EQ(rivals(64, 48, 3, 86).own, 0);
    EXPECT_GT(rivals(64, 48, 3, 86).of_every_card, 0);
}

// Ways to compute a convolution of 64 to 64 channels by Winograd's algorithm. `largest`: of its weights, or
// 0: random ones. `excited`: its channels have factors that follow from the picture.
std::ptrdiff_t winograd_ways(int architecture, float largest = 0, bool excited = false) {
    test::Builder b;
    test::Name x = b.node("Sigmoid", {b.conv(b.input(3), 3, 64)});
    if (excited) {
        const test::Name few = b.node("Relu", {b.conv(b.node("GlobalAveragePool", {x}), 64, 8, 1)});
        x = b.node("Mul", {x, b.node("Sigmoid", {b.conv(few, 8, 64, 1)})});
    }
    std::vector<float> values(std::size_t{64} * 64 * 9, 0.01F);
    values[4] = largest;
    const test::Name weights = largest == 0 ? b.weights({64, 64, 3, 3}) : b.constant({64, 64, 3, 3}, values);
    b.output(b.node("Sigmoid", {b.node("Conv", {x, weights}, {{"pads", test::ints({1, 1, 1, 1})}})}));
    const Plan plan = plan_of(b.network(), {1, 3, 360, 640}, architecture);
    const Step &step = plan.steps.back();
    EXPECT_NE(step.key.work.find(" 64 to 64,"), std::string::npos) << step.key.work;
    return std::count_if(step.alternatives.begin(), step.alternatives.end(), [](const Alternative &each) {
        return each.name.find("Winograd") != std::string::npos;
    });
}

TEST(WinogradsAlgorithm, IsTriedOnCardsWhoseProductsAreSlow) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const int architecture : {86, 89, 120})
        EXPECT_GT(winograd_ways(architecture), 0) << architecture;
    for (const int architecture : {80, 90, 100})
        EXPECT_EQ(winograd_ways(architecture), 0) << architecture;
}

TEST(WinogradsAlgorithm, IsNotTriedWhereFloat16MightNotHoldItsWeights) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    EXPECT_GT(winograd_ways(86, 65280), 0); // the middle of a column is not doubled
    EXPECT_EQ(winograd_ways(86, 65504), 0); // but what is above and below comes to it
    EXPECT_EQ(winograd_ways(86, 0, true), 0);
}

// Steps that compute what is half as large together with what it is made from.
std::ptrdiff_t halvings(const model::Network &network, int architecture) {
    const Plan plan = plan_of(network, {1, 3, 96, 128}, architecture);
    return std::count_if(plan.steps.begin(), plan.steps.end(), [](const Step &step) {
        return step.alternatives.front().name.ends_with("half as large");
    });
}

TEST(WhatIsHalvedAndReadAgain, IsOneKernelWhereNobodyReadsItBefore) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    EXPECT_EQ(halvings(test::down_and_up(), 86), 1);
    EXPECT_EQ(halvings(test::down_and_up(), 90), 0); // whose own kernels are faster
    const auto read_twice = [](bool before) {
        test::Builder b;
        const test::Name top = b.node("Sigmoid", {b.conv(b.input(3), 3, 64)});
        test::Name down;
        if (!before)
            down = b.node("Sigmoid", {b.conv(top, 64, 64, 2, 2, 0)});
        const test::Name other = b.node("Sigmoid", {b.conv(top, 64, 64)});
        if (before)
            down = b.node("Sigmoid", {b.conv(top, 64, 64, 2, 2, 0)});
        const test::Name shrunk = b.node(
            "MaxPool", {other}, {{"kernel_shape", test::ints({2, 2})}, {"strides", test::ints({2, 2})}});
        return b.output(b.node("Add", {shrunk, b.conv(down, 64, 64)})).network();
    };
    EXPECT_EQ(halvings(read_twice(false), 86), 1);
    EXPECT_EQ(halvings(read_twice(true), 86), 0);
}

} // namespace
} // namespace vsmlrt::cuda
