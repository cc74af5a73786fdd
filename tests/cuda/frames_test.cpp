// Frames of several formats on the emulated driver, which runs the kernels' own text.
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "cuda/frame_conversions.h"

#include <gtest/gtest.h>

namespace vsmlrt::cuda {
namespace {

constexpr vsmlrt_frame_format yuv(vsmlrt_sample sample, int bits, int subsampling_w, int subsampling_h) {
    return {VSMLRT_YUV, sample, bits, subsampling_w, subsampling_h, 1, 0, 0};
}

struct Conversion {
    vsmlrt_frame_format from, to;
    int tiles;
    int interlaced;
};

const Conversion conversions[] = {
    {yuv(VSMLRT_INTEGER, 8, 1, 1), yuv(VSMLRT_INTEGER, 8, 1, 1), 1, 0},
    {yuv(VSMLRT_INTEGER, 8, 1, 1), yuv(VSMLRT_INTEGER, 8, 1, 1), 1, 1},
    {yuv(VSMLRT_INTEGER, 8, 1, 1), yuv(VSMLRT_INTEGER, 8, 1, 1), 2, 0},
    {yuv(VSMLRT_INTEGER, 16, 2, 0), yuv(VSMLRT_FLOAT, 32, 2, 2), 1, 0},
    {{VSMLRT_RGB, VSMLRT_INTEGER, 8, 0, 0, 0, 1, 0}, yuv(VSMLRT_FLOAT, 16, 1, 0), 1, 0},
    {yuv(VSMLRT_FLOAT, 16, 0, 1), {VSMLRT_RGB, VSMLRT_INTEGER, 10, 0, 0, 0, 1, 0}, 1, 0},
    {{VSMLRT_GRAY, VSMLRT_INTEGER, 8, 0, 0, 1, 0, 0}, yuv(VSMLRT_INTEGER, 10, 0, 0), 3, 0},
};

TEST(Frames, AreConvertedAsTheReferenceConvertsThem) {
    const std::vector<std::byte> onnx = model::write_onnx(test::that_changes_nothing());
    const vsmlrt_program_desc desc = test::described(onnx, {16, 16}, test::conversion_extent);
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    {
        Program program(list_devices().front(), desc);
        Context context(program);
        for (const Conversion &each : conversions)
            test::check_conversion(context, each.from, each.to, each.tiles, each.interlaced, 5);
    }
    EXPECT_EQ(emulated_live(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

// Those of a pair are, by one launch.
TEST(Frames, OfAFormatAreDecodedTogether) {
    const std::vector<std::byte> onnx = model::write_onnx(test::that_subtracts());
    const vsmlrt_program_desc desc = test::described(onnx, {16, 16}, test::conversion_extent);
    emulated_reset(0);
    Program program(list_devices().front(), desc);
    Context context(program);
    for (const int tiles : {1, 2}) {
        test::check_two_frames(context, yuv(VSMLRT_INTEGER, 8, 1, 1), tiles, 7);
        test::check_two_frames(context, yuv(VSMLRT_FLOAT, 16, 2, 0), tiles, 8);
        test::check_two_frames(context, {VSMLRT_RGB, VSMLRT_INTEGER, 8, 0, 0, 0, 1, 0}, tiles, 9);
    }
    EXPECT_STREQ(emulated_faults(), "");
}

} // namespace
} // namespace vsmlrt::cuda
