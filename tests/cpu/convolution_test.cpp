#include "base/each_instruction_set.h"
#include "cpu/convolution.h"
#include "cpu/pictures.h"
#include "cpu/select.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

using cpu::Convolution;
using cpu::Extent;
using cpu::Kernels;
using cpu::Storage;

// The greatest error, with tiles computed so many at a time.
double error(const ConvolutionCase &c, const Kernels &kernels, Storage storage, std::int64_t at_a_time) {
    const Constants constants(c.inputs, c.outputs, c.sloped, 7);
    const Convolution layer(constants.desc(c.pads), kernels, storage);
    const Extent result = layer.result(c.extent);
    Picture input(c.extent, c.inputs, storage, 1, c.pixel);
    Picture output(result, c.outputs, storage, 2, c.pixel);
    Picture before(result, c.outputs, storage, 3);
    Picture after(result, c.outputs, Storage::fp32, 4, c.pixel);
    const cpu::Task task = {layer.packed(),
                            input.image(),
                            output.image(),
                            c.added_before ? before.image() : cpu::Image{},
                            c.added_after ? after.image() : cpu::Image{},
                            0,
                            result.height};
    HostBuffer scratch(static_cast<std::size_t>(kernels.scratch_floats(layer.packed(), at_a_time)) *
                       sizeof(float));
    for (std::int64_t first = 0; first < task.tiles(); first += at_a_time)
        kernels.run(task, first, std::min(at_a_time, task.tiles() - first), scratch.as<float>());
    return greatest_error(c, constants, input, output, before, after);
}

const std::vector<ConvolutionCase> cases = {
    {3, 16, {9, 13}},
    {16, 16, {4, 4}},
    {16, 3, {8, 12}},
    {16, 32, {7, 5}, {0, 0, 0, 0}},
    {64, 64, {17, 30}, {1, 1, 1, 1}, true},
    {64, 48, {12, 9}, {1, 1, 1, 1}, false, true},
    {32, 17, {11, 10}, {2, 0, 1, 2}, true, true, true},
    {5, 100, {6, 6}, {0, 1, 2, 0}, true, false, true},
    {20, 24, {13, 21}, {1, 1, 1, 1}, true, true, true, 32},
    {1, 1, {3, 3}, {0, 0, 0, 0}},
    {1, 1, {1, 1}},
    {192, 136, {14, 11}, {1, 1, 1, 1}, true}, // filters transformed for every frame
    {130, 150, {9, 9}, {0, 0, 0, 0}, false, true},
};

using OwnConvolution = EachInstructionSet;

TEST_P(OwnConvolution, ComputesTheDefinition) {
    const Kernels &kernels = *cpu::kernels_for(GetParam());
    for (const ConvolutionCase &c : cases)
        for (const std::int64_t at_a_time : {1, 6, 192})
            EXPECT_LT(error(c, kernels, Storage::fp32, at_a_time), 2e-5) << c.name() << ", " << at_a_time;
}

// Half a unit in bf16's last place is at most 2^-8 of a value; all before it is computed in fp32.
using OwnConvolutionInBf16 = EachInstructionSet;

TEST_P(OwnConvolutionInBf16, IsRoundedOnce) {
    const Kernels &kernels = *cpu::kernels_for(GetParam());
    ASSERT_TRUE(kernels.bf16);
    for (const ConvolutionCase &c : cases) {
        const bool rounded_filters =
            !keeps_transformed(Constants(c.inputs, c.outputs, false, 7).desc(c.pads));
        EXPECT_LT(error(c, kernels, Storage::bf16, 12), rounded_filters ? 0.02 : 0.004) << c.name();
    }
}

TEST_P(OwnConvolution, TilesAtATimeAreWholeRowsAndShareTheWork) {
    const Kernels &kernels = *cpu::kernels_for(GetParam());
    const Constants constants(64, 64, false, 1);
    const Convolution layer(constants.desc({}), kernels, Storage::fp32);
    for (const std::int64_t all : {1, 7, 60, 10000})
        for (const int threads : {1, 2, 16}) {
            const std::int64_t tiles = layer.tiles_at_a_time(all, threads);
            EXPECT_EQ(tiles % kernels.rows, 0);
            EXPECT_GT(tiles, 0);
            EXPECT_LT(tiles, all / threads + 1 + kernels.rows);
        }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, OwnConvolution,
                         testing::Values(InstructionSet::avx2, InstructionSet::avx512,
                                         InstructionSet::avx512_bf16),
                         instruction_set_name);
INSTANTIATE_TEST_SUITE_P(InstructionSets, OwnConvolutionInBf16, testing::Values(InstructionSet::avx512_bf16),
                         instruction_set_name);

} // namespace
} // namespace vsmlrt::test
