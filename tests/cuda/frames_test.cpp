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
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = VSMLRT_PRECISION_FP32;
    desc.min_extent = {16, 16};
    desc.opt_extent = desc.max_extent = test::conversion_extent;
    desc.num_streams = 1;
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

// Whatever a block reads of luma it has in shared memory, and all samples of chroma are in one tile.
TEST(TilesOfSubsampledChroma, HoldWhatTheirMapsRead) {
    for (const auto &[step_x, step_y] : {std::pair{1, 1}, {1, 0}, {2, 0}, {0, 1}, {2, 2}})
        for (const bool interlaced : {false, true})
            for (const vsmlrt_extent size : {vsmlrt_extent{8, 8}, {260, 136}, {1928, 1088}, {7680, 4320}}) {
                const vsmlrt_frame_format format = yuv(VSMLRT_INTEGER, 8, step_x, step_y);
                const pixel::ChromaMaps maps = pixel::shrinking_maps(format, size, interlaced);
                const EncodeTiles tiles = encode_tiles(maps, 1 << step_x, 1 << step_y);
                int most_rows = 0;
                const auto check = [](const std::vector<FrameSpan> &spans, const pixel::Resampling &map,
                                      int tile, int step, int luma) {
                    ASSERT_EQ(static_cast<int>(spans.size()), (map.size() + tile - 1) / tile);
                    for (int i = 0; i < map.size(); ++i) {
                        const FrameSpan span = spans[static_cast<std::size_t>(i / tile)];
                        EXPECT_GE(span.first, 0);
                        EXPECT_LE(span.first + span.count, luma);
                        EXPECT_LE(span.first, i * step);
                        EXPECT_GE(span.first + span.count, (i + 1) * step);
                        for (int k = 0; k < map.taps; ++k) {
                            const int source = map.sources[static_cast<std::size_t>(i * map.taps + k)];
                            EXPECT_GE(source, span.first);
                            EXPECT_LT(source, span.first + span.count);
                        }
                    }
                };
                check(tiles.column_spans, maps.across, FRAME_TILE_COLUMNS, 1 << step_x, size.width);
                check(tiles.row_spans, maps.down, tiles.rows, 1 << step_y, size.height);
                for (const FrameSpan &span : tiles.row_spans)
                    most_rows = std::max(most_rows, span.count);
                for (const FrameSpan &span : tiles.column_spans)
                    EXPECT_LE(span.count, tiles.line);
                const int taps = maps.across.taps * FRAME_TILE_COLUMNS + maps.down.taps * tiles.rows;
                EXPECT_LE((taps + 8 * tiles.line + most_rows * FRAME_TILE_COLUMNS) * 8, FRAME_TILE_BYTES);
            }
}

} // namespace
} // namespace vsmlrt::cuda
