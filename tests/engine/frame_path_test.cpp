#include "base/error.h"
#include "engine/frame_path.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace vsmlrt {
namespace {

constexpr vsmlrt_extent tile = {16, 12};

vsmlrt_tensor picture(std::int64_t channels, std::int64_t width, std::int64_t height) {
    vsmlrt_tensor tensor = {};
    tensor.type = VSMLRT_FLOAT16;
    tensor.rank = 4;
    tensor.dims[0] = 1;
    tensor.dims[1] = channels;
    tensor.dims[2] = height;
    tensor.dims[3] = width;
    return tensor;
}

engine::Measured measure(const vsmlrt_tensor &output) {
    const vsmlrt_tensor input = picture(3, tile.width, tile.height);
    return engine::measure(std::span(&input, 1), std::span(&output, 1), tile);
}

TEST(FramePath, MeasuresWhatANetworkMakesOfATile) {
    const engine::Measured found = measure(picture(4, 32, 36));
    EXPECT_EQ(found.scale, 2);
    EXPECT_EQ(found.height_scale, 3);
    EXPECT_EQ(found.channels, 4);
    EXPECT_EQ(found.input_type, VSMLRT_FLOAT16);
}

TEST(FramePath, RefusesWhatIsNotOnePicture) {
    vsmlrt_tensor two = picture(3, 16, 12);
    two.dims[0] = 2;
    vsmlrt_tensor flat = picture(3, 16, 12);
    flat.rank = 3;
    for (const vsmlrt_tensor &output : {two, flat, picture(3, 17, 12), picture(3, 16, 6), picture(3, 8, 12)})
        EXPECT_THROW(static_cast<void>(measure(output)), BadModel);
    const std::array<vsmlrt_tensor, 2> both = {picture(3, 16, 12), picture(3, 16, 12)};
    EXPECT_THROW(static_cast<void>(engine::measure(both, both, tile)), BadModel);
}

// What a file says of its network is not to be believed.
TEST(FramePath, RefusesAResultOfWhichPlacesHaveNoNumber) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    EXPECT_THROW(static_cast<void>(measure(picture(3, 16 * (most + 1), 12))), BadModel);
    EXPECT_THROW(static_cast<void>(measure(picture(most + 1, 16, 12))), BadModel);
    const engine::Measured large = measure(picture(3, 16, 12 * (most / 32)));
    engine::Layout layout;
    layout.width = layout.height = 64;
    layout.tile = tile;
    EXPECT_THROW(static_cast<void>(engine::FramePath(layout, large)), BadModel);
    layout.height = 31;
    layout.plan.rows.push_back({.origin = 0, .begin = 0, .end = 40}); // of a padded frame
    EXPECT_THROW(static_cast<void>(engine::FramePath(layout, large)), BadModel);
}

} // namespace
} // namespace vsmlrt
