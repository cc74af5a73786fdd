#include "module/shapes.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;

TEST(Shapes, OpenSizesArePicturesSizes) {
    EXPECT_EQ(sized({-1, 3, -1, -1}, {64, 48}), (Dims{1, 3, 48, 64}));
    EXPECT_EQ(sized({1, -1, -1, 7}, {64, 48}), (Dims{1, 1, 48, 7}));
    EXPECT_EQ(sized({-1, 5}, {64, 48}), (Dims{1, 5}));
    EXPECT_EQ(sized({}, {64, 48}), Dims{});
}

TEST(Shapes, AProgramForOneExtentIsStatic) {
    vsmlrt_program_desc desc = {};
    desc.min_extent = {8, 8};
    desc.max_extent = {8, 8};
    EXPECT_TRUE(is_static(desc));
    desc.max_extent = {8, 16};
    EXPECT_FALSE(is_static(desc));
    desc.max_extent = {16, 8};
    EXPECT_FALSE(is_static(desc));
}

TEST(Shapes, AreWorkedOutOnceAnExtent) {
    KnownShapes known;
    int calls = 0;
    const auto ask = [&](vsmlrt_extent extent) {
        return known.at(extent, [&] {
            ++calls;
            return IoShapes{{{1, 3, extent.height, extent.width}}, {}};
        });
    };
    EXPECT_EQ(ask({64, 48}).inputs.front(), (Dims{1, 3, 48, 64}));
    EXPECT_EQ(ask({48, 64}).inputs.front(), (Dims{1, 3, 64, 48}));
    EXPECT_EQ(ask({64, 48}).inputs.front(), (Dims{1, 3, 48, 64}));
    EXPECT_EQ(calls, 2);
}

TEST(Shapes, AFailureIsNotRemembered) {
    KnownShapes known;
    EXPECT_THROW(static_cast<void>(known.at({8, 8}, []() -> IoShapes { throw BadModel("no"); })), BadModel);
    EXPECT_EQ(known.at({8, 8}, [] { return IoShapes{{}, {{1}}}; }).outputs.front(), Dims{1});
}

} // namespace
