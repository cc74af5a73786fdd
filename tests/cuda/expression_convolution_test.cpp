// A strided convolution and the expression of pictures that it alone reads, as one kernel: on the emulated
// driver, whose warps are fibers, each way to compute it gives what the reference gives for the graph as it
// stands.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_plan.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::Name;

struct Convolved {
    const char *name;
    vsmlrt_extent extent;
    float factor; // of the picture that is read beside others
    int filters;
    bool together = true; // in one kernel
    int stride = 2;
    int parts = 1; // three channels each
};

Name resized(Builder &b, const Name &x, float by) {
    return b.node(
        "Resize", {x, "", b.constant({4}, {1, 1, by, by})},
        {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("half_pixel")}});
}

// A picture of half the size and one that is enlarged to it, side by side, convolved.
model::Network network_of(const Convolved &of) {
    Builder b;
    const Name x = b.input(3);
    std::vector<Name> parts;
    for (int part = 0; part < of.parts; ++part) {
        if (of.factor > 1) {
            const auto by = static_cast<std::int64_t>(of.factor);
            const Name small =
                b.node("AveragePool", {x},
                       {{"kernel_shape", test::ints({by, by})}, {"strides", test::ints({by, by})}});
            parts.push_back(b.node("Add", {resized(b, b.conv(small, 3, 3, 1), of.factor), x}));
        } else {
            parts.push_back(b.node("Tanh", {resized(b, x, of.factor)}));
        }
    }
    const Name read = of.parts == 1 ? parts[0] : b.node("Concat", parts, {{"axis", std::int64_t{1}}});
    const Name convolved = b.conv(read, 3 * of.parts, of.filters, 3, of.stride);
    const Name bent = b.leaky(convolved, 0.2F);
    return b.output(b.conv(bent, of.filters, 3, 1)).network();
}

class ExpressionConvolutions : public testing::TestWithParam<Convolved> {};

TEST_P(ExpressionConvolutions, GiveWhatTheReferenceGives) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Convolved &of = GetParam();
    const model::Network network = network_of(of);
    std::vector<float> input = test::Random(3).list(std::int64_t{3} * of.extent.width * of.extent.height);
    const std::vector<float> wanted = test::reference_result(network, of.extent, input);
    for (const auto &[precision, tolerance] :
         {std::pair{VSMLRT_PRECISION_FP16, 2e-3}, {VSMLRT_PRECISION_BF16, 1.6e-2}}) {
        const EmulatedPlan emulated(network, of.extent, precision);
        std::set<std::string> ways;
        for (const Step &step : emulated.plan().steps)
            for (const Alternative &each : step.alternatives)
                if (each.name.starts_with("expression and convolution"))
                    ways.insert(each.name);
        EXPECT_EQ(!ways.empty(), of.together) << describe(emulated.plan());
        for (const std::string &way : ways)
            EXPECT_LE(
                relative_error(emulated.computed(input, [&](Step &step) { choose(step, way); }), wanted),
                tolerance)
                << way;
    }
    EXPECT_STREQ(emulated_faults(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ExpressionConvolutions,
    testing::Values(Convolved{"Shrunk", {130, 94}, 0.5F, 40}, Convolved{"OddSizes", {74, 46}, 0.5F, 16},
                    Convolved{"ManyFilters", {96, 64}, 0.5F, 96}, Convolved{"OnePixel", {2, 2}, 0.5F, 8},
                    Convolved{"Enlarged", {72, 88}, 4, 32}, Convolved{"EnlargedTwofold", {34, 38}, 2, 24},
                    Convolved{"ManyChannels", {72, 40}, 0.5F, 64, true, 2, 6},
                    Convolved{"TooManyChannels", {24, 16}, 2, 64, false, 2, 11},
                    Convolved{"TooManyFilters", {24, 16}, 2, 104, false},
                    Convolved{"NoStride", {24, 16}, 2, 32, false, 1}),
    [](const auto &test) { return std::string(test.param.name); });

// A second reader needs the expression's result.
TEST(ExpressionConvolutions, AnExpressionThatOthersReadIsStored) {
    emulated_reset(0);
    Builder b;
    const Name half = b.node("Tanh", {resized(b, b.input(3), 0.5F)});
    const Name one = b.conv(half, 3, 16, 3, 2);
    const Name other = b.conv(half, 3, 16, 3, 2);
    const model::Network network = b.output(b.node("Add", {one, other})).network();
    const EmulatedPlan emulated(network, {32, 24}, VSMLRT_PRECISION_FP16);
    for (const Step &step : emulated.plan().steps)
        EXPECT_FALSE(step.alternatives.front().name.starts_with("expression and convolution"))
            << describe(emulated.plan());
}

} // namespace
} // namespace vsmlrt::cuda
