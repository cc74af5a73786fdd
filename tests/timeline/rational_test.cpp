// Exact fractions: reduced, ordered, and never wrapped.
#include "timeline/rational.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <limits>

namespace vsmlrt::timeline {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

TEST(Rational, IsInLowestTerms) {
    EXPECT_EQ(reduced(6, 4), (Rational{3, 2}));
    EXPECT_EQ(reduced(-6, 4), (Rational{-3, 2}));
    EXPECT_EQ(reduced(6, -4), (Rational{-3, 2}));
    EXPECT_EQ(reduced(0, 7), (Rational{0, 1}));
    EXPECT_EQ(reduced(Wide{largest} * 6, Wide{largest} * 4), (Rational{3, 2}));
}

TEST(Rational, Computes) {
    EXPECT_EQ((Rational{1, 3} + Rational{1, 6}), (Rational{1, 2}));
    EXPECT_EQ((Rational{1, 3} - Rational{1, 2}), (Rational{-1, 6}));
    EXPECT_EQ((Rational{2, 3} * Rational{3, 4}), (Rational{1, 2}));
    EXPECT_EQ((Rational{2, 3} / Rational{-4, 3}), (Rational{-1, 2}));
    EXPECT_LT((Rational{1, 3}), (Rational{1, 2}));
    EXPECT_GT((Rational{-1, 3}), (Rational{-1, 2}));
    EXPECT_EQ(to_text({5, 2}), "5/2");
    EXPECT_EQ(to_text({5, 1}), "5");
}

TEST(Rational, RefusesWhatDoesNotFit) {
    EXPECT_THROW(static_cast<void>(Rational{largest, 1} + Rational{1, 1}), BadArgument);
    EXPECT_THROW(static_cast<void>(Rational{largest, 1} * Rational{2, 1}), BadArgument);
    EXPECT_THROW(static_cast<void>(Rational{1, largest} + Rational{1, largest - 1}), BadArgument);
    EXPECT_EQ((Rational{largest, 2} * Rational{2, 1}), (Rational{largest, 1}));
}

} // namespace
} // namespace vsmlrt::timeline
