// What the Hopper kernels ask of a launch is what the hardware grants, at every size, and `serves` says what
// it must.
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/kernel_files.h"
#include "cuda/hopper_problems.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace vsmlrt::cuda {
namespace {

// The rules of cuTensorMapEncodeTiled.
void expect_legal(const TensorMap &map) {
    ASSERT_EQ(map.sizes.size(), 3U);
    EXPECT_EQ(map.address % 16, 0U);
    EXPECT_EQ(map.box[0] * 2 % 16, 0U);
    for (const std::uint64_t size : map.sizes)
        EXPECT_GE(size, 1U);
    for (const std::uint64_t stride : map.strides)
        EXPECT_EQ(stride % 16, 0U);
    for (const std::uint32_t edge : map.box)
        EXPECT_TRUE(edge >= 1 && edge <= 256) << edge;
    if (map.swizzle != 0) {
        EXPECT_EQ(map.box[0] * 2, static_cast<std::uint32_t>(map.swizzle));
    }
}

class HopperLaunch : public testing::TestWithParam<Asked> {};

TEST_P(HopperLaunch, IsLegalAtEverySize) {
    const ConvProblem problem = problem_of(GetParam());
    for (const ConvCandidate &candidate : hopper_candidates()) {
        if (!candidate.serves(problem, hopper_facts))
            continue;
        SCOPED_TRACE(candidate.name);
        for (const auto &[height, width] :
             {std::pair{2, 2}, {3, 2}, {7, 300}, {271, 481}, {1079, 1919}, {2160, 3840}}) {
            const ConvOperands operands = operands_of(problem, height, width);
            if (operands.out_height < 1 || operands.out_width < 1)
                continue;
            ASSERT_TRUE(!candidate.fits || candidate.fits(problem, operands));
            const Launch launch = candidate.launch(problem, operands, hopper_facts);
            EXPECT_GE(launch.grid[0] * launch.grid[1], 1U);
            EXPECT_LE(launch.grid[0] * launch.grid[1], 3U * 132U + launch.grid[0]);
            EXPECT_LE(launch.block[0], 1024U);
            EXPECT_LE(launch.shared_bytes, 232448U);
            EXPECT_TRUE(launch.dependent);
            for (const Argument &argument : launch.arguments)
                if (const auto *map = std::get_if<TensorMap>(&argument))
                    expect_legal(*map);
        }
    }
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

// What ptx.cuh says of launches that overlap: a kernel lets the next one start only once it has waited
// itself, and reads nothing that a launch may have written through a cache that is not coherent.
TEST(HopperLaunches, OverlapByTwoAtMost) {
    std::size_t kernels = 0;
    for (const KernelFile &file : kernel_files()) {
        if (!file.name.starts_with("hopper/") || file.name == "hopper/ptx.cuh")
            continue;
        SCOPED_TRACE(file.name);
        EXPECT_EQ(file.text.find(".nc."), std::string_view::npos);
        EXPECT_EQ(file.text.find("__ldg"), std::string_view::npos);
        EXPECT_EQ(count_of(file.text, "let_next_start();"),
                  count_of(file.text, "wait_for_previous();\n    let_next_start();"));
        kernels += count_of(file.text, "let_next_start();");
    }
    EXPECT_EQ(kernels, 10U);
}

INSTANTIATE_TEST_SUITE_P(
    Families, HopperLaunch,
    testing::Values(
        Asked{.in = 64, .out = 64}, Asked{.in = 3, .out = 64}, Asked{.in = 64, .out = 3},
        Asked{.in = 96, .out = 96, .residual = true}, Asked{.in = 33, .out = 32, .stride = 2},
        Asked{.in = 64, .out = 48, .residual = true, .shuffle = 4},
        Asked{.in = 128, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .transposed = true},
        Asked{
            .in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
        Asked{.in = 256, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true, .shuffle = 1}));

TEST(HopperPairs, LaunchesAreLegalAtEverySize) {
    const PairProblem problem = pair_of({.residual = true});
    for (const auto &[height, width] : {std::pair{1, 1}, {7, 300}, {1079, 1919}, {2160, 3840}}) {
        const CopiedPicture picture{1 << 20, 64, height, width, 64 * width, 64};
        const Launch launch =
            launch_pair(problem, {1 << 20, picture, picture, picture, {}, {}}, hopper_facts);
        EXPECT_GE(launch.grid[0], 1U);
        EXPECT_LE(launch.grid[0], 132U);
        EXPECT_LE(launch.shared_bytes, 232448U);
        ASSERT_EQ(launch.arguments.size(), 6U);
        for (const std::size_t map : {0U, 1U, 2U})
            expect_legal(std::get<TensorMap>(launch.arguments[map]));
    }
}

TEST(HopperPairs, ServeOnlyWhatTheyCompute) {
    const auto served = [](const auto &change) {
        PairProblem problem = pair_of({});
        change(problem);
        return pair_serves(problem, hopper_facts);
    };
    EXPECT_TRUE(served([](PairProblem &) {}));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.strides = {2, 2}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.dilations = {2, 2}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.kernel = {5, 5}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.out_channels = 96; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.in_channels = 96; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.out_channels = 48; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.storage = p.second.storage = Element::f32; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.epilogue.tensors = 1; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.epilogue.tensors = 2; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.epilogue.sums = true; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.epilogue.shuffle = 2; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.pads = {3, 1, 1, 1}; }));
    for (const int architecture : {80, 86, 89, 100, 120})
        EXPECT_FALSE(pair_serves(pair_of({}), {architecture, 132, 232448, true})) << architecture;
}

TEST(HopperPairs, PayWhereTheyAreFaster) {
    const auto pays = [](const PairProblem &problem, std::int64_t height, std::int64_t width) {
        return pair_pays(problem, height, width, hopper_facts);
    };
    EXPECT_TRUE(pays(pair_of({}), 1080, 1920));
    EXPECT_TRUE(pays(pair_of({.in = 3, .middle = 32}), 480, 720));
    EXPECT_FALSE(pays(pair_of({}), 192, 192));
    EXPECT_FALSE(pays(pair_of({.middle = 48}), 1080, 1920)); // filled up to 64
    PairProblem costly = pair_of({});
    costly.second.epilogue.text += "op::Sigmoid<float>(sum)";
    EXPECT_FALSE(pays(costly, 1080, 1920));
}

TEST(HopperTails, LaunchesAreLegalAtEverySize) {
    const PairProblem problem = tail_of(128, 256, true);
    for (const TailCandidate &candidate : tail_candidates())
        for (const auto &[height, width] : {std::pair{3, 3}, {7, 300}, {1079, 1919}}) {
            const ConvOperands operands = operands_of(problem.first, height, width);
            const Launch launch = launch_tail(problem, candidate, operands, 1 << 20, hopper_facts);
            EXPECT_GE(launch.grid[0], 1U);
            EXPECT_LE(launch.grid[0], 132U);
            EXPECT_LE(launch.shared_bytes, 232448U);
            expect_legal(std::get<TensorMap>(launch.arguments.front()));
            EXPECT_GE(tail_waiting_floats(problem, hopper_facts), 132 * candidate.rows * 128 * 4);
        }
}

TEST(HopperTails, ServeOnlyWhatTheyCompute) {
    const TailCandidate &candidate = tail_candidates().front();
    const auto served = [&](const auto &change) {
        PairProblem problem = tail_of(128, 256, true);
        change(problem);
        return tail_serves(problem, candidate, hopper_facts);
    };
    EXPECT_TRUE(served([](PairProblem &) {}));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.strides = {2, 2}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.kernel = {1, 1}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.in_channels = 192; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.out_channels = p.second.in_channels = 192; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.epilogue.tensors = 1; }));
    EXPECT_FALSE(served([](PairProblem &p) {
        p.second.out_channels = 4;
        p.second.in_channels = 128;
    }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.kernel = {2, 2}; }));
    EXPECT_FALSE(tail_serves(tail_of(128, 256, true), candidate, {100, 132, 232448, true}));
}

TEST(HopperRowTails, LaunchesAreLegalAtEverySize) {
    for (const bool transposed : {false, true}) {
        const PairProblem problem = row_tail_of({.second_pad = transposed ? 3 : 1, .transposed = transposed});
        for (const auto &[height, width] : {std::pair{3, 3}, {7, 300}, {1079, 1919}, {2160, 3840}}) {
            const CopiedPicture picture{1 << 20, 64, height, width, 64 * width, 64};
            const Launch launch =
                launch_row_tail(problem, {1 << 20, picture, picture, picture, {}, {}}, hopper_facts);
            EXPECT_GE(launch.grid[0], 1U);
            EXPECT_LE(launch.grid[0], 132U);
            EXPECT_LE(launch.shared_bytes, 232448U);
            expect_legal(std::get<TensorMap>(launch.arguments.front()));
        }
    }
}

TEST(HopperRowTails, ServeOnlyWhatTheyCompute) {
    const auto served = [](const auto &change) {
        PairProblem problem = row_tail_of({.residual = true});
        change(problem);
        return row_tail_serves(problem, hopper_facts);
    };
    EXPECT_TRUE(served([](PairProblem &) {}));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.strides = {2, 2}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.kernel = {1, 1}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.in_channels = 96; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.in_channels = 32; })); // half of the lanes
    EXPECT_FALSE(served([](PairProblem &p) { p.first.out_channels = p.second.in_channels = 128; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.epilogue.tensors = 1; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.first.epilogue.sums = true; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.out_channels = 5; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.kernel = {5, 5}; }));
    EXPECT_FALSE(served([](PairProblem &p) { p.second.epilogue.shuffle = 2; }));
    EXPECT_FALSE(row_tail_serves(row_tail_of({}), {100, 132, 232448, true}));
    EXPECT_TRUE(row_tail_pays(row_tail_of({}), 1080, 1920, hopper_facts));
    EXPECT_FALSE(row_tail_pays(row_tail_of({}), 192, 192, hopper_facts));
}

TEST(HopperCandidates, ServeOnlyWhatTheyCompute) {
    const auto served = [](const ConvProblem &problem, DeviceFacts facts = hopper_facts) {
        std::size_t count = 0;
        for (const ConvCandidate &candidate : hopper_candidates())
            count += candidate.serves(problem, facts);
        return count;
    };
    const ConvProblem plain = problem_of({.in = 64, .out = 64});
    EXPECT_GT(served(plain), 0U);
    for (const int architecture : {80, 86, 89, 100, 120})
        EXPECT_EQ(served(plain, {architecture, 132, 232448, true}), 0U) << architecture;
    ConvProblem problem = plain;
    problem.dilations = {2, 2};
    EXPECT_EQ(served(problem), 0U);
    problem = plain;
    problem.storage = Element::f32;
    EXPECT_EQ(served(problem), 0U);
    EXPECT_EQ(served(problem_of({.in = 64, .out = 64, .stride = 3})), 0U);
    EXPECT_EQ(served(problem_of({.in = 64, .out = 64, .kernel = 3, .stride = 2, .transposed = true})), 0U);
}

// Fewer are compiled and timed than serve, but always one.
TEST_P(HopperLaunch, ContendersAreFewAtEverySize) {
    const ConvProblem problem = problem_of(GetParam());
    for (const auto &[height, width] :
         {std::pair{2, 2}, {12, 12}, {68, 120}, {135, 240}, {480, 720}, {1080, 1920}, {2160, 3840}}) {
        const ConvOperands operands = operands_of(problem, height, width);
        std::vector<std::string> names;
        for (const ConvCandidate &candidate : hopper_candidates())
            if (candidate.serves(problem, hopper_facts) &&
                (!candidate.contends || candidate.contends(problem, operands, hopper_facts)))
                names.emplace_back(candidate.name);
        EXPECT_GE(names.size(), 1U) << width << 'x' << height;
        EXPECT_LE(names.size(), 6U) << width << 'x' << height;
        const auto there = [&](const char *name) { return std::count(names.begin(), names.end(), name) > 0; };
        if (height >= 1080) {
            EXPECT_FALSE(there("hopper.tiles 7 alone"));
            const bool by_products =
                !problem.transposed && problem.strides == graph::Pair{1, 1} && problem.in_channels >= 128;
            EXPECT_FALSE(by_products && there("hopper.tiles 30"));
            EXPECT_FALSE(by_products && there("hopper.tiles 12") && there("hopper.tiles 17"));
        }
        if (height <= 12) {
            EXPECT_FALSE(there("hopper.tiles 30"));
        }
    }
}

// With 192 channels and a residual only the lowest tiles have registers for it: they stay, however many items
// there are.
TEST(HopperCandidates, OneContendsWhereverOneServes) {
    for (const int channels : {128, 192, 256, 512}) {
        const ConvProblem problem = problem_of({.in = channels, .out = channels, .residual = true});
        const ConvOperands operands = operands_of(problem, 2160, 3840);
        int serving = 0;
        int contending = 0;
        for (const ConvCandidate &candidate : hopper_candidates())
            if (candidate.serves(problem, hopper_facts)) {
                ++serving;
                contending +=
                    !candidate.contends || candidate.contends(problem, operands, hopper_facts) ? 1 : 0;
            }
        EXPECT_GT(serving, 0) << channels;
        EXPECT_GT(contending, 0) << channels;
    }
}

TEST(HopperPixels, ServesOnlyWhatItComputes) {
    const auto served = [](const auto &change) {
        ConvProblem problem = problem_of({.in = 96, .out = 96, .residual = true});
        change(problem);
        return hopper_pixel_candidates().front().serves(problem, hopper_facts);
    };
    EXPECT_TRUE(served([](ConvProblem &) {}));
    EXPECT_FALSE(served([](ConvProblem &p) { p.transposed = true; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.strides = {2, 2}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.dilations = {2, 2}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.out_channels = 128; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.tensors = 2; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.broadcast = true; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.sums = true; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.shuffle = 2; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.output_last = false; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.output = Element::f32; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.storage = Element::f32; }));
}

TEST(HopperPhases, ServesOnlyWhatItComputes) {
    const auto served = [](const auto &change) {
        ConvProblem problem = problem_of({.in = 64,
                                          .out = 24,
                                          .kernel = 4,
                                          .stride = 2,
                                          .transposed = true,
                                          .shuffle = 2,
                                          .pixels = true});
        change(problem);
        return hopper_phase_candidates().front().serves(problem, hopper_facts);
    };
    EXPECT_TRUE(served([](ConvProblem &) {}));
    EXPECT_FALSE(served([](ConvProblem &p) { p.transposed = false; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.kernel = {2, 2}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.pads = {1, 1, 0, 0}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.in_channels = 256; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.out_channels = 64; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.out_channels = 22; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.shuffle = 1; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.shuffled_lanes = 12; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.shuffled_vectors = false; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.tensors = 1; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.output = Element::f32; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.storage = Element::f32; }));
}

// The copy engine writes 16 bytes at a time, so it may not end inside a concatenation's 16 bytes.
TEST(HopperUp, ServesOnlyWhatItComputes) {
    const auto served = [](const auto &change) {
        ConvProblem problem = problem_of(
            {.in = 128, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .transposed = true, .residual = true});
        change(problem);
        return hopper_up_candidates().front().serves(problem, hopper_facts);
    };
    EXPECT_TRUE(served([](ConvProblem &) {}));
    EXPECT_FALSE(served([](ConvProblem &p) { p.transposed = false; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.kernel = {4, 4}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.pads = {1, 0, 0, 0}; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.in_channels = 192; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.out_channels = 60; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.tensors = 2; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.broadcast = true; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.sums = true; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.epilogue.output_last = false; }));
    EXPECT_FALSE(served([](ConvProblem &p) { p.storage = Element::f32; }));
}

TEST(HopperCandidates, RowsWithoutPaddingLanesEndAtEightChannels) {
    const ConvProblem problem = problem_of({.in = 64, .out = 3});
    ConvOperands operands = operands_of(problem, 16, 16);
    for (const ConvCandidate &candidate : hopper_row_candidates()) {
        EXPECT_TRUE(candidate.fits(problem, operands));
        ConvOperands inside = operands;
        std::memset(inside.epilogue.data() + 124, 0, 4);
        EXPECT_FALSE(candidate.fits(problem, inside));
    }
}

// The widest product first, what has none last: as measured, 1.4 s for 240 columns and 0.3 for 96.
TEST(CompileOrder, BeginsWithWhatTakesLongest) {
    const Asked asked{.in = 64, .out = 64};
    const ConvProblem problem = problem_of(asked);
    std::vector<std::string> sources{"extern \"C\" __global__ void kernel() {}"};
    std::vector<std::string> widest_first;
    for (const char *name : {"hopper.rows 128", "hopper.rows 240"})
        for (const ConvCandidate &candidate : hopper_candidates())
            if (std::string(candidate.name) == name) {
                ASSERT_TRUE(candidate.serves(problem, hopper_facts)) << name;
                sources.push_back(candidate.source(problem));
                widest_first.insert(widest_first.begin(), sources.back());
            }
    ASSERT_EQ(widest_first.size(), 2U);
    widest_first.push_back(sources.front());
    EXPECT_EQ(longest_first(sources), widest_first);
}

} // namespace
} // namespace vsmlrt::cuda
