// Weights and pixels meet where the Hopper kernels whose rows are the pixels of a square look for them; see
// hopper_layout_test.cpp.
#include "cuda/hopper_layout.h"

#include "backends/cuda/kernels/hopper/phases_shape.cuh"
#include "backends/cuda/kernels/hopper/pixels_shape.cuh"

#include <gtest/gtest.h>

#include <set>

namespace vsmlrt::cuda {
namespace {

class HopperPixels : public testing::TestWithParam<Asked> {};

TEST_P(HopperPixels, ProductsOfPackedWeightsAreTheConvolution) {
    const Asked asked = GetParam();
    const ConvProblem problem = problem_of(asked);
    const ConvCandidate &candidate = hopper_pixel_candidates().front();
    ASSERT_TRUE(candidate.serves(problem, hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem, filters);
    const int lanes = square_lanes;
    const int taps = static_cast<int>(asked.kernel);
    const PixelsShape shape{(asked.in + lanes - 1) / lanes, 96, taps, taps};
    ASSERT_EQ(image.size(), static_cast<std::size_t>(shape.planes * taps * stage_bytes(shape)));
    std::set<int> seen;
    for (const auto &[y, x] : {std::pair{0, 0}, std::pair{2, 3}, std::pair{4, 6}})
        for (int row = 0; row < shape.filters; ++row) {
            float sum = 0.0f;
            for (int plane = 0; plane < shape.planes; ++plane)
                for (int dy = 0; dy < taps; ++dy)
                    for (int dx = 0; dx < taps; ++dx)
                        for (int k = 0; k < lanes && plane * lanes + k < asked.in; ++k)
                            sum +=
                                input_at(plane * lanes + k, y + dy - asked.pad, x + dx - asked.pad, 5, 7) *
                                operand_at(image,
                                           static_cast<std::size_t>((plane * taps + dy) * stage_bytes(shape) +
                                                                    dx * tap_bytes(shape)),
                                           row, k, square_pixel_bytes);
            const int out = filter_of_row(row);
            seen.insert(out);
            EXPECT_EQ(sum, out < asked.out ? expected(asked, filters, out, y, x, 5, 7) : 0.0f) << row;
        }
    EXPECT_EQ(seen.size(), 96U);
    EXPECT_EQ(*seen.rbegin(), 95);
}

INSTANTIATE_TEST_SUITE_P(Shapes, HopperPixels,
                         testing::Values(Asked{.in = 96, .out = 96}, Asked{.in = 64, .out = 72, .pad = 0},
                                         Asked{.in = 130, .out = 80, .kernel = 1, .pad = 0},
                                         Asked{.in = 40, .out = 90, .kernel = 5, .pad = 2}));

// A thread's sums of four blocks of 8 columns, two of each, are 8 neighbours.
TEST(HopperPixels, AThreadHasEightNeighbouringChannels) {
    for (int part = 0; part < 3; ++part)
        for (int column = 0; column < 4; ++column)
            for (int k = 0; k < 8; ++k)
                EXPECT_EQ(filter_of_row(8 * (4 * part + k / 2) + 2 * column + k % 2),
                          32 * part + 8 * column + k);
}

class HopperPhases : public testing::TestWithParam<Asked> {};

TEST_P(HopperPhases, ProductsOfWindowsAreTheConvolution) {
    const Asked asked = GetParam();
    const ConvProblem problem = problem_of(asked);
    const ConvCandidate &candidate = hopper_phase_candidates().front();
    ASSERT_TRUE(candidate.serves(problem, hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem, filters);
    const PhasesShape shape{asked.in, asked.out / 4};
    ASSERT_EQ(image.size(), static_cast<std::size_t>(all_filters_bytes(shape)));
    std::set<int> seen;
    for (const auto &[y, x] : {std::pair{0, 0}, std::pair{2, 3}, std::pair{4, 6}})
        for (int phase = 0; phase < 4; ++phase)
            for (int column = 0; column < phase_columns(shape); ++column) {
                float sum = 0.0f;
                for (int plane = 0; plane < phases_planes(shape); ++plane)
                    for (int window = 0; window < window_count; ++window) {
                        if (!window_read(window, phase))
                            continue;
                        int before = phases_before(window); // which the kernel lists in the same order
                        for (int place = 0; phase_at(place) != phase; ++place)
                            before += window_read(window, phase_at(place)) ? 1 : 0;
                        const int lanes = phases_lanes(shape);
                        for (int k = 0; k < lanes && plane * lanes + k < asked.in; ++k)
                            sum += input_at(plane * lanes + k, y + window_y(window), x + window_x(window), 5,
                                            7) *
                                   operand_at(image,
                                              static_cast<std::size_t>((plane * phases_of_windows + before) *
                                                                       filters_bytes(shape)),
                                              column, k, pixel_bytes(shape));
                    }
                const int out = filter_of_column(shape, column);
                seen.insert(out);
                EXPECT_EQ(sum, out >= 0
                                   ? expected(asked, filters, out, 2 * y + phase / 2, 2 * x + phase % 2, 5, 7)
                                   : 0.0f)
                    << "phase " << phase << " column " << column;
            }
    seen.erase(-1);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(asked.out));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, HopperPhases,
    testing::Values(
        Asked{
            .in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
        Asked{
            .in = 40, .out = 20, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
        Asked{
            .in = 96, .out = 4, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true}));

// Each phase reads four windows, and those that the kernel names: all the middle one, two those beside it,
// one each corner.
TEST(HopperPhases, WindowsAreReadByThePhasesThatTheKernelNames) {
    const std::vector<std::vector<int>> named{{0, 1, 3, 2}, {0, 1}, {3, 2}, {0, 2}, {1, 3},
                                              {0},          {1},    {2},    {3}};
    for (int window = 0; window < window_count; ++window) {
        std::vector<int> phases;
        for (int place = 0; place < 4; ++place)
            if (window_read(window, phase_at(place)))
                phases.push_back(phase_at(place));
        EXPECT_EQ(phases, named[static_cast<std::size_t>(window)]) << window;
        EXPECT_EQ(phases.size(), static_cast<std::size_t>(window_phases(window))) << window;
    }
}

} // namespace
} // namespace vsmlrt::cuda
