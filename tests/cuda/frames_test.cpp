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
    {{VSMLRT_YUV, VSMLRT_INTEGER, 8, 1, 1, 8, 1, 1}, {VSMLRT_YUV, VSMLRT_INTEGER, 10, 1, 1, 8, 0, 3}, 1, 0},
    {yuv(VSMLRT_INTEGER, 16, 2, 1), yuv(VSMLRT_INTEGER, 16, 0, 1), 1, 1},
    {yuv(VSMLRT_INTEGER, 16, 2, 2), yuv(VSMLRT_INTEGER, 16, 2, 0), 2, 0},
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

TEST(Frames, AreRepeatedAsTheBorderSays) {
    const std::vector<std::byte> onnx = model::write_onnx(test::that_changes_nothing());
    const vsmlrt_program_desc desc = test::described(onnx, {16, 16}, test::conversion_extent);
    emulated_reset(0);
    Program program(list_devices().front(), desc);
    Context context(program);
    for (const vsmlrt_border border : {VSMLRT_BORDER_MIRROR, VSMLRT_BORDER_EDGE, VSMLRT_BORDER_ZERO})
        for (const auto &[x, y] : {std::pair{-10, -6}, {-8, 0}, {7, 5}, {0, 8}, {-3, 4}})
            for (const int interlaced : {0, 1})
                test::check_border(context, yuv(VSMLRT_INTEGER, 8, 1, 1), border, x, y, interlaced);
    test::check_border(context, yuv(VSMLRT_INTEGER, 16, 2, 2), VSMLRT_BORDER_MIRROR, -5, 3, 0);
    test::check_border(context, yuv(VSMLRT_FLOAT, 32, 0, 1), VSMLRT_BORDER_MIRROR, -5, 3, 1);
    EXPECT_STREQ(emulated_faults(), "");
}

// Rows that do not begin where words of memory do, strips that are cut, and fewer samples than a filter
// reads.
TEST(Frames, AreOfAnySizeThatAClipCanHave) {
    const std::vector<std::byte> onnx = model::write_onnx(test::that_changes_nothing());
    const vsmlrt_program_desc desc = test::described(onnx, {2, 2}, test::conversion_extent);
    emulated_reset(0);
    Program program(list_devices().front(), desc);
    Context context(program);
    const auto convert = [&](vsmlrt_sample sample, int bits, int subsampling_w, int subsampling_h,
                             vsmlrt_extent extent, int interlaced = 0) {
        const vsmlrt_frame_format format = yuv(sample, bits, subsampling_w, subsampling_h);
        test::check_conversion(context, format, format, 1, interlaced, 13, extent);
    };
    for (const vsmlrt_extent &extent :
         {vsmlrt_extent{102, 74}, {134, 38}, {130, 2}, {2, 66}, {6, 6}, {4, 4}, {2, 2}})
        convert(VSMLRT_INTEGER, 8, 1, 1, extent);
    convert(VSMLRT_INTEGER, 8, 1, 1, {106, 76}, 1);
    convert(VSMLRT_INTEGER, 16, 1, 0, {102, 75});
    convert(VSMLRT_INTEGER, 8, 1, 0, {6, 1});
    convert(VSMLRT_INTEGER, 8, 2, 0, {132, 75});
    convert(VSMLRT_INTEGER, 8, 2, 0, {4, 3});
    convert(VSMLRT_INTEGER, 8, 2, 2, {124, 44});
    convert(VSMLRT_INTEGER, 8, 2, 2, {4, 4});
    convert(VSMLRT_INTEGER, 8, 0, 1, {101, 70});
    convert(VSMLRT_FLOAT, 32, 0, 1, {1, 6});
    convert(VSMLRT_INTEGER, 8, 0, 0, {101, 75});
    EXPECT_EQ(emulated_faults(), std::string());
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
