// Frames of several formats on the emulated driver, which runs the kernels' own text.
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "cuda/frame_conversions.h"

#include <gtest/gtest.h>

#include <optional>

namespace vsmlrt::cuda {
namespace {

constexpr vsmlrt_frame_format yuv(vsmlrt_sample sample, int bits, int subsampling_w, int subsampling_h) {
    return {VSMLRT_YUV, sample, bits, subsampling_w, subsampling_h, 1, 0, 0};
}

struct Conversion {
    vsmlrt_frame_format from = {};
    vsmlrt_frame_format to = from;
    vsmlrt_extent extent = test::conversion_extent;
    int tiles = 1;
    int interlaced = 0;
};

constexpr vsmlrt_frame_format usual = yuv(VSMLRT_INTEGER, 8, 1, 1);
constexpr vsmlrt_frame_format rgb = {VSMLRT_RGB, VSMLRT_INTEGER, 8, 0, 0, 0, 1, 0};

const Conversion conversions[] = {
    {.from = usual},
    {.from = usual, .interlaced = 1},
    {.from = usual, .tiles = 2},
    {.from = yuv(VSMLRT_INTEGER, 16, 2, 0), .to = yuv(VSMLRT_FLOAT, 32, 2, 2)},
    {.from = rgb, .to = yuv(VSMLRT_FLOAT, 16, 1, 0)},
    {.from = {VSMLRT_YUV, VSMLRT_INTEGER, 8, 1, 1, 8, 1, 1},
     .to = {VSMLRT_YUV, VSMLRT_INTEGER, 10, 1, 1, 8, 0, 3}},
    {.from = yuv(VSMLRT_INTEGER, 16, 2, 1), .to = yuv(VSMLRT_INTEGER, 16, 0, 1), .interlaced = 1},
    {.from = yuv(VSMLRT_INTEGER, 16, 2, 2), .to = yuv(VSMLRT_INTEGER, 16, 2, 0), .tiles = 2},
    {.from = yuv(VSMLRT_FLOAT, 16, 0, 1), .to = {VSMLRT_RGB, VSMLRT_INTEGER, 10, 0, 0, 0, 1, 0}},
    {.from = {VSMLRT_GRAY, VSMLRT_INTEGER, 8, 0, 0, 1, 0, 0},
     .to = yuv(VSMLRT_INTEGER, 10, 0, 0),
     .tiles = 3},
    // Rows that do not begin where words of memory do, strips that are cut, and fewer samples than a filter
    // reads.
    {.from = usual, .extent = {102, 74}},
    {.from = usual, .extent = {134, 38}},
    {.from = usual, .extent = {130, 2}},
    {.from = usual, .extent = {2, 66}},
    {.from = usual, .extent = {6, 6}},
    {.from = usual, .extent = {4, 4}},
    {.from = usual, .extent = {2, 2}},
    {.from = usual, .extent = {106, 76}, .interlaced = 1},
    {.from = yuv(VSMLRT_INTEGER, 16, 1, 0), .extent = {102, 75}},
    {.from = yuv(VSMLRT_INTEGER, 8, 1, 0), .extent = {6, 1}},
    {.from = yuv(VSMLRT_INTEGER, 8, 2, 0), .extent = {132, 75}},
    {.from = yuv(VSMLRT_INTEGER, 8, 2, 0), .extent = {4, 3}},
    {.from = yuv(VSMLRT_INTEGER, 8, 2, 2), .extent = {124, 44}},
    {.from = yuv(VSMLRT_INTEGER, 8, 2, 2), .extent = {4, 4}},
    {.from = yuv(VSMLRT_INTEGER, 8, 0, 1), .extent = {101, 70}},
    {.from = yuv(VSMLRT_FLOAT, 32, 0, 1), .extent = {1, 6}},
    {.from = yuv(VSMLRT_INTEGER, 8, 0, 0), .extent = {101, 75}},
};

// On a context for a network, at any size of a frame.
class ConvertedFrames : public testing::Test {
protected:
    explicit ConvertedFrames(const model::Network &network = test::that_changes_nothing())
        : onnx_(model::write_onnx(network)) {
        EXPECT_TRUE(test::named);
        emulated_reset(0);
        program_.emplace(list_devices().front(), test::described(onnx_, {1, 1}, test::conversion_extent));
        context_.emplace(*program_);
    }
    void TearDown() override {
        context_.reset();
        program_.reset();
        EXPECT_EQ(emulated_live(), 0U);
        EXPECT_STREQ(emulated_faults(), "");
    }
    [[nodiscard]] Context &context() { return *context_; }

private:
    std::vector<std::byte> onnx_;
    std::optional<Program> program_;
    std::optional<Context> context_;
};

class FramesOfAPair : public ConvertedFrames {
protected:
    FramesOfAPair() : ConvertedFrames(test::that_subtracts()) {}
};

TEST_F(ConvertedFrames, AreWhatTheReferenceMakesOfThem) {
    for (const Conversion &each : conversions)
        test::check_conversion(context(), each.from, each.to, each.tiles, each.interlaced, 5, each.extent);
}

TEST_F(ConvertedFrames, AreRepeatedAsTheBorderSays) {
    for (const vsmlrt_border border : {VSMLRT_BORDER_MIRROR, VSMLRT_BORDER_EDGE, VSMLRT_BORDER_ZERO})
        for (const auto &[x, y] : {std::pair{-10, -6}, {-8, 0}, {7, 5}, {0, 8}, {-3, 4}})
            for (const int interlaced : {0, 1})
                test::check_border(context(), usual, border, x, y, interlaced);
    test::check_border(context(), yuv(VSMLRT_INTEGER, 16, 2, 2), VSMLRT_BORDER_MIRROR, -5, 3, 0);
    test::check_border(context(), yuv(VSMLRT_FLOAT, 32, 0, 1), VSMLRT_BORDER_MIRROR, -5, 3, 1);
}

TEST(FramesOfAPart, AreThoseOfTheCard) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    for (const int interlaced : {0, 1}) {
        test::check_part(list_devices().front(), usual, interlaced);
        test::check_part(list_devices().front(), yuv(VSMLRT_INTEGER, 16, 2, 2), interlaced);
        test::check_part(list_devices().front(), yuv(VSMLRT_INTEGER, 8, 0, 1), interlaced);
        test::check_part(list_devices().front(), yuv(VSMLRT_FLOAT, 16, 1, 0), interlaced);
    }
    EXPECT_EQ(emulated_live(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

// By one launch.
TEST_F(FramesOfAPair, AreDecodedTogether) {
    for (const int tiles : {1, 2}) {
        test::check_two_frames(context(), usual, tiles, 7);
        test::check_two_frames(context(), yuv(VSMLRT_FLOAT, 16, 2, 0), tiles, 8);
        test::check_two_frames(context(), rgb, tiles, 9);
    }
}

} // namespace
} // namespace vsmlrt::cuda
