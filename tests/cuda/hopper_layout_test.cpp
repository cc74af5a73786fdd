// Weights and pixels meet where the Hopper kernels look for them: the kernels' own address arithmetic, run on
// the CPU over packed weights, gives the convolution.
#include "cuda/hopper_layout.h"

#include "backends/cuda/kernels/hopper/pair_shape.cuh"
#include "backends/cuda/kernels/hopper/row_tail_shape.cuh"
#include "backends/cuda/kernels/hopper/rows_shape.cuh"
#include "backends/cuda/kernels/hopper/tail_shape.cuh"
#include "backends/cuda/kernels/hopper/taps_shape.cuh"
#include "backends/cuda/kernels/hopper/tiles_shape.cuh"
#include "backends/cuda/kernels/hopper/up_shape.cuh"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace vsmlrt::cuda {
namespace {

TEST(HopperLayout, SwizzlesAreBijections) {
    for (const int row_bytes : {16, 32, 64, 128}) {
        std::set<int> seen;
        for (int row = 0; row < 64; ++row)
            for (int k = 0; k < row_bytes / 2; ++k)
                seen.insert(swizzled_byte(row, k, row_bytes));
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(64 * row_bytes / 2)) << row_bytes;
        EXPECT_EQ(*seen.rbegin(), 64 * row_bytes - 2) << row_bytes;
    }
}

// Lane l holds row l / 4 of an 8x8 block; transposed, columns 2(l % 4) and + 1, which are rows of the sums.
TEST(HopperLayout, TransposingGivesAThreadFourNeighbouringChannels) {
    for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 4; ++i)
            EXPECT_EQ(channel_of_row(i / 2 * 8 + 2 * (lane % 4) + i % 2), 4 * (lane % 4) + i);
}

class HopperRows : public testing::TestWithParam<Asked> {};

TEST_P(HopperRows, ProductsOfPackedWeightsAreTheConvolution) {
    const Asked asked = GetParam();
    const ConvProblem problem = problem_of(asked);
    const ConvCandidate &candidate = candidate_named("hopper.rows 128");
    ASSERT_TRUE(candidate.serves(problem, hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem, filters);
    const int lanes = asked.in <= 8 ? 8 : asked.in <= 16 ? 16 : asked.in <= 32 ? 32 : 64;
    const int taps = static_cast<int>(asked.kernel);
    const RowsShape shape{128, lanes, lanes == 8 ? 8 : rounded_up(asked.in, 16), taps, taps, 64};
    ASSERT_EQ(image.size(), static_cast<std::size_t>(weight_bytes(shape)));
    const int steps = lanes == 8 ? 1 : shape.channels / 16;
    const std::int64_t pad = asked.pad;
    for (const auto &[y, x] : {std::pair{0, 0}, std::pair{2, 3}, std::pair{4, 6}})
        for (int row = 0; row < 64; ++row) {
            float sum = 0.0f;
            for (int dy = 0; dy < taps; ++dy)
                for (int i = 0; i < steps_of_tap_row(shape); ++i)
                    for (int k = 0; k < 16; ++k) {
                        const int block = dy * (weight_blocks(shape) / taps) + i / steps;
                        const int at = i % steps * 16 + k; // element of the filter's row
                        const int dx = lanes == 8 ? 2 * i + k / 8 : i / steps;
                        const int channel = lanes == 8 ? k % 8 : at;
                        const float pixel =
                            channel < asked.in ? input_at(channel, y + dy - pad, x + dx - pad, 5, 7) : 0.0f;
                        sum += pixel * operand_at(image,
                                                  static_cast<std::size_t>(block) * weight_block_bytes(shape),
                                                  row, at, weight_row_bytes(shape));
                    }
            EXPECT_EQ(sum, row < asked.out ? expected(asked, filters, row, y, x, 5, 7) : 0.0f) << row;
        }
}

INSTANTIATE_TEST_SUITE_P(Shapes, HopperRows,
                         testing::Values(Asked{.in = 64, .out = 64}, Asked{.in = 3, .out = 40},
                                         Asked{.in = 8, .out = 5, .kernel = 5, .pad = 2},
                                         Asked{.in = 16, .out = 64, .pad = 0}, Asked{.in = 20, .out = 33},
                                         Asked{.in = 48, .out = 64, .kernel = 1, .pad = 0},
                                         Asked{.in = 5, .out = 16, .kernel = 7, .pad = 3}));

class HopperTiles : public testing::TestWithParam<Asked> {};

TEST_P(HopperTiles, ProductsOfPackedWeightsAreTheConvolution) {
    const Asked asked = GetParam();
    const ConvProblem problem = problem_of(asked);
    const ConvCandidate &candidate = candidate_named("hopper.tiles 12");
    ASSERT_TRUE(candidate.serves(problem, hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem, filters);
    const Axis axis{static_cast<int>(asked.kernel), static_cast<int>(asked.stride),
                    static_cast<int>(asked.pad), asked.transposed};
    const int lanes = asked.in % 64 > 0 && asked.in % 64 <= 32 ? 32 : 64;
    const int planes = (asked.in + lanes - 1) / lanes;
    const int channel_blocks = (asked.out + 63) / 64;
    const int blocks = phases(axis) * phases(axis) * channel_blocks;
    const int groups = blocks == 1 ? 1 : blocks % 3 == 0 && blocks % 2 != 0 ? 3 : 2;
    const TilesShape shape{12, groups, lanes, planes, axis, axis};
    const std::int64_t height = 6;
    const std::int64_t width = 7;
    const int step = asked.transposed ? 1 : axis.stride; // from pixel to pixel of a parity
    for (int block = 0; block < blocks; ++block)
        for (const auto &[y, x] : {std::pair{0, 0}, std::pair{1, 2}}) // places
            for (int row = 0; row < 64; row += 7) {
                const int phase = block / channel_blocks;
                const int phase_y = phase / phases(axis);
                const int phase_x = phase % phases(axis);
                float sum = 0.0f;
                std::size_t at = static_cast<std::size_t>(block / groups) * planes * taps(shape) * groups;
                for (int parity = 0; parity < parities(shape); ++parity)
                    for (int plane = 0; plane < planes; ++plane)
                        for (int tap = 0; tap < taps_of_parity(shape, parity); ++tap, at += groups) {
                            const int parity_y = parity / parities(axis);
                            const int parity_x = parity % parities(axis);
                            const int in_y =
                                (y + first_place(axis, parity_y, phase_y) + tap / tap_count(axis, parity_x)) *
                                    step +
                                parity_y;
                            const int in_x =
                                (x + first_place(axis, parity_x, phase_x) + tap % tap_count(axis, parity_x)) *
                                    step +
                                parity_x;
                            // The tile with its halo holds what the tap reads.
                            const int halo = first_place(axis, parity_y, phase_y) - tile_origin(axis) +
                                             tap / tap_count(axis, parity_x);
                            EXPECT_TRUE(halo >= 0 && halo <= tile_halo(axis));
                            for (int k = 0; k < lanes; ++k)
                                if (plane * lanes + k < asked.in)
                                    sum += input_at(plane * lanes + k, in_y, in_x, height, width) *
                                           operand_at(image, (at + block % groups) * weight_bytes(shape), row,
                                                      k, 2 * lanes);
                        }
                const int place = row / 16 * 16 + channel_of_row(row % 16);
                const int out = asked.pixels ? shuffled_channel(place, problem.epilogue.shuffled_lanes,
                                                                asked.shuffle, asked.out)
                                             : block % channel_blocks * 64 + place;
                EXPECT_EQ(sum, out < asked.out ? expected(asked, filters, out, y * phases(axis) + phase_y,
                                                          x * phases(axis) + phase_x, height, width)
                                               : 0.0f)
                    << "filter " << out << " phase " << phase;
            }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, HopperTiles,
    testing::Values(
        Asked{.in = 64, .out = 128}, Asked{.in = 96, .out = 130, .pad = 0}, Asked{.in = 72, .out = 192},
        Asked{.in = 97, .out = 64, .kernel = 1, .pad = 0},
        Asked{.in = 64, .out = 100, .kernel = 2, .stride = 2, .pad = 0},
        Asked{.in = 32, .out = 64, .kernel = 3, .stride = 2},
        Asked{.in = 20, .out = 64, .kernel = 4, .stride = 2},
        Asked{.in = 16, .out = 64, .kernel = 5, .stride = 2, .pad = 0},
        Asked{.in = 16, .out = 64, .kernel = 7, .stride = 2, .pad = 3},
        Asked{.in = 64, .out = 70, .kernel = 2, .stride = 2, .pad = 0, .transposed = true},
        Asked{.in = 40, .out = 64, .kernel = 4, .stride = 2, .transposed = true},
        Asked{.in = 16, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true},
        Asked{
            .in = 48, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
        Asked{.in = 16, .out = 52, .stride = 2, .shuffle = 2, .pixels = true, .full = true},
        Asked{.in = 16, .out = 8, .kernel = 6, .stride = 2, .pad = 2, .transposed = true}));

// Each channel of each pixel has one place, and neighbours in a pixel are neighbours.
TEST(HopperLayout, AShufflesPixelsAreWholeVectors) {
    for (const auto &[channels, lanes, shuffle] :
         {std::tuple{24, 8, 2}, std::tuple{52, 16, 2}, std::tuple{27, 4, 3}}) {
        std::vector<int> found;
        for (int place = 0; place < 64; ++place) {
            const int channel = shuffled_channel(place, lanes, shuffle, channels);
            if (channel == channels)
                continue;
            found.push_back(channel);
            // ONNX's order is channel, row, column.
            EXPECT_EQ(channel / (shuffle * shuffle), place % lanes);
            EXPECT_EQ(channel % (shuffle * shuffle), place / lanes);
        }
        std::sort(found.begin(), found.end());
        ASSERT_EQ(found.size(), static_cast<std::size_t>(channels));
        for (int i = 0; i < channels; ++i)
            EXPECT_EQ(found[static_cast<std::size_t>(i)], i);
    }
}

class HopperTaps : public testing::TestWithParam<Asked> {};

int defined(const std::string &source, const std::string &name) {
    return std::stoi(source.substr(source.find("#define " + name + " ") + name.size() + 9));
}

// mma.m16n8k16 takes B's element (k, column) from lane column * 4 + k % 8 / 2, register k / 8, half k % 2.
float filter_at(const std::vector<std::byte> &image, TapsShape shape, int k, int column) {
    const int lane = column % 8 * 4 + k % 8 / 2;
    const int tile = k / 16 * (product_columns(shape) / 8) + column / 8;
    return half_at(image, static_cast<std::size_t>((tile * 32 + lane) * 4 + k % 16 / 8 * 2 + k % 2) * 2);
}

TEST_P(HopperTaps, SumsOfNeighboursProductsAreTheConvolution) {
    const Asked asked = GetParam();
    const ConvProblem problem = problem_of(asked);
    const ConvCandidate &candidate = candidate_named("hopper.taps");
    ASSERT_TRUE(candidate.serves(problem, hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem, filters);
    const TapsShape shape{asked.in, asked.out, asked.transposed};
    ASSERT_EQ(image.size(), static_cast<std::size_t>(k_lanes(shape) * product_columns(shape) * 2));
    constexpr std::int64_t height = 5;
    constexpr std::int64_t width = 7;
    const auto product = [&](std::int64_t y, std::int64_t x, int column) {
        float sum = 0.0f;
        for (int k = 0; k < asked.in; ++k)
            sum += input_at(k, y, x, height, width) * filter_at(image, shape, k, column);
        return sum;
    };
    for (int column = product_column(shape, taps_wide(shape) - 1, taps_wide(shape) - 1, asked.out - 1) + 1;
         column < product_columns(shape); ++column)
        for (int k = 0; k < k_lanes(shape); ++k)
            EXPECT_EQ(filter_at(image, shape, k, column), 0.0f);
    const ConvOperands operands = operands_of(problem, height, width);
    const Launch launch = candidate.launch(problem, operands, hopper_facts);
    int first[2]; // of TapsInput: row, column
    std::memcpy(first, std::get<std::vector<std::byte>>(launch.arguments[0]).data() + 32, sizeof first);
    const std::string source = candidate.source(problem);
    const int phases = taps_phases(shape);
    const auto phase = [&](std::int64_t at, int odd) { return static_cast<int>((at + odd) % phases); };
    for (std::int64_t y = 0; y < operands.out_height; ++y)
        for (std::int64_t x = 0; x < operands.out_width; ++x)
            for (int out = 0; out < asked.out; ++out) {
                const int phase_y = phase(y, defined(source, "TAPS_ODD_Y"));
                const int phase_x = phase(x, defined(source, "TAPS_ODD_X"));
                const std::int64_t row = (y + defined(source, "TAPS_ODD_Y")) / phases + first[0];
                const std::int64_t pixel = (x + defined(source, "TAPS_ODD_X")) / phases + first[1];
                float sum = 0.0f;
                for (int a = 0; a < taps_met(shape); ++a)
                    for (int b = 0; b < taps_met(shape); ++b)
                        sum += product(
                            row - 1 + phase_y + a, pixel - 1 + phase_x + b,
                            product_column(shape, tap_of(shape, phase_y, a), tap_of(shape, phase_x, b), out));
                EXPECT_EQ(sum, expected(asked, filters, out, y, x, height, width))
                    << y << " " << x << " " << out;
            }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, HopperTaps,
    testing::Values(Asked{.in = 40, .out = 3, .kernel = 4, .stride = 2, .transposed = true},
                    Asked{.in = 16, .out = 1, .kernel = 4, .stride = 2, .pad = 3, .transposed = true},
                    Asked{.in = 24, .out = 4, .kernel = 4, .stride = 2, .pad = 0, .transposed = true},
                    Asked{.in = 64, .out = 3}, Asked{.in = 33, .out = 1, .pad = 0},
                    Asked{.in = 16, .out = 4, .pad = 2}));

// wgmma takes A's element (row, k) of m64k16 from warp row / 16, lane row % 8 * 4 + k % 8 / 2, register row %
// 16 / 8 + k / 8 * 2, half k % 2.
TEST(HopperPairs, EveryWeightIsAnElementOfOneFragment) {
    for (const AskedPair &asked :
         {AskedPair{.in = 40, .middle = 64, .out = 56}, AskedPair{.in = 3, .middle = 24, .out = 64},
          AskedPair{.in = 16, .middle = 16, .out = 8}}) {
        const PairProblem problem = pair_of(asked);
        ASSERT_TRUE(pair_serves(problem, hopper_facts));
        const std::vector<float> first = filters_of({.in = asked.in, .out = asked.middle});
        const std::vector<float> second = filters_of({.in = asked.middle, .out = asked.out});
        const std::vector<std::byte> image = pack_pair(problem, first, second);
        std::size_t begin = 0;
        for (const bool behind : {false, true}) {
            const int in = behind ? asked.middle : asked.in;
            const int out = behind ? asked.out : asked.middle;
            const int lanes = in <= 8 ? 8 : in <= 16 ? 16 : in <= 32 ? 32 : 64;
            std::size_t used = 0;
            for (int row = 0; row < out; ++row)
                for (int channel = 0; channel < in; ++channel)
                    for (int tap = 0; tap < 9; ++tap) {
                        const int k = lanes == 8 ? tap % 3 % 2 * 8 + channel : channel % 16;
                        const int step =
                            lanes == 8 ? tap / 3 * 2 + tap % 3 / 2 : tap * (lanes / 16) + channel / 16;
                        const int thread = row / 16 * 32 + row % 8 * 4 + k % 8 / 2;
                        const int number = row % 16 / 8 + k / 8 * 2;
                        const int at = (step * 128 + thread) * 8 + number * 2 + k % 2;
                        const float weight =
                            (behind ? second
                                    : first)[static_cast<std::size_t>((row * in + channel) * 9 + tap)];
                        ASSERT_EQ(half_at(image, begin + static_cast<std::size_t>(at) * 2), weight)
                            << row << " " << channel << " " << tap;
                        used += weight != 0.0f;
                    }
            const auto bytes = static_cast<std::size_t>(pair_weight_bytes(lanes));
            std::size_t written = 0; // the rest is 0
            for (std::size_t at = begin; at < begin + bytes; at += 2)
                written += half_at(image, at) != 0.0f;
            EXPECT_EQ(written, used);
            begin += bytes;
        }
        EXPECT_EQ(image.size(), begin);
    }
}

// The products of the second convolution's filters, then rounds of planes of taps of both warpgroups'
// filters.
TEST(HopperTails, EveryWeightLiesWhereAnOperandsElementDoes) {
    constexpr int in = 96;
    constexpr int middle = 256;
    for (const bool transposed : {false, true}) {
        const PairProblem problem = tail_of(in, middle, transposed);
        const int wide = transposed ? 4 : 3;
        const std::vector<float> first = filters_of({.in = in, .out = middle});
        const std::vector<float> second = filters_of({.in = middle, .out = 3, .kernel = wide});
        const std::vector<std::byte> image = pack_tail(problem, first, second);
        constexpr int blocks = middle / 64;
        constexpr int planes = 2;
        ASSERT_EQ(image.size(), static_cast<std::size_t>(blocks * (1 + planes * 9) * tail_stage_bytes));
        for (int channel = 0; channel < middle; ++channel)
            for (int row = 0; row < 64; ++row) {
                const int column = row / 16 * 16 + channel_of_row(row % 16);
                const int tap = column / 3;
                const int out = column % 3;
                const int pair = transposed ? channel * 3 + out : out * middle + channel;
                const float weight =
                    tap < wide * wide ? second[static_cast<std::size_t>(pair * wide * wide + tap)] : 0.0f;
                ASSERT_EQ(operand_at(image, static_cast<std::size_t>(channel / 64 * tail_stage_bytes), row,
                                     channel % 64, tail_pixel),
                          weight);
            }
        for (int filter = 0; filter < middle; filter += 5)
            for (int channel = 0; channel < planes * 64; ++channel)
                for (int tap = 0; tap < 9; ++tap) {
                    const int block = filter / 64;
                    const int stage = ((block / 2 * planes + channel / 64) * 9 + tap) * 2 + block % 2;
                    const float weight =
                        channel < in ? first[static_cast<std::size_t>((filter * in + channel) * 9 + tap)]
                                     : 0.0f;
                    ASSERT_EQ(operand_at(image, static_cast<std::size_t>((blocks + stage) * tail_stage_bytes),
                                         filter % 64, channel % 64, tail_pixel),
                              weight);
                }
    }
}

// A strip of few columns: what each warp adds up row by row, and hands over when a row of results is
// complete.
void expect_row_tail(const Asked &asked) {
    SCOPED_TRACE(testing::Message() << asked.out << " channels, pad " << asked.pad
                                    << (asked.transposed ? ", transposed" : ""));
    const RowTailShape shape{asked.out, asked.transposed};
    const TapsShape second = second_of(shape);
    const PairProblem problem = row_tail_of(
        {.middle = asked.in, .out = asked.out, .second_pad = asked.pad, .transposed = asked.transposed});
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image =
        pack_row_tail(problem, filters_of({.in = 64, .out = asked.in}), filters);
    ASSERT_EQ(image.size(), static_cast<std::size_t>(row_tail_weight_bytes()));
    constexpr std::size_t behind = std::size_t{row_tail_taps} * 64 * row_tail_pixel;
    constexpr std::int64_t height = 7;
    constexpr std::int64_t width = 6;
    const ConvOperands operands = operands_of(problem.second, height, width);
    const TapPlaces down = tap_places(problem.second, 0, operands.out_height);
    const TapPlaces across = tap_places(problem.second, 1, operands.out_width);
    const int columns = static_cast<int>(across.count) + 2;
    const int phases = taps_phases(second);
    std::vector<float> sums(static_cast<std::size_t>(4 * row_tail_block_rows * columns), 0.0f);
    const auto sum = [&](int warp, int row, int column) -> float & {
        const std::size_t number = static_cast<std::size_t>(warp) * row_tail_block_rows + row;
        return sums[number * static_cast<std::size_t>(columns) + column];
    };
    std::int64_t results = 0;
    for (int m = 0; m < down.count + 2; ++m) {
        for (int row = 0; row < 4 * row_tail_block_rows; ++row)
            for (int column = 0; column < columns; ++column)
                for (int k = 0; k < asked.in; ++k)
                    sum(0, row, column) +=
                        operand_at(image, behind, row_tail_first_block(shape, m) * row_tail_block_rows + row,
                                   k, row_tail_pixel) *
                        input_at(k, down.first - 1 + m, across.first - 1 + column, height, width);
        for (int phase_y = 0; phase_y < phases; ++phase_y) {
            const int warp = row_tail_warp(shape, m, phase_y);
            const int place = m - (shape.transposed && phase_y == 0 ? 1 : 2);
            const std::int64_t y = std::int64_t{phases} * place + phase_y - down.odd;
            for (int at = 0; place >= 0 && place < down.count && at < phases * (columns - 2); ++at) {
                const int phase_x = at % phases;
                const int pixel = 1 + at / phases;
                const std::int64_t x = std::int64_t{phases} * (pixel - 1) + phase_x - across.odd;
                if (y < 0 || x < 0 || y >= operands.out_height || x >= operands.out_width)
                    continue;
                for (int out = 0; out < asked.out; ++out, ++results) {
                    float result = 0.0f;
                    for (int b = 0; b < taps_met(second); ++b)
                        result +=
                            sum(warp, tap_of(second, phase_x, b) * asked.out + out, pixel - 1 + phase_x + b);
                    ASSERT_EQ(result, expected(asked, filters, out, y, x, height, width))
                        << y << " " << x << " " << out;
                }
            }
            for (int row = 0; row < row_tail_block_rows; ++row)
                for (int column = 0; column < columns; ++column)
                    sum(warp, row, column) = 0.0f;
        }
    }
    EXPECT_EQ(results, asked.out * operands.out_height * operands.out_width);
}

TEST(HopperRowTails, SumsOfRowsAreTheConvolution) {
    for (const int out : {1, 3, 4})
        for (const std::int64_t pad : {0, 1, 2, 3}) {
            expect_row_tail({.in = 64, .out = out, .kernel = 4, .stride = 2, .pad = pad, .transposed = true});
            if (pad < 3)
                expect_row_tail({.in = 40, .out = out, .pad = pad});
        }
}

// Shared memory and instructions: what a strip's width is limited by.
TEST(HopperRowTails, StripsAreAsWideAsThereIsRoomFor) {
    for (const int out : {1, 2, 3, 4})
        for (const bool transposed : {false, true}) {
            const int columns = row_tail_columns({out, transposed});
            EXPECT_GE(columns, 160);
            EXPECT_EQ(columns % 8, 0);
            EXPECT_EQ(handed_pitch(columns) % 16, 8);
            EXPECT_LE(handed_rows({out, transposed}), row_tail_block_rows);
        }
}

// Filters of 64 channels in each of four phases, plane by plane of the input.
TEST(HopperUp, ProductsOfPackedWeightsAreTheConvolution) {
    const Asked asked{.in = 72, .out = 88, .kernel = 2, .stride = 2, .pad = 0, .transposed = true};
    const ConvCandidate &candidate = candidate_named("hopper.up");
    ASSERT_TRUE(candidate.serves(problem_of(asked), hopper_facts));
    const std::vector<float> filters = filters_of(asked);
    const std::vector<std::byte> image = candidate.pack(problem_of(asked), filters);
    constexpr int planes = 2;
    ASSERT_EQ(image.size(), static_cast<std::size_t>(2 * up_weight_bytes(planes)));
    constexpr std::int64_t height = 3;
    constexpr std::int64_t width = 4;
    for (int out = 0; out < asked.out; out += 3)
        for (std::int64_t y = 0; y < 2 * height; ++y)
            for (std::int64_t x = 0; x < 2 * width; ++x) {
                float sum = 0.0f;
                for (int k = 0; k < planes * 64; ++k) {
                    const std::int64_t block = ((out / 64 * 2 + y % 2) * 2 + x % 2) * planes + k / 64;
                    sum += operand_at(image, static_cast<std::size_t>(block * up_filter_bytes), out % 64,
                                      k % 64, up_pixel) *
                           (k < asked.in ? input_at(k, y / 2, x / 2, height, width) : 1.0f);
                }
                ASSERT_EQ(sum, expected(asked, filters, out, y, x, height, width)) << y << " " << x;
            }
}

// Padding may follow from the picture's size (SAME), and weights may be shared between layers.
TEST(HopperWeights, ImagesThatDifferAreOfDifferentGeometry) {
    std::vector<ConvProblem> problems;
    for (const graph::Quad pads : {graph::Quad{0, 0, 1, 1}, {1, 1, 1, 1}, {1, 1, 0, 0}, {0, 1, 2, 1}})
        for (const std::int64_t stride : {1, 2})
            for (const bool transposed : {false, true}) {
                problems.push_back(problem_of({.in = 64, .out = 64, .stride = stride}));
                problems.back().pads = pads;
                problems.back().transposed = transposed;
            }
    const std::vector<float> filters = filters_of({.in = 64, .out = 64});
    int differ = 0;
    for (const ConvCandidate &candidate : hopper_candidates())
        for (const ConvProblem &a : problems)
            for (const ConvProblem &b : problems) {
                if (!candidate.serves(a, hopper_facts) || !candidate.serves(b, hopper_facts) ||
                    candidate.pack(a, filters) == candidate.pack(b, filters))
                    continue;
                ++differ;
                EXPECT_NE(geometry(a), geometry(b)) << candidate.name;
            }
    EXPECT_GT(differ, 0);
}

} // namespace
} // namespace vsmlrt::cuda
