// The Hopper kernels by NVIDIA's compiler, without a GPU: they compile, nothing spills, the registers are
// those that the launch has.
#include "cuda/cubin.h"
#include "cuda/hopper_problems.h"

#include "base/error.h"
#include "nvidia/compiler.h"

#include <gtest/gtest.h>

namespace vsmlrt::cuda {
namespace {

class HopperCompiler : public testing::Test {
protected:
    void SetUp() override {
        if (!test::is_compiled_for("sm_90a"))
            GTEST_SKIP() << "compiled by the tests on Linux";
        try {
            nvidia::require_compiler();
        } catch (const Unsupported &error) {
            GTEST_SKIP() << error.what();
        }
    }
};

class HopperKernel : public HopperCompiler, public testing::WithParamInterface<Asked> {};

// The first candidate that serves a problem is what runs while none is timed; the last is the narrowest.
TEST_P(HopperKernel, CompilesWithoutSpills) {
    const ConvProblem problem = problem_of(GetParam());
    std::vector<const ConvCandidate *> serving;
    for (const ConvCandidate &candidate : hopper_candidates())
        if (candidate.serves(problem, hopper_facts))
            serving.push_back(&candidate);
    ASSERT_FALSE(serving.empty());
    if (serving.size() > 2)
        serving = {serving.front(), serving.back()};
    for (const ConvCandidate *candidate : serving) {
        const test::Cubin cubin = test::read_cubin(test::compiled(candidate->source(problem), "sm_90a"));
        EXPECT_EQ(cubin.local_bytes, 0U) << candidate->name;
        // All of a block's threads get the same at its launch, out of 65536.
        ConvOperands operands;
        operands.in_height = operands.in_width = operands.out_height = operands.out_width = 64;
        operands.epilogue.resize(256);
        const Launch launch = candidate->launch(problem, operands, hopper_facts);
        EXPECT_LE(cubin.registers * launch.block[0], 65536U) << candidate->name;
    }
}

constexpr Asked problems[] = {
    {.in = 64, .out = 64},
    {.in = 64, .out = 64, .pad = 0, .sums = true},
    {.in = 128, .out = 64, .pad = 0, .sums = true},
    {.in = 256, .out = 128, .pad = 0, .sums = true},
    {.in = 64, .out = 64, .residual = true},
    {.in = 64, .out = 64, .residual = true, .storage = Element::bf16},
    {.in = 64, .out = 64, .residual = true, .own = true},
    {.in = 24, .out = 24, .residual = true, .own = true, .storage = Element::bf16},
    {.in = 16, .out = 16, .kernel = 5, .pad = 2, .residual = true, .own = true},
    {.in = 3, .out = 64},
    {.in = 32, .out = 64, .pad = 0},
    {.in = 64, .out = 48, .residual = true, .shuffle = 4},
    {.in = 64, .out = 3, .shuffle = 1},
    {.in = 32, .out = 32, .kernel = 5, .pad = 2},
    {.in = 128, .out = 128},
    {.in = 256, .out = 256, .residual = true},
    {.in = 192, .out = 192},
    {.in = 192, .out = 192, .residual = true},
    {.in = 96, .out = 96, .storage = Element::bf16},
    {.in = 96, .out = 96, .residual = true},
    {.in = 40, .out = 72, .kernel = 5, .pad = 2},
    {.in = 64, .out = 128, .kernel = 2, .stride = 2, .pad = 0},
    {.in = 96, .out = 192, .stride = 2},
    {.in = 256, .out = 128, .kernel = 2, .stride = 2, .pad = 0, .transposed = true, .residual = true},
    {.in = 64, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .transposed = true, .residual = true},
    {.in = 128,
     .out = 128,
     .kernel = 2,
     .stride = 2,
     .pad = 0,
     .transposed = true,
     .residual = true,
     .storage = Element::bf16},
    {.in = 128, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .transposed = true},
    {.in = 64, .out = 64, .kernel = 4, .stride = 2, .transposed = true},
    {.in = 64,
     .out = 24,
     .kernel = 4,
     .stride = 2,
     .transposed = true,
     .shuffle = 2,
     .pixels = true,
     .full = true},
    {.in = 96, .out = 52, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
    {.in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
    {.in = 96,
     .out = 40,
     .kernel = 4,
     .stride = 2,
     .transposed = true,
     .shuffle = 2,
     .pixels = true,
     .storage = Element::bf16},
    {.in = 12, .out = 32, .stride = 2},
    {.in = 64, .out = 3, .pad = 0, .residual = true, .shuffle = 1},
    {.in = 128, .out = 4, .shuffle = 1, .storage = Element::bf16},
    {.in = 256, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true, .shuffle = 1},
};
INSTANTIATE_TEST_SUITE_P(Families, HopperKernel, testing::ValuesIn(problems));

class HopperPair : public HopperCompiler, public testing::WithParamInterface<AskedPair> {};

TEST_P(HopperPair, CompilesWithoutSpills) {
    const PairProblem problem = pair_of(GetParam());
    ASSERT_TRUE(pair_serves(problem, hopper_facts));
    const test::Cubin cubin = test::read_cubin(test::compiled(pair_source(problem), "sm_90a"));
    EXPECT_EQ(cubin.local_bytes, 0U);
    EXPECT_LE(cubin.registers * 384, 65536U);
}

constexpr AskedPair pairs[] = {
    {},
    {.residual = true},
    {.residual = true, .storage = Element::bf16},
    {.in = 40, .middle = 48, .out = 56, .first_pad = 0, .second_pad = 2},
    {.in = 3},
    {.in = 3, .middle = 32, .first_pad = 0, .second_pad = 0},
    {.in = 3, .middle = 16, .out = 32, .first_pad = 0, .second_pad = 0},
    {.in = 16, .middle = 32, .first_pad = 0, .second_pad = 0},
    {.in = 32, .middle = 32, .out = 32, .residual = true},
    {.in = 32, .middle = 32, .residual = true},
    {.in = 64, .middle = 32, .out = 64, .residual = true},
    {.in = 64, .middle = 64, .out = 16},
};
INSTANTIATE_TEST_SUITE_P(Families, HopperPair, testing::ValuesIn(pairs));

class HopperTail : public HopperCompiler {};

TEST_F(HopperTail, CompilesWithoutSpills) {
    for (const PairProblem &problem :
         {tail_of(128, 256, true), tail_of(64, 128, true, Element::bf16), tail_of(96, 128, false)}) {
        for (const TailCandidate &candidate : tail_candidates()) {
            ASSERT_TRUE(tail_serves(problem, candidate, hopper_facts));
            const test::Cubin cubin =
                test::read_cubin(test::compiled(tail_source(problem, candidate), "sm_90a"));
            EXPECT_EQ(cubin.local_bytes, 0U) << candidate.name;
            EXPECT_LE(cubin.registers * 384, 65536U) << candidate.name;
        }
        EXPECT_EQ(test::read_cubin(test::compiled(tap_sums_source(problem.second), "sm_90a")).local_bytes,
                  0U);
    }
}

class HopperRowTail : public HopperCompiler, public testing::WithParamInterface<AskedRowTail> {};

TEST_P(HopperRowTail, CompilesWithoutSpills) {
    const PairProblem problem = row_tail_of(GetParam());
    ASSERT_TRUE(row_tail_serves(problem, hopper_facts));
    const test::Cubin cubin = test::read_cubin(test::compiled(row_tail_source(problem), "sm_90a"));
    EXPECT_EQ(cubin.local_bytes, 0U);
    EXPECT_LE(cubin.registers * 512, 65536U);
}

constexpr AskedRowTail row_tails[] = {
    {.residual = true},
    {.in = 48, .middle = 40, .out = 1, .first_pad = 2, .second_pad = 2, .storage = Element::bf16},
    {.out = 4, .second_pad = 1, .residual = true, .planes = false},
    {.second_pad = 3, .transposed = true, .planes = false},
    {.out = 4, .second_pad = 1, .transposed = true, .residual = true, .storage = Element::bf16},
};
INSTANTIATE_TEST_SUITE_P(Families, HopperRowTail, testing::ValuesIn(row_tails));

} // namespace
} // namespace vsmlrt::cuda
