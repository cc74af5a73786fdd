// Layers by tiles against the definition, on this processor's tiles and on emulated ones.
#include "base/each_instruction_set.h"
#include "cpu/convolution_chain.h"
#include "cpu/methods.h"
#include "cpu/pictures.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

using cpu::ConvolutionChain;
using cpu::Extent;
using cpu::Image;
using cpu::Storage;
using cpu::Workspace;

ConvolutionCase of_form(cpu::Form form, ConvolutionCase c) {
    c.form = form;
    return c;
}

const std::vector<ConvolutionCase> tiled_cases = {
    {3, 16, {9, 13}},
    {16, 16, {4, 4}},
    {16, 3, {8, 12}},
    {16, 32, {7, 5}, {0, 0, 0, 0}},
    {64, 64, {17, 30}, {1, 1, 1, 1}, true},
    {64, 64, {3, 65}, {1, 1, 1, 1}, true, true, true},
    {64, 48, {12, 9}, {1, 1, 1, 1}, false, true},
    {48, 96, {5, 33}, {1, 1, 1, 1}, true},
    {32, 17, {11, 10}, {2, 0, 1, 2}, true, true, true},
    {5, 100, {6, 6}, {0, 1, 2, 0}, true, false, true},
    {20, 24, {13, 21}, {1, 1, 1, 1}, true, true, true, 32},
    {11, 1, {4, 97}, {2, 2, 2, 2}},
    {12, 12, {3, 128}, {1, 1, 1, 1}, true, false, true},
    {1, 1, {3, 3}, {0, 0, 0, 0}},
    {1, 1, {1, 1}},
    {192, 136, {14, 11}, {1, 1, 1, 1}, true},
    {130, 150, {9, 9}, {0, 0, 0, 0}, false, true},
    {512, 130, {3, 17}, {1, 1, 1, 1}, true, true},
    {16, 16, {2, 4}, {2, 2, 2, 2}},
    {32, 16, {1, 40}, {2, 1, 2, 1}, true},
    of_form(halving, {3, 5, {2, 2}, {}}),
    of_form(halving, {16, 32, {18, 66}, {}, true}),
    of_form(halving, {64, 64, {23, 71}, {}, true, true, true}),
    of_form(halving, {48, 17, {40, 9}, {}, false, true}),
    of_form({1, 1}, {32, 48, {5, 21}, {}, true, true, true}),
    of_form({1, 1}, {5, 3, {1, 1}, {}}),
    of_form({2, 1}, {16, 20, {6, 18}, {1, 0, 0, 1}, true}),
    of_form({3, 2}, {3, 32, {19, 37}, {1, 1, 1, 1}, true}),
    of_form({3, 2}, {40, 16, {8, 64}, {0, 0, 1, 1}, false, true}),
    of_form({4, 2}, {64, 12, {22, 38}}),
    of_form({4, 2}, {16, 32, {9, 50}, {2, 2, 2, 2}, true, true, true}),
    of_form({4, 1}, {8, 8, {7, 33}, {1, 2, 2, 1}, true}),
    of_form(doubling, {3, 8, {1, 1}, {}}),
    of_form(doubling, {16, 32, {9, 33}, {}, true}),
    of_form(doubling, {64, 64, {5, 17}, {}, true, true, true}),
    of_form(doubling, {100, 24, {7, 16}, {}, false, true}),
};

// As they are multiplied.
Constants rounded(Constants constants) {
    for (float &weight : constants.weights)
        weight = bfloat_to_float(float_to_bfloat(weight));
    return constants;
}

std::shared_ptr<const cpu::ConvolutionMethod> tiles(InstructionSet set) {
    return methods(set).back();
}

class TileConvolutions : public EachInstructionSet {
protected:
    // The greatest error of a result that is stored so.
    static double error(const ConvolutionCase &c, Storage stored, int threads) {
        const Constants constants = rounded(Constants(c.inputs, c.outputs, c.sloped, 7, c.form));
        const ConvolutionChain chain(
            {{c.inputs, c.outputs, c.outputs},
             {{constants.desc(c.pads), 0, c.added_before ? 1 : -1, c.added_after ? 2 : -1}},
             {3}},
            tiles(GetParam()));
        Picture input(c.extent, c.inputs, Storage::bf16, 1, c.pixel);
        const Extent extents[] = {c.extent, {}, {}}; // the result's follows from the first
        const Extent result = chain.extent(3, extents);
        Picture output(result, c.outputs, stored, 2);
        Picture before(result, c.outputs, Storage::bf16, 3);
        Picture after(result, c.outputs, stored, 4);
        const Image inputs[] = {input.image(), before.image(), after.image()};
        const Image outputs[] = {output.image()};
        Workspace workspace(threads);
        chain.run(inputs, outputs, workspace);
        return greatest_error(c, constants, input, output, before, after);
    }
};

TEST_P(TileConvolutions, ComputeTheDefinition) {
    for (const ConvolutionCase &c : tiled_cases)
        for (const int threads : {1, 2})
            EXPECT_LT(error(c, Storage::fp32, threads), 1e-5) << c.name() << ", " << threads;
}

TEST_P(TileConvolutions, RoundOnce) {
    for (const ConvolutionCase &c : tiled_cases)
        EXPECT_LT(error(c, Storage::bf16, 1), 0.004) << c.name();
}

// Filters that do not stay in a core's cache from layer to layer are read for many pixels at a time.
TEST_P(TileConvolutions, ManyFiltersComeWithManyRows) {
    const Extent extent = {70, 80};
    const Constants constants(256, 256, true, 7);
    const ConvolutionChain chain(
        {{256}, {{constants.desc({1, 1, 1, 1}), 0}, {constants.desc({1, 1, 1, 1}), 1}}, {2}},
        tiles(GetParam()));
    for (const cpu::Band &band : chain.workspace({&extent, 1}, 1)->plan.bands)
        if (band.begin > 0 && band.end < extent.height) {
            EXPECT_GE((band.end - band.begin) * extent.width, 1024);
        }
}

// One thread takes a wide image's rounds in parts by columns, several take them whole.
TEST_P(TileConvolutions, AThreadAloneGoesByColumns) {
    const Extent extent = {10, 1900};
    const Constants first(5, 48, true, 1);
    const Constants down(48, 64, false, 2, halving);
    const Constants inner(64, 64, true, 3);
    const Constants up(64, 48, true, 4, doubling);
    const Constants last(48, 20, false, 5);
    const ConvolutionChain chain({{5, 48},
                                  {{first.desc({1, 1, 1, 1}), 0, 1},
                                   {down.desc({}), 2},
                                   {inner.desc({1, 2, 1, 0}), 3, -1, 3},
                                   {up.desc({}), 4, -1, 2},
                                   {last.desc({1, 1, 1, 1}), 5}},
                                  {2, 6},
                                  {6}},
                                 tiles(GetParam()));
    Picture input(extent, 5, Storage::fp32, 1);
    Picture added(extent, 48, Storage::bf16, 2);
    const Image inputs[] = {input.image(), added.image()};
    std::vector<std::uint16_t> values[2];
    std::vector<float> means[] = {std::vector<float>(20), std::vector<float>(20)};
    for (const int threads : {1, 2}) {
        Picture one(extent, 48, Storage::bf16, 3);
        Picture two(extent, 20, Storage::bf16, 4);
        const Image outputs[] = {one.image(), two.image()};
        const auto run = static_cast<std::size_t>(threads - 1);
        float *const to[] = {means[run].data()};
        Workspace workspace(threads);
        chain.run(inputs, outputs, to, workspace);
        values[run] = one.bfloats;
        values[run].insert(values[run].end(), two.bfloats.begin(), two.bfloats.end());
    }
    EXPECT_EQ(values[0], values[1]);
    for (std::size_t i = 0; i < means[0].size(); ++i)
        EXPECT_NEAR(means[0][i], means[1][i], 1e-6);
}

// What DepthToSpace makes of it, with a picture that is added to each block.
TEST_P(TileConvolutions, WritePictures) {
    for (const std::int64_t factor : {2, 3, 4})
        for (const bool added : {false, true}) {
            const std::int64_t colors = factor == 4 ? 3 : 2;
            const Constants constants = rounded(Constants(10, colors * factor * factor, true, 5));
            const ConvolutionChain chain(
                {{10, colors}, {{constants.desc({1, 1, 1, 1}), 0, -1, added ? 1 : -1, factor}}, {2}},
                tiles(GetParam()));
            const Extent extent = {5, 37};
            Picture input(extent, 10, Storage::bf16, 1);
            Picture base(extent, colors, Storage::fp32, 2);
            std::vector<float> picture(
                static_cast<std::size_t>(constants.outputs * extent.height * extent.width));
            Image output = {picture.data(), Storage::fp32, extent, constants.outputs, constants.outputs};
            output.shuffle = factor;
            const Image inputs[] = {input.image(), base.image()};
            Workspace workspace(1);
            chain.run(inputs, {&output, 1}, workspace);
            double worst = 0;
            std::size_t i = 0;
            for (std::int64_t color = 0; color < colors; ++color)
                for (std::int64_t y = 0; y < extent.height * factor; ++y)
                    for (std::int64_t x = 0; x < extent.width * factor; ++x) {
                        const std::int64_t channel = (color * factor + y % factor) * factor + x % factor;
                        const double wanted =
                            convolved(constants, {1, 1, 1, 1}, input, y / factor, x / factor, channel) +
                            (added ? base.at(y / factor, x / factor, color) : 0);
                        worst = std::max(worst, std::abs(picture[i++] - wanted));
                    }
            EXPECT_LT(worst, 1e-4) << factor;
        }
}

// `from` times the gates, in fp32; `rounded`: as values between layers are stored.
Picture gated(const Picture &from, const std::vector<float> &gates, bool rounded) {
    Picture to(from.extent, from.channels, Storage::fp32, 0);
    auto value = to.floats.begin();
    for (std::int64_t y = 0; y < from.extent.height; ++y)
        for (std::int64_t x = 0; x < from.extent.width; ++x)
            for (std::int64_t channel = 0; channel < from.channels; ++channel, ++value) {
                *value = from.at(y, x, channel) * gates[static_cast<std::size_t>(channel)];
                if (rounded)
                    *value = bfloat_to_float(float_to_bfloat(*value));
            }
    return to;
}

std::vector<float> some_gates(std::int64_t channels, float first) {
    std::vector<float> gates;
    for (std::int64_t i = 0; i < channels; ++i)
        gates.push_back(first + 0.01F * static_cast<float>(i % 50));
    return gates;
}

TEST_P(TileConvolutions, MultiplyWhatTheyReadByGates) {
    for (const ConvolutionCase &c : {ConvolutionCase{64, 48, {12, 19}, {1, 1, 1, 1}, true, true, true},
                                     ConvolutionCase{20, 24, {13, 21}, {1, 1, 1, 1}, true, true, true, 32},
                                     ConvolutionCase{3, 17, {5, 40}, {0, 0, 0, 0}, false, false, true},
                                     of_form(doubling, {64, 64, {5, 17}, {}, true, true, true}),
                                     of_form(doubling, {100, 24, {7, 16}, {}, false, true})}) {
        const Constants constants = rounded(Constants(c.inputs, c.outputs, c.sloped, 7, c.form));
        const ConvolutionChain chain(
            {{c.inputs, c.outputs, c.outputs},
             {{constants.desc(c.pads), 0, c.added_before ? 1 : -1, c.added_after ? 2 : -1}},
             {3},
             {}},
            tiles(GetParam()));
        const Extent extents[] = {c.extent, {}, {}};
        const Extent result = chain.extent(3, extents);
        Picture input(c.extent, c.inputs, Storage::bf16, 1, c.pixel);
        Picture before(result, c.outputs, Storage::bf16, 3);
        Picture after(result, c.outputs, Storage::fp32, 4);
        Picture output(result, c.outputs, Storage::fp32, 2);
        const auto input_gates = some_gates(c.inputs, 0.3F);
        const auto before_gates = some_gates(c.outputs, 0.5F);
        const auto after_gates = some_gates(c.outputs, -0.2F);
        Image inputs[] = {input.image(), before.image(), after.image()};
        inputs[0].gates = input_gates.data();
        inputs[1].gates = before_gates.data();
        inputs[2].gates = after_gates.data();
        const Image outputs[] = {output.image()};
        Workspace workspace(2);
        chain.run(inputs, outputs, workspace);
        const Picture gated_input = gated(input, input_gates, true);
        const Picture gated_before = gated(before, before_gates, false);
        const Picture gated_after = gated(after, after_gates, false);
        EXPECT_LT(greatest_error(c, constants, gated_input, output, gated_before, gated_after), 1e-5)
            << c.name();
    }
}

// Of more pixels than a float could count one by one without losing some.
TEST_P(TileConvolutions, GiveMeansOfWhatTheyWrite) {
    const Extent extent = {37, 83};
    const Constants first(16, 40, true, 3);
    const Constants second(40, 24, true, 4);
    const ConvolutionChain chain(
        {{16}, {{first.desc({1, 1, 1, 1}), 0}, {second.desc({0, 0, 0, 0}), 1}}, {1, 2}, {1, 2}},
        tiles(GetParam()));
    for (const int threads : {1, 3}) {
        Picture input(extent, 16, Storage::bf16, 1);
        Picture one(extent, 40, Storage::bf16, 2);
        Picture two({35, 81}, 24, Storage::bf16, 3);
        const Image inputs[] = {input.image()};
        const Image outputs[] = {one.image(), two.image()};
        std::vector<float> means[] = {std::vector<float>(40, -9), std::vector<float>(24, -9)};
        float *const to[] = {means[0].data(), means[1].data()};
        Workspace workspace(threads);
        for (int repeat = 0; repeat < 2; ++repeat) {
            chain.run(inputs, outputs, to, workspace);
            for (const std::size_t i : {0, 1}) {
                const Picture &picture = i == 0 ? one : two;
                const Extent size = outputs[i].extent;
                for (std::int64_t channel = 0; channel < outputs[i].channels; ++channel) {
                    double sum = 0;
                    double magnitudes = 0;
                    for (std::int64_t y = 0; y < size.height; ++y)
                        for (std::int64_t x = 0; x < size.width; ++x) {
                            sum += picture.at(y, x, channel);
                            magnitudes += std::abs(picture.at(y, x, channel));
                        }
                    const auto pixels = static_cast<double>(size.height * size.width);
                    EXPECT_NEAR(means[i][static_cast<std::size_t>(channel)], sum / pixels,
                                0.004 * magnitudes / pixels);
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, TileConvolutions,
                         testing::Values(InstructionSet::avx512_bf16, InstructionSet::amx),
                         instruction_set_name);

} // namespace
} // namespace vsmlrt::test
