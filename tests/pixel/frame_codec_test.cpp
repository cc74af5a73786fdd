// The scalar frame codec against calculations by hand; tests/python/test_device_frames.py holds it against
// VapourSynth's resize.
#include "pixel/color_matrix.h"
#include "pixel/frame_codec.h"
#include "pixel/resample.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace vsmlrt;

vsmlrt_frame_format yuv(int bits, int full) {
    return {VSMLRT_YUV, VSMLRT_INTEGER, bits, 0, 0, 1, full, 0};
}

struct Rgb {
    std::array<float, 3> values;
};

Rgb decode_pixel(const vsmlrt_frame_format &format, std::array<std::uint16_t, 3> samples) {
    vsmlrt_frame frame = {};
    std::array<std::uint8_t, 3> bytes = {};
    for (std::size_t i = 0; i < 3; ++i) {
        bytes[i] = static_cast<std::uint8_t>(samples[i]);
        frame.planes[i] = {format.bits == 8 ? static_cast<void *>(&bytes[i]) : &samples[i], 2};
    }
    Rgb result = {};
    std::vector<pixel::Plane> planes;
    for (float &value : result.values)
        planes.push_back({VSMLRT_FLOAT32, &value, 4, 1, 1});
    pixel::decode_frame({format, {1, 1}, 3}, frame, planes);
    return result;
}

TEST(FrameCodec, BlackWhiteAndRedOfLimitedRange) {
    const Rgb black = decode_pixel(yuv(8, 0), {16, 128, 128});
    const Rgb white = decode_pixel(yuv(10, 0), {940, 512, 512});
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(black.values[i], 0, 1e-6);
        EXPECT_NEAR(white.values[i], 1, 1e-6);
    }
    // BT.709 red: luma 0.2126, red difference 0.5; 16 + 219 x 0.2126 = 62.6, 128 + 224 x 0.5 = 240.
    const Rgb red = decode_pixel(yuv(8, 0), {63, 102, 240});
    EXPECT_NEAR(red.values[0], 1, 5e-3);
    EXPECT_NEAR(red.values[1], 0, 5e-3);
    EXPECT_NEAR(red.values[2], 0, 5e-3);
}

TEST(FrameCodec, FullRangeDifferencesAreCentredOnHalfTheNumbers) {
    const Rgb gray = decode_pixel(yuv(8, 1), {255, 128, 128});
    for (const float value : gray.values)
        EXPECT_NEAR(value, 1, 1e-6);
    const Rgb deep = decode_pixel(yuv(16, 1), {65535, 32768, 32768});
    for (const float value : deep.values)
        EXPECT_NEAR(value, 1, 1e-6);
}

TEST(FrameCodec, IntegersAreRoundedToEvenAndLimited) {
    // Of GRAY8 in full range: 0.5 / 255 and 2.5 / 255 lie between two integers.
    const std::array<float, 6> values = {0.5F / 255, 2.5F / 255, -1, 2, std::nanf(""), 1};
    std::array<std::uint8_t, 6> bytes = {9, 9, 9, 9, 9, 9};
    vsmlrt_frame frame = {};
    frame.planes[0] = {bytes.data(), 6};
    const pixel::ConstPlane plane = {VSMLRT_FLOAT32, values.data(), 24, 6, 1};
    pixel::encode_frame(std::span(&plane, 1), {VSMLRT_GRAY, VSMLRT_INTEGER, 8, 0, 0, 0, 1, 0}, frame);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 6>{0, 2, 0, 255, 0, 255}));
}

TEST(FrameCodec, RowsOfStrideZeroAreAllTheSame) {
    const std::array<float, 2> row = {0.25F, 0.75F};
    std::array<float, 4> result = {};
    vsmlrt_frame frame = {};
    frame.planes[0] = {const_cast<float *>(row.data()), 0};
    const pixel::Plane plane = {VSMLRT_FLOAT32, result.data(), 8, 2, 2};
    pixel::decode_frame({{VSMLRT_GRAY, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0}, {2, 2}, 1}, frame,
                        std::span(&plane, 1));
    EXPECT_EQ(result, (std::array<float, 4>{0.25F, 0.75F, 0.25F, 0.75F}));
}

TEST(ColorMatrix, ThereAndBackIsTheIdentity) {
    for (const int number : {1, 4, 5, 6, 7, 8, 9}) {
        const auto matrix = pixel::color_matrix(number);
        ASSERT_TRUE(matrix) << number;
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j) {
                double sum = 0;
                for (std::size_t k = 0; k < 3; ++k)
                    sum += matrix->to_rgb[i][k] * matrix->from_rgb[k][j];
                EXPECT_NEAR(sum, i == j ? 1 : 0, 1e-12) << number;
            }
    }
    for (const int number : {0, 2, 3, 10, 11, 12, 13, 14, 255})
        EXPECT_FALSE(pixel::color_matrix(number)) << number;
}

class Resampled : public testing::TestWithParam<std::tuple<int, pixel::Siting, pixel::Field, int>> {};

TEST_P(Resampled, KeepsConstantsAndReadsInside) {
    const auto [subsampling, siting, field, size] = GetParam();
    const int luma = size << subsampling;
    const std::array<std::pair<pixel::Resampling, int>, 2> both = {
        {{pixel::enlarge_chroma(size, subsampling, siting, field), size},
         {pixel::shrink_chroma(luma, subsampling, siting, field), luma}}};
    for (const auto &[map, samples] : both) {
        for (int i = 0; i < map.size(); ++i) {
            const auto first = static_cast<std::ptrdiff_t>(i) * map.taps;
            EXPECT_NEAR(
                std::accumulate(map.weights.begin() + first, map.weights.begin() + first + map.taps, 0.0), 1,
                1e-6);
            for (std::ptrdiff_t k = first; k < first + map.taps; ++k) {
                EXPECT_GE(map.sources[static_cast<std::size_t>(k)], 0);
                EXPECT_LT(map.sources[static_cast<std::size_t>(k)], samples);
            }
        }
    }
}

// A ramp stays a ramp away from the edges, moved by where chroma lies between the luma samples.
TEST_P(Resampled, KeepsARampInItsPlace) {
    const auto [subsampling, siting, field, size] = GetParam();
    if (size < 16)
        GTEST_SKIP() << "edges leave no room for a ramp";
    const int factor = 1 << subsampling;
    const double site = siting == pixel::Siting::first    ? 0
                        : siting == pixel::Siting::middle ? 0.5 * (factor - 1)
                                                          : factor - 1;
    const double parity = field == pixel::Field::none ? 0 : field == pixel::Field::top ? -0.25 : 0.25;
    const double centre = 0.5 * (factor - 1);
    const double apart = field == pixel::Field::none ? 1 : 0.5;
    // Position of chroma sample k in luma samples, whose own are 0, 1, 2, ...: in a field both grids are
    // moved by a quarter of their spacing, and the distance between luma and chroma, which is the frame's, is
    // half as many of its samples.
    const auto place = [&](int k) {
        return k * factor + centre + (site - centre) * apart + parity * (factor - 1);
    };
    const pixel::Resampling map = pixel::enlarge_chroma(size, subsampling, siting, field);
    for (int i = 4 * factor; i < map.size() - 4 * factor; ++i) {
        double value = 0;
        for (int k = 0; k < map.taps; ++k) {
            const auto at = static_cast<std::size_t>(i * map.taps + k);
            value += map.weights[at] * place(map.sources[at]);
        }
        EXPECT_NEAR(value, i, 1e-4) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Resampled,
    testing::Combine(testing::Values(1, 2),
                     testing::Values(pixel::Siting::first, pixel::Siting::middle, pixel::Siting::last),
                     testing::Values(pixel::Field::none, pixel::Field::top, pixel::Field::bottom),
                     testing::Values(1, 2, 3, 33)));

} // namespace
