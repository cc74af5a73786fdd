#include "engine/shape_range.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace vsmlrt::engine {
namespace {

ShapeRange range_of(const ShapeOptions &options, vsmlrt_extent tile, int minimum = 1, int multiple = 1) {
    return make_shape_range(options, tile, minimum, multiple);
}

std::string refusal(const ShapeOptions &options, vsmlrt_extent tile, int multiple = 1) {
    try {
        static_cast<void>(make_shape_range(options, tile, 1, multiple));
    } catch (const BadArgument &error) {
        return error.what();
    }
    return "(accepted)";
}

TEST(ShapeRange, StaticIsTheTile) {
    const ShapeRange range = range_of({}, {640, 360});
    EXPECT_TRUE(range.is_static());
    EXPECT_EQ(extent_text(range.opt), "640x360");
    EXPECT_TRUE(range_of({true, {}, PictureSize{640, 360}, {}}, {640, 360}).is_static());
}

TEST(ShapeRange, DynamicFillsWhatIsLeftOut) {
    const ShapeRange range = range_of({false, {}, {}, PictureSize{1920, 1088}}, {640, 352}, 20, 16);
    EXPECT_FALSE(range.is_static());
    EXPECT_EQ(extent_text(range.min), "32x32");
    EXPECT_EQ(extent_text(range.opt), "640x352");
    EXPECT_EQ(extent_text(range.max), "1920x1088");
}

TEST(ShapeRange, ContradictionsAreNamed) {
    const vsmlrt_extent tile = {64, 64};
    EXPECT_EQ(refusal({true, {}, PictureSize{32, 32}, {}}, tile),
              "\"opt_shapes\" is 32x32, and with static_shape it can only be the tile's size, 64x64; leave "
              "it out or "
              "set static_shape=False");
    EXPECT_EQ(extent_text(range_of({false, {}, {}, {}}, tile).max), "64x64");
    EXPECT_NE(refusal({false, {}, PictureSize{32, 32}, {}}, tile)
                  .find("tiles of 64x64 are outside of the range from 1x1 to 32x32"),
              std::string::npos);
    EXPECT_NE(refusal({false, PictureSize{128, 8}, {}, PictureSize{100, 100}}, tile)
                  .find("\"min_shapes\" (128x8) must not be"),
              std::string::npos);
    EXPECT_NE(refusal({false, {}, PictureSize{128, 64}, PictureSize{100, 100}}, tile)
                  .find("\"opt_shapes\" (128x64) must be"),
              std::string::npos);
    EXPECT_NE(refusal({false, {}, {}, PictureSize{63, 100}}, tile)
                  .find("tiles of 64x64 are outside of the range from 1x1 to 63x100"),
              std::string::npos);
    EXPECT_NE(refusal({false, {}, {}, PictureSize{-4, 100}}, tile).find("at least 1; got -4x100"),
              std::string::npos);
    EXPECT_NE(refusal({false, {}, {}, PictureSize{100, 100}}, tile, 8).find("multiple of 8"),
              std::string::npos);
}

} // namespace
} // namespace vsmlrt::engine
