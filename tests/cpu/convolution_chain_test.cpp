#include "base/each_instruction_set.h"
#include "cpu/convolution_chain.h"
#include "cpu/methods.h"
#include "cpu/pictures.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <thread>

namespace vsmlrt::test {
namespace {

using cpu::ConvolutionChain;
using cpu::ConvolutionChainDesc;
using cpu::Extent;
using cpu::Pads;
using cpu::Storage;
using cpu::Workspace;

constexpr Pads same = {1, 1, 1, 1};

// x -> a -> b (+ x) -> c; b and c are wanted.
struct Residual {
    Constants a{16, 24, true, 1};
    Constants b{24, 16, true, 2};
    Constants c{16, 5, false, 3};
    ConvolutionChainDesc desc{{16}, {{a.desc(same), 0}, {b.desc(same), 1, 0, -1}, {c.desc({}), 2}}, {2, 3}};
};

Picture blank(Extent extent, std::int64_t channels) {
    return {extent, channels, Storage::fp32, 0};
}

// One layer of the chain by the definition, all of it.
Picture layer(const Constants &constants, Pads pads, const Picture &input, const Picture *before) {
    Picture result = blank(result_of(constants.form, pads, input.extent), constants.outputs);
    std::size_t i = 0;
    for (std::int64_t y = 0; y < result.extent.height; ++y)
        for (std::int64_t x = 0; x < result.extent.width; ++x)
            for (std::int64_t o = 0; o < constants.outputs; ++o)
                result.floats[i++] = static_cast<float>(convolved(constants, pads, input, y, x, o, before));
    return result;
}

double difference(const Picture &a, const Picture &b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.floats.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(a.floats[i]) - b.floats[i]));
    return worst;
}

struct Results {
    Picture b;
    Picture c;
};

Results run(const ConvolutionChain &chain, Picture &input, Workspace &workspace) {
    const cpu::Image inputs[] = {input.image()};
    const Extent extents[] = {input.extent};
    Results results = {blank(chain.extent(2, extents), 16), blank(chain.extent(3, extents), 5)};
    const cpu::Image outputs[] = {results.b.image(), results.c.image()};
    chain.run(inputs, outputs, workspace);
    return results;
}

using OwnConvolutionChain = EachInstructionSet;

struct Wanted {
    Picture input;
    Picture b;
    Picture c;
};

// Of each size, by the definition: the same for every kernel and number of threads. The tall one takes
// several bands.
const std::vector<Wanted> &wanted_of(const Residual &network) {
    static const std::vector<Wanted> all = [&] {
        std::vector<Wanted> made;
        for (const Extent extent : {Extent{9, 14}, Extent{1201, 6}, Extent{50, 37}, Extent{3, 5}}) {
            Picture input(extent, 16, Storage::fp32, 11);
            Picture b = layer(network.b, same, layer(network.a, same, input, nullptr), &input);
            Picture c = layer(network.c, {}, b, nullptr);
            made.push_back({std::move(input), std::move(b), std::move(c)});
        }
        return made;
    }();
    return all;
}

TEST_P(OwnConvolutionChain, IsItsLayersOneAfterAnother) {
    const Residual network;
    for (const auto &method : methods(GetParam())) {
        const ConvolutionChain chain(network.desc, method);
        const double bound = method->storage() == Storage::bf16 ? 0.02 : 2e-5;
        for (const int threads : {1, 3}) {
            Workspace workspace(threads);
            // A size after another: a workspace grows, and serves the smaller ones after it.
            for (const Wanted &wanted : wanted_of(network)) {
                Picture input = wanted.input;
                const Results results = run(chain, input, workspace);
                EXPECT_LT(difference(results.b, wanted.b), bound);
                EXPECT_LT(difference(results.c, wanted.c), bound);
            }
        }
    }
}

// What two levels of a U-shaped network are.
struct Levels {
    Constants a{8, 16, true, 1};
    Constants down{16, 24, false, 2, halving};
    Constants b{24, 16, true, 3};
    Constants up{16, 16, true, 4, doubling};
    Constants c{16, 5, false, 5};
    ConvolutionChainDesc desc{
        {8},
        {{a.desc(same), 0}, {down.desc({}), 1}, {b.desc(same), 2}, {up.desc({}), 3, 1}, {c.desc(same), 4}},
        {5}};
};

class ChainsOfLevels : public EachInstructionSet {};

TEST_P(ChainsOfLevels, AreTheirLayersOneAfterAnother) {
    const Levels network;
    const ConvolutionChain chain(network.desc, methods(GetParam()).back());
    Workspace alone(1);
    Workspace three(3);
    for (const Extent extent : {Extent{10, 14}, Extent{1202, 6}, Extent{54, 38}, Extent{2, 2}}) {
        Picture input(extent, 8, Storage::fp32, 11);
        const Picture a = layer(network.a, same, input, nullptr);
        const Picture b = layer(network.b, same, layer(network.down, {}, a, nullptr), nullptr);
        const Picture wanted = layer(network.c, same, layer(network.up, {}, b, &a), nullptr);
        for (Workspace *const workspace : {&alone, &three}) {
            Picture result = blank(extent, 5);
            const cpu::Image inputs[] = {input.image()};
            const cpu::Image outputs[] = {result.image()};
            chain.run(inputs, outputs, *workspace);
            EXPECT_LT(difference(result, wanted), 0.02) << extent.height;
        }
    }
}

// Those that have a method by tiles.
INSTANTIATE_TEST_SUITE_P(InstructionSets, ChainsOfLevels,
                         testing::Values(InstructionSet::avx512_bf16, InstructionSet::amx),
                         instruction_set_name);

TEST_P(OwnConvolutionChain, CallsSideBySideGiveTheSame) {
    const Residual network;
    for (const auto &method : methods(GetParam())) {
        const ConvolutionChain chain(network.desc, method);
        Picture input({41, 23}, 16, Storage::fp32, 11);
        Workspace first(2);
        const Results wanted = run(chain, input, first);
        std::vector<std::thread> callers;
        std::vector<double> worst(3);
        for (double &mine : worst)
            callers.emplace_back([&] {
                Workspace workspace(2);
                for (int i = 0; i < 20; ++i)
                    mine = std::max(mine, difference(run(chain, input, workspace).c, wanted.c));
            });
        for (std::thread &caller : callers)
            caller.join();
        EXPECT_EQ(worst, std::vector<double>(3, 0));
    }
}

TEST_P(OwnConvolutionChain, IsPlannedOnceForFramesOfOneSize) {
    const Residual network;
    for (const auto &method : methods(GetParam())) {
        const ConvolutionChain chain(network.desc, method);
        const Extent small[] = {{1201, 23}}; // more than two threads compute at a time
        const Extent large[] = {{1201, 24}};
        const auto planned = chain.workspace(small, 2);
        Picture input(small[0], 16, Storage::fp32, 11);
        Workspace workspace(2);
        for (int frame = 0; frame < 2; ++frame)
            static_cast<void>(run(chain, input, workspace));
        EXPECT_EQ(chain.workspace(small, 2), planned);
        EXPECT_NE(chain.workspace(large, 2), planned);
        EXPECT_NE(chain.workspace(small, 1)->bytes, planned->bytes);
    }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, OwnConvolutionChain,
                         testing::Values(InstructionSet::avx2, InstructionSet::avx512,
                                         InstructionSet::avx512_bf16, InstructionSet::amx),
                         instruction_set_name);

} // namespace
} // namespace vsmlrt::test
