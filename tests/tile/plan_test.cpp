// Plans worked out by hand, and what is refused.
#include "base/error.h"
#include "tile/plan.h"

#include <gtest/gtest.h>

namespace vsmlrt::tile {
namespace {

// A request that matters in its width only.
Request wide(int width, int tile, int overlap, int multiple, int receptive_field) {
    return {.width = width,
            .height = multiple,
            .tile_width = tile,
            .tile_height = multiple,
            .overlap_width = overlap,
            .overlap_height = 0,
            .multiple = multiple,
            .receptive_field = receptive_field};
}

TEST(Plan, LastTileMovesInwardAndKeepsItsMultiple) {
    EXPECT_EQ(to_text(make_plan(wide(100, 40, 8, 4, 4))),
              "column 0: reads [0, 40), counts in [0, 36), ramps 0 and 8\n"
              "column 1: reads [24, 64), counts in [28, 60), ramps 8 and 8\n"
              "column 2: reads [48, 88), counts in [52, 80), ramps 8 and 12\n"
              "column 3: reads [60, 100), counts in [68, 100), ramps 12 and 0\n"
              "row 0: reads [0, 4), counts in [0, 4), ramps 0 and 0\n");
}

TEST(Plan, WithoutOverlapTilesJoinHard) {
    EXPECT_EQ(to_text(make_plan(wide(24, 8, 0, 8, 3))),
              "column 0: reads [0, 8), counts in [0, 8), ramps 0 and 0\n"
              "column 1: reads [8, 16), counts in [8, 16), ramps 0 and 0\n"
              "column 2: reads [16, 24), counts in [16, 24), ramps 0 and 0\n"
              "row 0: reads [0, 8), counts in [0, 8), ramps 0 and 0\n");
}

TEST(Plan, WithoutOverlapTheLastTileStillFeathersWhatItComputesAgain) {
    EXPECT_EQ(to_text(make_plan(wide(20, 8, 0, 4, -1))),
              "column 0: reads [0, 8), counts in [0, 8), ramps 0 and 0\n"
              "column 1: reads [8, 16), counts in [8, 15), ramps 0 and 2\n"
              "column 2: reads [12, 20), counts in [13, 20), ramps 2 and 0\n"
              "row 0: reads [0, 4), counts in [0, 4), ramps 0 and 0\n");
}

TEST(Plan, OverlapOfTheReceptiveFieldLeavesNothingToFeather) {
    EXPECT_EQ(to_text(make_plan(wide(20, 16, 7, 1, 7))),
              "column 0: reads [0, 16), counts in [0, 9), ramps 0 and 0\n"
              "column 1: reads [2, 18), counts in [9, 11), ramps 0 and 0\n"
              "column 2: reads [4, 20), counts in [11, 20), ramps 0 and 0\n"
              "row 0: reads [0, 1), counts in [0, 1), ramps 0 and 0\n");
}

TEST(Plan, OverlapBelowTheReceptiveFieldJoinsInItsMiddle) {
    EXPECT_EQ(to_text(make_plan(wide(28, 16, 2, 1, 5))),
              "column 0: reads [0, 16), counts in [0, 14), ramps 0 and 0\n"
              "column 1: reads [12, 28), counts in [14, 28), ramps 0 and 0\n"
              "row 0: reads [0, 1), counts in [0, 1), ramps 0 and 0\n");
}

TEST(Plan, UnknownReceptiveFieldCutsHalfOfTheOverlapAndFeathersHalf) {
    EXPECT_EQ(to_text(make_plan(wide(48, 32, 8, 16, -1))),
              "column 0: reads [0, 32), counts in [0, 28), ramps 0 and 8\n"
              "column 1: reads [16, 48), counts in [20, 48), ramps 8 and 0\n"
              "row 0: reads [0, 16), counts in [0, 16), ramps 0 and 0\n");
}

TEST(Plan, StepIsRoundedDownToTheMultiple) {
    // 2 x 5 of 24 leave 14, of which 8 are whole.
    const Plan plan = make_plan(wide(40, 24, 5, 8, 5));
    ASSERT_EQ(plan.columns.size(), 3U);
    EXPECT_EQ(plan.columns[1].origin, 8);
    EXPECT_EQ(plan.columns[2].origin, 16);
}

TEST(Plan, TileThatCoversTheFrameIsTheFrame) {
    const Plan plan = make_plan(wide(64, 128, 100, 8, 9));
    EXPECT_TRUE(plan.single());
    EXPECT_EQ(to_text(plan), "column 0: reads [0, 64), counts in [0, 64), ramps 0 and 0\n"
                             "row 0: reads [0, 8), counts in [0, 8), ramps 0 and 0\n");
}

// Of every position that the span counts in.
std::vector<float> weights(const Span &span, int scale) {
    std::vector<float> values;
    for (int x = span.begin * scale; x < span.end * scale; ++x)
        values.push_back(weight(span, scale, x));
    return values;
}

TEST(Weight, IsTheRampAtPixelCentres) {
    const Span span{.origin = 0, .size = 16, .begin = 4, .end = 12, .ramp_in = 2, .ramp_out = 1};
    EXPECT_EQ(weights(span, 1), (std::vector<float>{0.25F, 0.75F, 1, 1, 1, 1, 1, 0.5F}));
    EXPECT_EQ(weights(span, 2), (std::vector<float>{0.125F, 0.375F, 0.625F, 0.875F, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                    1, 0.75F, 0.25F}));
    EXPECT_EQ(weight(span, 1, 3), 0.0F);
    EXPECT_EQ(weight(span, 1, 12), 0.0F);
}

std::string refusal(const Request &request) {
    try {
        const Plan plan = make_plan(request);
        return "accepted";
    } catch (const BadArgument &error) {
        return error.what();
    }
}

TEST(Refusal, NamesTheFiguresAndWhatIsAccepted) {
    EXPECT_EQ(refusal(wide(0, 8, 0, 8, 0)),
              "frame width 0 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
    EXPECT_EQ(refusal(wide(1 << 30, (1 << 30) + 8, 0, 8, 0)),
              "tile width 1073741832 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
    EXPECT_EQ(refusal(wide(64, -8, 0, 8, 0)),
              "tile width -8 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
    EXPECT_EQ(refusal(wide(64, 30, 0, 8, 0)),
              "tile width 30 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
    EXPECT_EQ(refusal(wide(60, 32, 0, 8, 0)),
              "frame width 60 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
    EXPECT_EQ(refusal(wide(64, 32, -1, 8, 0)),
              "overlap -1 of the tile width is not accepted: it must be from 0 to 1073741824");
    EXPECT_EQ(refusal(wide(64, 32, 16, 8, 0)), "tile width 32 is too small for an overlap of 16: it must be "
                                               "40 (2 x overlap + the size multiple 8) or "
                                               "more, or cover the frame's 64");
    EXPECT_EQ(refusal(wide(64, 32, 1 << 30, 8, 0)),
              "tile width 32 is too small for an overlap of 1073741824: it must be 2147483656 (2 x overlap + "
              "the size "
              "multiple 8) or more, or cover the frame's 64");
    Request request = wide(64, 32, 0, 8, 0);
    request.multiple = 0;
    EXPECT_EQ(refusal(request), "size multiple 0 is not accepted: it must be from 1 to 1073741824");
    request.multiple = 8;
    request.tile_height = 12;
    EXPECT_EQ(refusal(request),
              "tile height 12 is not accepted: it must be a multiple of 8 from 8 to 1073741824");
}

TEST(Refusal, LeavesTheLargestSizesAlone) {
    EXPECT_EQ(refusal(wide(1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30)), "accepted");
    EXPECT_EQ(refusal(wide(1 << 30, 1 << 29, 0, 1 << 29, 0)), "accepted");
}

} // namespace
} // namespace vsmlrt::tile
