#include "base/checked.h"

#include <gtest/gtest.h>

#include <limits>

namespace vsmlrt {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

template <typename Body>
std::string refusal(const Body &body) {
    try {
        static_cast<void>(body());
    } catch (const BadModel &error) {
        return error.what();
    }
    return "accepted";
}

TEST(Checked, ProductsUpToTheLastThatFits) {
    EXPECT_EQ(checked_mul(most / 7, 7, "size"), most / 7 * 7);
    EXPECT_EQ(checked_mul(0, most, "size"), 0);
    EXPECT_EQ(refusal([] { return checked_mul(most / 7 + 1, 7, "weights"); }),
              "weights: 1317624576693539402 x 7 is not a size that memory can hold");
    EXPECT_EQ(refusal([] { return checked_mul(-1, 7, "weights"); }),
              "weights: -1 x 7 is not a size that memory can hold");
    EXPECT_NE(refusal([] { return checked_mul(7, -1, "weights"); }), "accepted");
}

TEST(Checked, SumsUpToTheLastThatFits) {
    EXPECT_EQ(checked_add(most - 1, 1, "offset"), most);
    EXPECT_EQ(refusal([] { return checked_add(most, 1, "offset"); }),
              "offset: 9223372036854775807 + 1 is not a size that memory can hold");
    EXPECT_NE(refusal([] { return checked_add(-1, 1, "offset"); }), "accepted");
}

TEST(Checked, NarrowingLosesNothing) {
    EXPECT_EQ(checked_cast<std::int32_t>(std::int64_t{-2147483648}, "axis"),
              std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(refusal([] { return checked_cast<std::int32_t>(std::int64_t{2147483648}, "axis"); }),
              "axis: 2147483648 is out of range");
    EXPECT_EQ(refusal([] { return checked_cast<std::size_t>(-1, "axis"); }), "axis: -1 is out of range");
}

TEST(Checked, RoundsUpToMultiples) {
    EXPECT_EQ(round_up(0, 8), 0);
    EXPECT_EQ(round_up(1, 8), 8);
    EXPECT_EQ(round_up(8, 8), 8);
    EXPECT_EQ(round_up(1080, 16), 1088);
    EXPECT_EQ(round_up(7, 1), 7);
}

} // namespace
} // namespace vsmlrt
