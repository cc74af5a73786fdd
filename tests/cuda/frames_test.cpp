// Frames of several formats on the emulated driver, which runs the kernels' own text.
#include "backends/cuda/frame_tables.h"
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

// Whatever a block reads of luma it has in shared memory, and all samples of chroma are in one tile. Along a
// row each sample is made by the same weights from samples as much further, reflected at the plane's ends.
TEST(TilesOfSubsampledChroma, HoldWhatTheirMapsRead) {
    const auto reflected = [](int at, int size) {
        return std::clamp(at < 0 ? -1 - at : at >= size ? 2 * size - 1 - at : at, 0, size - 1);
    };
    for (const auto &[step_x, step_y] : {std::pair{1, 1}, {1, 0}, {2, 0}, {0, 1}, {2, 2}})
        for (const int location : {0, 1, 2, 5})
            for (const bool interlaced : {false, true})
                for (const vsmlrt_extent size :
                     {vsmlrt_extent{8, 8}, {260, 136}, {1928, 1088}, {7680, 4320}}) {
                    vsmlrt_frame_format format = yuv(VSMLRT_INTEGER, 8, step_x, step_y);
                    format.chroma_location = location;
                    const pixel::ChromaMaps maps = pixel::shrinking_maps(format, size, interlaced);
                    const EncodeTiles tiles = encode_tiles(maps, 1 << step_x, 1 << step_y);
                    const pixel::Resampling &across = maps.across;
                    const int step = 1 << step_x;
                    ASSERT_EQ(tiles.across,
                              (across.size() + encode_columns(step) - 1) / encode_columns(step));
                    ASSERT_EQ(static_cast<int>(tiles.across_weights.size()), across.taps);
                    ASSERT_EQ(across.taps, step == 1 ? 1 : 4 * step);
                    EXPECT_LE((tiles.first_tap & 1) + (encode_columns(step) - 1) * step + across.taps,
                              encode_line(step));
                    for (int i = 0; i < across.size(); ++i)
                        for (int k = 0; k < across.taps; ++k) {
                            const auto at = static_cast<std::size_t>(i * across.taps + k);
                            ASSERT_EQ(across.sources[at],
                                      reflected(i * step + tiles.first_tap + k, size.width));
                            ASSERT_EQ(across.weights[at], tiles.across_weights[static_cast<std::size_t>(k)]);
                        }
                    const pixel::Resampling &down = maps.down;
                    ASSERT_EQ(static_cast<int>(tiles.row_spans.size()),
                              (down.size() + tiles.rows - 1) / tiles.rows);
                    ASSERT_EQ(down.taps, step_y == 0 ? 1 : 4 << step_y);
                    int most_rows = 0;
                    for (int i = 0; i < down.size(); ++i) {
                        const FrameSpan span = tiles.row_spans[static_cast<std::size_t>(i / tiles.rows)];
                        most_rows = std::max(most_rows, span.count);
                        EXPECT_GE(span.first, 0);
                        EXPECT_LE(span.first + span.count, size.height);
                        EXPECT_LE(span.first, i << step_y);
                        EXPECT_GE(span.first + span.count, (i + 1) << step_y);
                        for (int k = 0; k < down.taps; ++k) {
                            const int source = down.sources[static_cast<std::size_t>(i * down.taps + k)];
                            EXPECT_GE(source, span.first);
                            EXPECT_LT(source, span.first + span.count);
                        }
                    }
                    const int pairs =
                        down.taps * tiles.rows + 8 * encode_line(step) + most_rows * encode_columns(step);
                    EXPECT_LE(pairs * 8, static_cast<int>(tiles.shared_bytes));
                    EXPECT_LE(tiles.shared_bytes, 48U << 10);
                }
}

} // namespace
} // namespace vsmlrt::cuda
