// Copies whose neighbours change: through shared memory and one by one they give what the reference gives.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_plan.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

struct Permutation {
    const char *name;
    vsmlrt_extent extent; // of three planes
    std::vector<std::int64_t> dims, order;
    bool in_tiles = true;
};

model::Network network_of(const Permutation &of) {
    test::Builder b;
    const test::Name x = b.node("Reshape", {b.input(3), b.integers(of.dims)});
    const test::Name y = b.node("Transpose", {x}, {{"perm", test::ints(of.order)}});
    return b.output(b.node("Reshape", {y, b.integers({1, 3, of.extent.height, of.extent.width})})).network();
}

class Transposes : public testing::TestWithParam<Permutation> {};

TEST_P(Transposes, GiveWhatTheReferenceGives) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto &[name, extent, dims, order, in_tiles] = GetParam();
    const model::Network network = network_of(GetParam());
    std::vector<float> input(static_cast<std::size_t>(std::int64_t{3} * extent.width * extent.height));
    for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = static_cast<float>(i % 2039); // a half can say it
    const std::vector<float> wanted = test::reference_result(network, extent, input);
    for (const bool halves : {false, true}) {
        const EmulatedPlan emulated(network, extent, halves ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_FP32);
        const Plan &plan = emulated.plan();
        const auto is_transpose = [](const Alternative &each) { return each.name == "transpose"; };
        EXPECT_EQ(std::any_of(plan.steps.begin(), plan.steps.end(),
                              [&](const Step &step) {
                                  return std::any_of(step.alternatives.begin(), step.alternatives.end(),
                                                     is_transpose);
                              }),
                  in_tiles)
            << describe(plan);
        for (const char *way : {"transpose", "pointwise"})
            EXPECT_EQ(emulated.computed(input, [&](Step &step) { choose(step, way); }), wanted)
                << way << ", halves " << halves;
    }
    EXPECT_STREQ(emulated_faults(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Orders, Transposes,
    testing::Values(Permutation{"Matrix", {40, 56}, {96, 70}, {1, 0}},
                    Permutation{"ChannelsLast", {130, 130}, {2, 3, 65, 130}, {0, 3, 1, 2}},
                    Permutation{"Batches", {130, 130}, {6, 65, 130}, {0, 2, 1}},
                    Permutation{"Outermost", {129, 165}, {5, 33, 3, 129}, {3, 2, 0, 1}},
                    Permutation{"SixAxes", {88, 128}, {2, 2, 33, 2, 2, 64}, {5, 0, 3, 1, 4, 2}},
                    Permutation{"FewRows", {40, 56}, {8, 840}, {1, 0}, false},
                    Permutation{"SameNeighbours", {40, 56}, {96, 2, 35}, {1, 0, 2}, false}),
    [](const auto &tested) { return tested.param.name; });

} // namespace
} // namespace vsmlrt::cuda
