// What the scene detector sees.
#include "pixel/scene.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace vsmlrt::pixel {
namespace {

constexpr int width = 61;
constexpr int height = 1003; // some rows are left out
constexpr int stride = 64;

struct LumaPicture {
    std::vector<std::uint8_t> samples =
        std::vector<std::uint8_t>(static_cast<std::size_t>(stride) * height, 77);

    template <typename Value>
    explicit LumaPicture(Value &&value) {
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                samples[static_cast<std::size_t>(y * stride + x)] = static_cast<std::uint8_t>(value(x, y));
    }
    [[nodiscard]] Luma luma() const { return {samples.data(), stride, width, height}; }
};

TEST(SceneChange, IsZeroForOnePictureAndOneForBlackAndWhite) {
    const LumaPicture black([](int, int) { return 0; });
    const LumaPicture white([](int, int) { return 255; });
    EXPECT_EQ(scene_change(black.luma(), black.luma()), 0);
    EXPECT_EQ(scene_change(black.luma(), white.luma()), 1);
    EXPECT_EQ(scene_change(white.luma(), black.luma()), 1);
}

TEST(SceneChange, MotionIsNone) {
    const LumaPicture left([](int x, int) { return x < 20 ? 250 : 20; });
    const LumaPicture right([](int x, int) { return x >= width - 20 ? 250 : 20; });
    EXPECT_EQ(scene_change(left.luma(), right.luma()), 0);
}

TEST(SceneChange, IsTheGeometricMeanOfBoth) {
    const LumaPicture dark([](int, int) { return 40; });
    const LumaPicture half([](int x, int) { return x % 2 == 0 ? 40 : 91; });
    const double share = 30.0 / width;
    EXPECT_NEAR(scene_change(dark.luma(), half.luma()), std::sqrt(share * 51 / 255 * share), 1e-9);
}

} // namespace
} // namespace vsmlrt::pixel
