#include "cpu/grid_sample.h"
#include "networks/builder.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace vsmlrt::test {
namespace {

using cpu::Extent;

double place(double value, std::int64_t size, bool align_corners) {
    const double length = static_cast<double>(size);
    const double at = align_corners ? (value + 1) / 2 * (length - 1) : ((value + 1) * length - 1) / 2;
    return std::clamp(at, 0.0, length - 1);
}

// By the definition, in double: the pixels weighted by how near they are.
double sampled(const std::vector<float> &picture, Extent extent, std::int64_t channel, double x, double y) {
    double sum = 0;
    for (std::int64_t v = 0; v < extent.height; ++v)
        for (std::int64_t u = 0; u < extent.width; ++u) {
            const double weight = std::max(0.0, 1 - std::abs(x - static_cast<double>(u))) *
                                  std::max(0.0, 1 - std::abs(y - static_cast<double>(v)));
            sum +=
                weight * picture[static_cast<std::size_t>((channel * extent.height + v) * extent.width + u)];
        }
    return sum;
}

TEST(GridSample, IsItsDefinition) {
    struct Case {
        std::int64_t channels = 0;
        Extent picture;
        Extent result;
    };
    for (const Case &c : {Case{3, {9, 14}, {7, 11}}, Case{1, {1, 1}, {3, 3}}, Case{4, {5, 6}, {2, 8}},
                          Case{7, {6, 2}, {5, 5}}, Case{3, {1, 9}, {1, 1}}})
        for (const bool align_corners : {false, true})
            for (const int threads : {1, 3}) {
                const auto picture = Random(1).list(c.channels * c.picture.height * c.picture.width, 1);
                // Many places are outside.
                const auto grid = Random(2).list(c.result.height * c.result.width * 2, 1.5F);
                std::vector<float> output(
                    static_cast<std::size_t>(c.channels * c.result.height * c.result.width));
                cpu::Workspace workspace(threads);
                run({picture.data(), c.channels, c.picture, grid.data(), c.result, output.data(),
                     align_corners},
                    workspace);
                std::size_t i = 0;
                for (std::int64_t channel = 0; channel < c.channels; ++channel)
                    for (std::size_t at = 0; at < grid.size(); at += 2)
                        EXPECT_NEAR(output[i++],
                                    sampled(picture, c.picture, channel,
                                            place(grid[at], c.picture.width, align_corners),
                                            place(grid[at + 1], c.picture.height, align_corners)),
                                    1e-5);
            }
}

TEST(GridSample, LargePicturesAreSharedByTheThreads) {
    const Extent extent = {131, 257};
    const auto picture = Random(1).list(3 * extent.height * extent.width, 1);
    const auto grid = Random(2).list(extent.height * extent.width * 2, 1.2F);
    std::vector<std::vector<float>> outputs;
    for (const int threads : {1, 4}) {
        cpu::Workspace workspace(threads);
        outputs.emplace_back(picture.size());
        run({picture.data(), 3, extent, grid.data(), extent, outputs.back().data(), true}, workspace);
    }
    EXPECT_EQ(outputs[0], outputs[1]);
}

TEST(GridSample, PlacesThatAreNoNumbersOrFarAwayReadThePicture) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float picture[] = {1, 2, 3, 4};
    const float grid[] = {nan, nan, infinity, infinity, -infinity, 1e30F, 1e30F, -1e30F};
    float output[4] = {};
    cpu::Workspace workspace(1);
    run({picture, 1, {2, 2}, grid, {2, 2}, output, true}, workspace);
    EXPECT_EQ(output[0], 1);
    EXPECT_EQ(output[1], 4);
    EXPECT_EQ(output[2], 3);
    EXPECT_EQ(output[3], 2);
}

} // namespace
} // namespace vsmlrt::test
