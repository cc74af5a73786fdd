// Known timelines, and the ones that are refused.
#include "timeline/multiplied.h"
#include "timeline/resampled.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <array>

namespace vsmlrt::timeline {
namespace {

using Stated = std::vector<std::optional<Rational>>;

std::optional<Rational> duration_of(const Stated &own, int frame, std::optional<Rational> interval) {
    return resolve_duration(frame, interval, [&](int j) { return own[static_cast<std::size_t>(j)]; });
}

void expect_moment(const Moment &moment, int frame, Rational t) {
    EXPECT_EQ(moment.frame, frame);
    EXPECT_EQ(moment.t, t);
}

template <typename Refused>
std::string sentence(Refused &&refused) {
    try {
        refused();
    } catch (const BadArgument &error) {
        return error.what();
    }
    return "";
}

TEST(Multiplied, ByTwo) {
    const Multiplied plan(3, {2, 1});
    EXPECT_EQ(plan.frames(), 6);
    expect_moment(plan.at(0), 0, {0, 1});
    expect_moment(plan.at(1), 0, {1, 2});
    expect_moment(plan.at(4), 2, {0, 1});
    expect_moment(plan.at(5), 2, {1, 2});
    EXPECT_TRUE(has_pair(plan.at(1), 3));
    EXPECT_FALSE(has_pair(plan.at(4), 3));
    EXPECT_FALSE(has_pair(plan.at(5), 3));
    EXPECT_EQ(plan.duration(1, std::array{Rational{1, 24}}), (Rational{1, 48}));
}

TEST(Multiplied, ByFiveHalvesAcrossAnInterval) {
    const Multiplied plan(2, {5, 2});
    EXPECT_EQ(plan.frames(), 5);
    expect_moment(plan.at(2), 0, {4, 5});
    EXPECT_EQ(plan.intervals(2).first, 0);
    EXPECT_EQ(plan.intervals(2).last, 1);
    EXPECT_EQ(plan.duration(2, std::array{Rational{1, 10}, Rational{1, 20}}),
              (Rational{2, 100} + Rational{1, 100}));
}

TEST(Multiplied, BelowOneAddsUpTheFramesItLeavesOut) {
    const Multiplied plan(5, {1, 2});
    EXPECT_EQ(plan.frames(), 3);
    expect_moment(plan.at(1), 2, {0, 1});
    EXPECT_EQ(plan.duration(1, std::array{Rational{1, 10}, Rational{1, 20}}), (Rational{3, 20}));
    EXPECT_EQ(plan.intervals(2).last, 4);
    EXPECT_EQ(plan.duration(2, std::array{Rational{1, 10}}), (Rational{1, 10}));
}

TEST(Multiplied, RefusesFactors) {
    EXPECT_EQ(sentence([] { Multiplied(3, {0, 1}); }), "the factor must be above 0; got 0");
    EXPECT_EQ(sentence([] { Multiplied(3, {-1, 2}); }), "the factor must be above 0; got -1/2");
    EXPECT_EQ(sentence([] {
                  Multiplied(1 << 20, {1 << 11, 1});
              }),
              "a factor of 2048 makes more than 2147483647 frames of a clip of 1048576; use a smaller one or "
              "a part of the clip");
    EXPECT_EQ(Multiplied(1 << 20, {(1 << 11) - 1, 1}).frames(), 2146435072);
}

TEST(Resampled, FilmToVideo) {
    const Resampled plan(Times::constant(4, {1001, 24000}), {60000, 1001});
    EXPECT_EQ(plan.frames(), 10);
    expect_moment(plan.at(1), 0, {2, 5});
    expect_moment(plan.at(5), 2, {0, 1});
    EXPECT_EQ(plan.duration(9, {}), (Rational{1001, 60000}));
}

TEST(Resampled, OfStatedTimes) {
    const std::array<std::int64_t, 4> times = {100, 142, 183, 225};
    const Resampled plan(Times::stated(times, 4, {1, 1000}, std::nullopt), {50, 1});
    EXPECT_EQ(plan.frames(), 9); // 167 ms
    expect_moment(plan.at(2), 0, {20, 21});
    expect_moment(plan.at(3), 1, {18, 41});
    EXPECT_EQ(plan.duration(8, {}), (Rational{7, 1000}));
}

TEST(Times, TheLastFrameTakesTheIntervalBeforeIt) {
    const std::array<std::int64_t, 3> times = {5, 7, 10};
    EXPECT_EQ(Times::stated(times, 3, {1, 10}, Rational{1, 25}).begin(3), 8);
    EXPECT_EQ(Times::stated(times, 2, {1, 10}, Rational{1, 25}).begin(2), 5);
    const Times one = Times::stated(std::span(times).first(1), 1, {1, 10}, Rational{1, 25});
    EXPECT_EQ((Rational{one.begin(1), 1} * one.tick()), (Rational{1, 25}));
    EXPECT_NE(sentence([&] {
                  static_cast<void>(Times::stated(std::span(times).first(1), 1, {1, 10}, {}));
              }),
              "");
}

TEST(Times, RefusesTimesThatDoNotGrow) {
    const std::array<std::int64_t, 3> times = {5, 7, 7};
    EXPECT_EQ(sentence([&] {
                  static_cast<void>(Times::stated(times, 3, {1, 10}, {}));
              }),
              "\"timestamps\" must grow from frame to frame; frame 1 is at 7 and frame 2 at 7");
}

TEST(Resampled, RefusesRates) {
    EXPECT_EQ(sentence([] {
                  Resampled(Times::constant(4, {1, 24}), {0, 1});
              }),
              "the frame rate must be above 0; got 0");
    EXPECT_NE(sentence([] { Resampled(Times::constant(1 << 30, {1, 1}), {3, 1}); }), "");
}

TEST(Duration, OfAFrameThatStatesNone) {
    const Rational rate{1, 25};
    const Stated own = {Rational{1, 10}, std::nullopt, std::nullopt};
    EXPECT_EQ(duration_of(own, 0, rate), (Rational{1, 10}));
    EXPECT_EQ(duration_of(own, 1, rate), (Rational{1, 10}));
    EXPECT_EQ(duration_of(own, 2, rate), rate);
    EXPECT_EQ(duration_of(own, 2, std::nullopt), (Rational{1, 10}));
    const Stated none = {std::nullopt};
    EXPECT_EQ(duration_of(none, 0, rate), rate);
    EXPECT_EQ(duration_of(none, 0, std::nullopt), std::nullopt);
}

TEST(Picture, IsTheNearerFrame) {
    EXPECT_EQ(nearer_frame({3, {1, 2}}, 9), 3);
    EXPECT_EQ(nearer_frame({3, {2, 3}}, 9), 4);
    EXPECT_EQ(nearer_frame({8, {2, 3}}, 9), 8);
}

} // namespace
} // namespace vsmlrt::timeline
