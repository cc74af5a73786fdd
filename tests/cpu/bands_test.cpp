#include "cpu/bands.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace vsmlrt::test {
namespace {

using cpu::Band;
using cpu::Bands;
using cpu::BandsDesc;

std::string text(const Bands &plan) {
    std::string lines;
    for (const Band &band : plan.bands) {
        lines += "step " + std::to_string(band.step) + " rows " + std::to_string(band.begin) + " to " +
                 std::to_string(band.end);
        if (band.first > 0)
            lines += ", window from " + std::to_string(band.first) + ", " + std::to_string(band.moved) +
                     " moved by " + std::to_string(band.moved_from);
        lines += "\n";
    }
    return lines;
}

TEST(Bands, EveryLayerIsAheadOfItsReaderByWhatTheReaderSees) {
    const BandsDesc desc = {
        {20, 20, 20, 20}, {{0, -1, -1, {1, 1}}, {1, -1, -1, {1, 1}}, {2, -1, -1, {1, 1}, true}}, 8, 4};
    const Bands plan = plan_bands(desc);
    EXPECT_EQ(text(plan), "step 0 rows 0 to 8\n"
                          "step 1 rows 0 to 4\n"
                          "step 0 rows 8 to 16, window from 3, 5 moved by 3\n"
                          "step 1 rows 4 to 12\n"
                          "step 2 rows 0 to 8\n"
                          "step 0 rows 16 to 20, window from 11, 5 moved by 8\n"
                          "step 1 rows 12 to 20, window from 7, 5 moved by 7\n"
                          "step 2 rows 8 to 16\n"
                          "step 2 rows 16 to 20\n");
    EXPECT_EQ(plan.capacities, (std::vector<std::int64_t>{13, 13, 0}));
}

TEST(Bands, AValueThatIsAddedLaterStaysUntilThen) {
    const BandsDesc desc = {
        {16, 16, 16, 16}, {{0, -1, -1, {1, 1}}, {1, -1, -1, {1, 1}}, {2, 1, -1, {1, 1}, true}}, 4, 4};
    const Bands plan = plan_bands(desc);
    // When row 12 of the first step comes, the last step has come to row 4 and still adds from there.
    EXPECT_EQ(text(plan), "step 0 rows 0 to 4\n"
                          "step 0 rows 4 to 8\n"
                          "step 1 rows 0 to 4\n"
                          "step 0 rows 8 to 12\n"
                          "step 1 rows 4 to 8\n"
                          "step 2 rows 0 to 4\n"
                          "step 0 rows 12 to 16, window from 4, 8 moved by 4\n"
                          "step 1 rows 8 to 12, window from 3, 5 moved by 3\n"
                          "step 2 rows 4 to 8\n"
                          "step 1 rows 12 to 16, window from 7, 5 moved by 4\n"
                          "step 2 rows 8 to 12\n"
                          "step 2 rows 12 to 16\n");
}

// The first steps do not begin with all the rows that the last ones are behind.
TEST(Bands, WindowsDoNotGrowWithTheChain) {
    for (const std::int64_t steps : {4, 40}) {
        BandsDesc desc;
        desc.heights.assign(static_cast<std::size_t>(steps) + 1, 500);
        for (std::int64_t step = 0; step < steps; ++step)
            desc.steps.push_back({step, -1, -1, {1, 1}, step == steps - 1});
        desc.rows = 8;
        desc.unit = 4;
        for (const std::int64_t rows : plan_bands(desc).capacities)
            EXPECT_LE(rows, 13) << steps;
    }
}

// Runs a plan by its rules: each row is computed once, and what a step reads is in its window.
void check(const BandsDesc &desc, const Bands &plan) {
    const std::size_t inputs = desc.heights.size() - desc.steps.size();
    std::vector<std::int64_t> done(desc.steps.size());
    std::vector<std::int64_t> first(desc.steps.size());
    const auto has = [&](std::int64_t value, std::int64_t begin, std::int64_t end) {
        if (value < static_cast<std::int64_t>(inputs))
            return true;
        const std::size_t step = static_cast<std::size_t>(value) - inputs;
        return first[step] <= begin &&
               std::min(end, desc.heights[static_cast<std::size_t>(value)]) <= done[step];
    };
    for (const Band &band : plan.bands) {
        const auto i = static_cast<std::size_t>(band.step);
        const BandsDesc::Step &step = desc.steps[i];
        ASSERT_EQ(band.begin, done[i]);
        ASSERT_GT(band.end, band.begin);
        ASSERT_TRUE(band.begin % desc.unit == 0 &&
                    (band.end % desc.unit == 0 || band.end == desc.heights[inputs + i]));
        if (!step.is_output) {
            ASSERT_EQ(band.moved_from, band.first - first[i]);
            ASSERT_EQ(band.moved, band.moved_from > 0 ? done[i] - band.first : 0);
            ASSERT_LE(band.end - band.first, plan.capacities[i]);
            first[i] = band.first;
        }
        const std::int64_t units_end = (band.end + desc.unit - 1) / desc.unit * desc.unit;
        const cpu::RowsRead &rows = step.rows;
        ASSERT_TRUE(has(step.input,
                        std::max<std::int64_t>(0, band.begin * rows.stride / rows.repeat - rows.above),
                        (units_end - 1) * rows.stride / rows.repeat + rows.below + 1));
        for (const std::int64_t added : {step.added_before, step.added_after})
            ASSERT_TRUE(added < 0 || has(added, band.begin, band.end));
        done[i] = band.end;
    }
    for (std::size_t i = 0; i < done.size(); ++i)
        if (desc.steps[i].is_output) {
            ASSERT_EQ(done[i], desc.heights[inputs + i]);
        }
}

TEST(Bands, WhatAStepReadsIsThereWhateverTheChain) {
    std::mt19937 random(5);
    const auto up_to = [&](std::int64_t most) { return static_cast<std::int64_t>(random()) % (most + 1); };
    for (int round = 0; round < 2000; ++round) {
        BandsDesc desc = {{9 + up_to(90)}, {}, 4 + up_to(30), up_to(1) > 0 ? 4 : 1};
        for (std::int64_t i = 0; i < 1 + up_to(8); ++i) {
            // Mostly the value before, sometimes an earlier one.
            const std::int64_t input = up_to(3) > 0 ? i : up_to(i);
            const std::int64_t from = desc.heights[static_cast<std::size_t>(input)];
            const std::int64_t top = up_to(2);
            const std::int64_t form = up_to(9);
            cpu::RowsRead rows = {top, 2 - top};
            std::int64_t height = std::max<std::int64_t>(1, from + top + up_to(2) - 2);
            if (form == 0 && from >= 2) {
                rows = {0, 1, 2, 1};
                height = from / 2;
            } else if (form == 1 && from <= 200) {
                rows = {0, 0, 1, 2};
                height = from * 2;
            }
            std::int64_t added = up_to(i);
            if (desc.heights[static_cast<std::size_t>(added)] != height)
                added = -1;
            desc.steps.push_back({input, added, -1, rows, up_to(4) == 0});
            desc.heights.push_back(height);
        }
        desc.steps.back().is_output = true;
        check(desc, plan_bands(desc));
        ASSERT_FALSE(testing::Test::HasFatalFailure()) << "round " << round;
    }
}

} // namespace
} // namespace vsmlrt::test
