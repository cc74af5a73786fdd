// What holds for every timeline, tried on thousands of random ones.
#include "timeline/multiplied.h"
#include "timeline/resampled.h"

#include <gtest/gtest.h>

#include <random>

namespace vsmlrt::timeline {
namespace {

class Sources {
public:
    explicit Sources(unsigned seed) : random_(seed) {}

    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    Rational fraction(int largest) { return reduced(pick(1, largest), pick(1, largest)); }

    // As in a file: one time base, a frame rate that holds mostly.
    std::vector<Rational> durations() {
        constexpr int bases[] = {1000, 24000, 30, 90000};
        const int base = bases[pick(0, 3)];
        std::vector<Rational> result(static_cast<std::size_t>(pick(1, 40)));
        for (Rational &duration : result)
            duration = reduced(pick(0, 3) == 0 ? pick(1, base) : base / 24 + 1, base);
        return result;
    }

    std::vector<bool> cuts(std::size_t frames) {
        std::vector<bool> result(frames);
        for (std::size_t i = 0; i < frames; ++i)
            result[i] = pick(0, 4) == 0;
        return result;
    }

private:
    std::mt19937 random_;
};

Rational sum(std::span<const Rational> parts) {
    Rational total;
    for (const Rational &part : parts)
        total = total + part;
    return total;
}

template <typename Plan>
void expect_order_and_sums(const Plan &plan, const std::vector<Rational> &durations) {
    Rational total;
    Rational before{-1, 1};
    for (int k = 0; k < plan.frames(); ++k) {
        const Moment moment = plan.at(k);
        ASSERT_GE(moment.t.num, 0);
        ASSERT_LT(moment.t.num, moment.t.den);
        const Rational here = Rational{moment.frame, 1} + moment.t;
        ASSERT_GT(here, before);
        ASSERT_LT(here, (Rational{plan.source_frames(), 1}));
        before = here;
        const Intervals used = plan.intervals(k);
        const auto first = static_cast<std::size_t>(used.first);
        const Rational length = plan.duration(
            k, std::span(durations).subspan(first, static_cast<std::size_t>(used.last - used.first + 1)));
        ASSERT_GT(length, (Rational{0, 1}));
        total = total + length;
    }
    EXPECT_EQ(plan.at(0).frame, 0);
    EXPECT_EQ(plan.at(0).t.num, 0);
    EXPECT_EQ(total, sum(durations));
}

// A frame that is repeated over a cut stands on its own side of it, and a morph crosses none.
template <typename Plan>
void expect_no_frame_from_beyond_a_cut(const Plan &plan, const std::vector<bool> &cut_after) {
    for (int k = 0; k < plan.frames(); ++k) {
        const Moment moment = plan.at(k);
        const int nearer = nearer_frame(moment, plan.source_frames());
        if (!has_pair(moment, plan.source_frames())) {
            EXPECT_EQ(nearer, moment.frame);
            continue;
        }
        if (!cut_after[static_cast<std::size_t>(moment.frame)])
            continue;
        const bool second_half = moment.t > Rational{1, 2};
        EXPECT_EQ(nearer, moment.frame + (second_half ? 1 : 0));
        for (int other : {moment.frame, moment.frame + 1}) {
            const Rational position = Rational{moment.frame, 1} + moment.t;
            const auto away = [&](int frame) {
                const Rational d = Rational{frame, 1} - position;
                return d.num < 0 ? Rational{-d.num, d.den} : d;
            };
            EXPECT_LE(away(nearer), away(other));
        }
    }
}

TEST(MultipliedProperties, CountOrderSumsAndCuts) {
    Sources sources(1);
    for (int round = 0; round < 2000; ++round) {
        const std::vector<Rational> durations = sources.durations();
        const int frames = static_cast<int>(durations.size());
        const Rational factor = sources.fraction(12);
        const Multiplied plan(frames, factor);
        EXPECT_EQ(plan.frames(), (frames * factor.num + factor.den - 1) / factor.den);
        expect_order_and_sums(plan, durations);
        expect_no_frame_from_beyond_a_cut(plan, sources.cuts(durations.size()));
        if (HasFatalFailure() || HasNonfatalFailure())
            FAIL() << "factor " << to_text(factor) << ", " << frames << " frames";
    }
}

// Whole factors divide every interval into equal parts.
TEST(MultipliedProperties, KeepTheCadenceOfEachInterval) {
    Sources sources(2);
    for (int round = 0; round < 300; ++round) {
        const std::vector<Rational> durations = sources.durations();
        const int factor = sources.pick(1, 9);
        const Multiplied plan(static_cast<int>(durations.size()), {factor, 1});
        for (int k = 0; k < plan.frames(); ++k) {
            const Rational &whole = durations[static_cast<std::size_t>(k / factor)];
            EXPECT_EQ(plan.duration(k, std::span(&whole, 1)), (whole / Rational{factor, 1}));
        }
    }
}

TEST(ResampledProperties, CountOrderSumsAndCuts) {
    Sources sources(3);
    for (int round = 0; round < 2000; ++round) {
        const std::vector<Rational> durations = sources.durations();
        const Rational rate = sources.pick(0, 1) == 0 ? sources.fraction(120) : Rational{24000, 1001};
        const Resampled plan(Times::successive(durations), rate);
        const Rational wanted = sum(durations) * rate;
        EXPECT_EQ(plan.frames(), (wanted.num + wanted.den - 1) / wanted.den);
        expect_order_and_sums(plan, durations);
        expect_no_frame_from_beyond_a_cut(plan, sources.cuts(durations.size()));
        if (HasFatalFailure() || HasNonfatalFailure())
            FAIL() << "rate " << to_text(rate) << ", " << durations.size() << " frames";
    }
}

// Each frame stands exactly at k / rate: begin of its source frame + t of its duration.
TEST(ResampledProperties, MomentsAreExact) {
    Sources sources(4);
    for (int round = 0; round < 500; ++round) {
        const std::vector<Rational> durations = sources.durations();
        const Rational rate = sources.fraction(60);
        const Resampled plan(Times::successive(durations), rate);
        for (int k = 0; k < plan.frames(); ++k) {
            const Moment moment = plan.at(k);
            const auto frame = static_cast<std::size_t>(moment.frame);
            const Rational begin = sum(std::span(durations).first(frame));
            EXPECT_EQ((begin + moment.t * durations[frame]), (Rational{k, 1} / rate));
        }
    }
}

} // namespace
} // namespace vsmlrt::timeline
