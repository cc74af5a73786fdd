// The measure behind the suite's tolerances against what rounding analysis says of it.
#include "conformance/precision.h"

#include "graph/lower.h"
#include "networks/families.h"
#include "tensor/half.h"

#include <cmath>
#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

class PrecisionRule : public testing::TestWithParam<vsmlrt_precision> {};

std::uint16_t to_bits(float value, vsmlrt_precision precision) {
    return precision == VSMLRT_PRECISION_FP16 ? float_to_half(value) : float_to_bfloat(value);
}

float from_bits(std::uint16_t bits, vsmlrt_precision precision) {
    return precision == VSMLRT_PRECISION_FP16 ? half_to_float(bits) : bfloat_to_float(bits);
}

TEST_P(PrecisionRule, ANeighbourIsTheTypesNumberBelowOrAbove) {
    const auto rounding = stochastic_rounding(GetParam(), 5);
    int below = 0;
    int above = 0;
    for (const float value : Random(3).list(2000, 4)) {
        const float rounded = rounding(value);
        EXPECT_EQ(from_bits(to_bits(rounded, GetParam()), GetParam()), rounded);
        EXPECT_LT(std::abs(rounded - value), 2 * unit_roundoff(GetParam()) * std::abs(value));
        EXPECT_EQ(rounding(rounded), rounded);
        below += rounded < value ? 1 : 0;
        above += rounded > value ? 1 : 0;
    }
    EXPECT_GT(below, 800);
    EXPECT_GT(above, 800);
}

// d layers that keep the size of what they read.
double spread_of(int layers, int channels, vsmlrt_precision precision) {
    Builder b;
    Name x = b.input(channels);
    for (int i = 0; i < layers; ++i)
        x = b.node("Conv", {x, b.weights({channels, channels, 3, 3})}, {{"pads", ints({1, 1, 1, 1})}});
    const graph::Graph graph = graph::lower(b.output(x).network());
    return expected_of(graph, {20, 20}, seeded(2), precision).spread;
}

TEST_P(PrecisionRule, ErrorsOfLayersInARowAddAsSquaresWhateverTheNumberOfTerms) {
    for (const int channels : {4, 16})
        for (const int layers : {1, 4, 16}) {
            const double unit = unit_roundoff(GetParam()) * std::sqrt(layers);
            EXPECT_GT(spread_of(layers, channels, GetParam()), unit / 2) << layers << " " << channels;
            EXPECT_LT(spread_of(layers, channels, GetParam()), unit * 4) << layers << " " << channels;
        }
}

// What tells one precision from another: bf16's tolerance does not hold what TF32 does as "the same", nor
// fp16's what bf16 does.
TEST_P(PrecisionRule, AToleranceIsNotWideEnoughForALesserPrecision) {
    const graph::Graph graph = graph::lower(srvgg());
    const Expected expected = expected_of(graph, {23, 17}, seeded(4), GetParam());
    const double coarser = expected_of(graph, {23, 17}, seeded(4), VSMLRT_PRECISION_BF16).spread;
    if (GetParam() == VSMLRT_PRECISION_FP16) {
        EXPECT_GT(coarser, expected.tolerance);
    }
    EXPECT_GT(expected.spread, 10 * expected_of(graph, {23, 17}, seeded(4), VSMLRT_PRECISION_FP32).tolerance);
    EXPECT_LT(expected.tolerance, 20 * unit_roundoff(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(, PrecisionRule, testing::Values(VSMLRT_PRECISION_BF16, VSMLRT_PRECISION_FP16),
                         [](const testing::TestParamInfo<vsmlrt_precision> &tested) {
                             return tested.param == VSMLRT_PRECISION_FP16 ? "fp16" : "bf16";
                         });

} // namespace
} // namespace vsmlrt::test
