// Conversions against the definition of the formats: powers of two and neighbours, in double precision.
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace vsmlrt {
namespace {

// A format of 16 bits by its definition: sign, exponent with this bias, fraction of so many bits.
struct Format {
    int fraction_bits;
    int bias;

    [[nodiscard]] double value(std::uint16_t bits) const {
        const int exponent_bits = 15 - fraction_bits;
        const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
        const int fraction = bits & ((1 << fraction_bits) - 1);
        const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
        if (exponent == (1 << exponent_bits) - 1)
            return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * INFINITY;
        if (exponent == 0)
            return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
        return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
    }

    // The nearest finite one or infinity, ties to the even fraction: by bisection over the positive values.
    [[nodiscard]] std::uint16_t nearest(float number) const {
        const double size = std::fabs(static_cast<double>(number));
        std::uint16_t low = 0;
        auto infinity = static_cast<std::uint16_t>(0x7fff >> fraction_bits << fraction_bits);
        std::uint16_t high = infinity;
        while (high - low > 1) {
            const auto middle = static_cast<std::uint16_t>((low + high) / 2);
            (value(middle) <= size ? low : high) = middle;
        }
        // One step beyond the largest finite value stands for infinity in the choice.
        const double above = high == infinity ? 2 * value(low) - value(low - 1) : value(high);
        const double halfway = (value(low) + above) / 2;
        const bool up = size > halfway || (size == halfway && (low & 1) != 0);
        return static_cast<std::uint16_t>((std::signbit(number) ? 0x8000 : 0) | (up ? high : low));
    }
};

constexpr Format half_format = {.fraction_bits = 10, .bias = 15};
constexpr Format bfloat_format = {.fraction_bits = 7, .bias = 127};

using Widen = float (*)(std::uint16_t);
using Narrow = std::uint16_t (*)(float);

void expect_all_exact(Format format, Widen widen, Narrow narrow) {
    for (int i = 0; i < 65536; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const double value = format.value(bits);
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(widen(bits)));
            ASSERT_TRUE(std::isnan(format.value(narrow(widen(bits)))));
            continue;
        }
        ASSERT_EQ(widen(bits), value) << i;
        ASSERT_EQ(std::signbit(widen(bits)), std::signbit(value)) << i;
        ASSERT_EQ(narrow(widen(bits)), bits);
    }
}

// At every value of the format and half-way to the next: that float and its neighbours.
void expect_boundaries_rounded(Format format, Widen widen, Narrow narrow) {
    for (int i = 0; i < 0x7fff >> format.fraction_bits << format.fraction_bits; ++i) {
        const auto low = static_cast<double>(widen(static_cast<std::uint16_t>(i)));
        const auto high = static_cast<double>(widen(static_cast<std::uint16_t>(i + 1)));
        const double above = std::isinf(high) ? low + (low - widen(static_cast<std::uint16_t>(i - 1))) : high;
        const auto halfway = static_cast<float>((low + above) / 2);
        for (const float centre : {static_cast<float>(low), halfway})
            for (const float number :
                 {centre, std::nextafter(centre, -INFINITY), std::nextafter(centre, INFINITY)}) {
                if (std::isinf(number))
                    continue;
                ASSERT_EQ(narrow(number), format.nearest(number)) << number;
                ASSERT_EQ(narrow(-number), format.nearest(-number)) << -number;
            }
    }
}

TEST(Half, AllValuesAreExactThereAndBack) {
    expect_all_exact(half_format, half_to_float, float_to_half);
}
TEST(Half, RoundsToNearestEvenAtEveryBoundary) {
    expect_boundaries_rounded(half_format, half_to_float, float_to_half);
}
TEST(Bfloat, AllValuesAreExactThereAndBack) {
    expect_all_exact(bfloat_format, bfloat_to_float, float_to_bfloat);
}
TEST(Bfloat, RoundsToNearestEvenAtEveryBoundary) {
    expect_boundaries_rounded(bfloat_format, bfloat_to_float, float_to_bfloat);
}

TEST(Half, RandomFloatsRoundToNearest) {
    std::mt19937 random(3);
    for (int i = 0; i < 300000; ++i) {
        const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (std::isnan(number))
            EXPECT_TRUE(std::isnan(half_to_float(float_to_half(number))));
        else
            ASSERT_EQ(float_to_half(number),
                      std::isinf(number) ? (number < 0 ? 0xfc00 : 0x7c00) : half_format.nearest(number));
    }
}

TEST(Half, NanStaysAndBecomesQuiet) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(half_to_float(0x7c01)), 0x7fc02000U);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(half_to_float(0xfe00)), 0xffc00000U);
    EXPECT_EQ(float_to_half(std::bit_cast<float>(0x7f800001U)), 0x7e00);
    EXPECT_EQ(float_to_half(std::bit_cast<float>(0xffffffffU)), 0xffff);
    EXPECT_EQ(float_to_bfloat(std::bit_cast<float>(0x7f800001U)), 0x7fc0);
}

TEST(Half, IsKnownWhileCompiling) {
    static_assert(float_to_half(65504.0F) == 0x7bff);
    static_assert(float_to_half(65520.0F) == 0x7c00);
    static_assert(half_to_float(0x0001) == 0x1p-24F);
    static_assert(float_to_bfloat(1.0F) == 0x3f80);
}

} // namespace
} // namespace vsmlrt
