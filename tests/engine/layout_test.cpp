// Frames and tiles are brought to what the network takes; what cannot be is refused with the figures.
#include "engine/layout.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace vsmlrt {
namespace {

engine::Layout layout(int multiple, int minimum, engine::PictureSize frame,
                      std::optional<engine::PictureSize> tile = {}, engine::PictureSize overlap = {}) {
    model::Card card;
    card.channels = 3;
    card.multiple = multiple;
    card.minimum = minimum;
    engine::SessionOptions options;
    options.tile = tile;
    options.overlap = overlap;
    return engine::make_layout(card, options, frame);
}

std::string refusal(engine::PictureSize frame, engine::PictureSize tile, engine::PictureSize overlap,
                    int multiple = 1) {
    try {
        static_cast<void>(layout(multiple, 1, frame, tile, overlap));
    } catch (const BadArgument &error) {
        return error.what();
    }
    return "accepted";
}

TEST(Layout, PadsFramesToTheMultipleAndTheMinimum) {
    const engine::Layout plain = layout(8, 1, {61, 47});
    EXPECT_EQ(plain.tile.width, 64);
    EXPECT_EQ(plain.tile.height, 48);
    const engine::Layout small = layout(4, 32, {5, 33});
    EXPECT_EQ(small.tile.width, 32);
    EXPECT_EQ(small.tile.height, 36);
    EXPECT_EQ(small.width, 5);
}

TEST(Layout, RoundsTilesUpToTheMultipleAndDownToTheFrame) {
    const engine::Layout rounded = layout(8, 1, {200, 200}, engine::PictureSize{61, 33}, {8, 8});
    EXPECT_EQ(rounded.tile.width, 64);
    EXPECT_EQ(rounded.tile.height, 40);
    const engine::Layout huge = layout(8, 1, {61, 47}, engine::PictureSize{100000, 100000});
    EXPECT_EQ(huge.tile.width, 64);
    EXPECT_TRUE(huge.plan.single());
}

TEST(Layout, RefusesTilesThatTheirOverlapsUseUp) {
    EXPECT_EQ(
        refusal({100, 100}, {16, 100}, {8, 0}),
        "\"tilesize\" must be more than twice \"overlap\": with an overlap of 8 the tile's width must be at "
        "least 17; got 16");
    EXPECT_EQ(refusal({100, 100}, {0, 10}, {}), "\"tilesize\" must be at least 1x1; got 0x10");
    EXPECT_EQ(refusal({100, 100}, {10, 10}, {0, -1}), "\"overlap\" must be 0 or more; got 0x-1");
    EXPECT_EQ(refusal({100, 100}, {50, 50}, {2000000000, 0}),
              "\"tilesize\" must be more than twice \"overlap\": with an overlap of 2000000000 the tile's "
              "width must "
              "be at least 4000000001; got 50");
}

TEST(Layout, TakesEveryTileFromTheLeastThatItNamesOn) {
    EXPECT_EQ(
        refusal({100, 100}, {16, 100}, {6, 0}, 8),
        "\"tilesize\" must be more than twice \"overlap\": with an overlap of 6 and a size multiple of 8 "
        "the tile's width must be at least 17; got 16");
    for (int multiple = 1; multiple <= 9; ++multiple)
        for (int overlap = 0; overlap < 20; ++overlap) {
            int least = 1;
            while (refusal({200, 200}, {least, 200}, {overlap, 0}, multiple) != "accepted")
                ++least;
            EXPECT_EQ(least, (2 * overlap + multiple - 1) / multiple * multiple + 1);
            for (int tile = least; tile < 210; ++tile)
                EXPECT_EQ(refusal({200, 200}, {tile, 200}, {overlap, 0}, multiple), "accepted") << tile;
        }
}

TEST(Layout, AcceptsAnyOverlapWhenTheTileCoversTheFrame) {
    EXPECT_TRUE(layout(1, 1, {100, 100}, engine::PictureSize{100, 100}, {80, 80}).plan.single());
}

} // namespace
} // namespace vsmlrt
