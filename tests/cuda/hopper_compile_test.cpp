// The Hopper kernels by NVIDIA's compiler, without a GPU: they compile, nothing spills, the registers are
// those that the launch has.
#include "cuda/hopper_problems.h"

#include "base/error.h"
#include "nvidia/compiler.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace vsmlrt::cuda {
namespace {

template <typename T>
T read(const std::vector<std::byte> &bytes, std::size_t at) {
    T value{};
    if (at + sizeof value <= bytes.size())
        std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// The attributes of functions in a cubin's .nv.info: attribute -> largest value of any function. A cubin is a
// 64-bit ELF file; an attribute of this kind is 4, its number, 8, then the function's symbol and the value.
std::map<int, std::uint32_t> function_attributes(const std::vector<std::byte> &cubin) {
    constexpr std::uint32_t info_section = 0x70000000;
    constexpr std::uint8_t sized = 4;
    std::map<int, std::uint32_t> found;
    const auto table = read<std::uint64_t>(cubin, 0x28);
    const auto entry = read<std::uint16_t>(cubin, 0x3a);
    for (std::uint16_t i = 0; i < read<std::uint16_t>(cubin, 0x3c); ++i) {
        const std::size_t header = table + std::size_t{i} * entry;
        if (read<std::uint32_t>(cubin, header + 4) != info_section)
            continue;
        std::size_t at = read<std::uint64_t>(cubin, header + 0x18);
        const std::size_t end = at + read<std::uint64_t>(cubin, header + 0x20);
        while (at + 4 <= end) {
            const auto form = read<std::uint8_t>(cubin, at);
            const auto attribute = read<std::uint8_t>(cubin, at + 1);
            const auto size = read<std::uint16_t>(cubin, at + 2);
            if (form == sized && size == 8) {
                const auto value = read<std::uint32_t>(cubin, at + 8);
                found[attribute] = std::max(found[attribute], value);
            }
            at += form == sized ? 4 + std::size_t{size} : 4;
        }
    }
    return found;
}

constexpr int frame_size = 0x11; // bytes of local memory: spilled registers, arrays
constexpr int register_count = 0x2f;

class HopperKernel : public testing::TestWithParam<Asked> {
protected:
    void SetUp() override {
        try {
            nvidia::require_compiler();
        } catch (const Unsupported &error) {
            GTEST_SKIP() << error.what();
        }
    }
};

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
        const std::vector<std::byte> cubin = nvidia::compile(candidate->source(problem), "sm_90a");
        const auto attributes = function_attributes(cubin);
        ASSERT_TRUE(attributes.contains(frame_size) && attributes.contains(register_count))
            << candidate->name;
        EXPECT_EQ(attributes.at(frame_size), 0U) << candidate->name;
        // All of a block's threads get the same at its launch, out of 65536.
        ConvOperands operands;
        operands.in_height = operands.in_width = operands.out_height = operands.out_width = 64;
        operands.epilogue.resize(256);
        const Launch launch = candidate->launch(problem, operands, hopper_facts);
        EXPECT_LE(attributes.at(register_count) * launch.block[0], 65536U) << candidate->name;
    }
}

constexpr Asked problems[] = {
    {.in = 64, .out = 64},
    {.in = 64, .out = 64, .residual = true},
    {.in = 64, .out = 64, .residual = true, .storage = Element::bf16},
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
    {.in = 64, .out = 128, .kernel = 2, .stride = 2, .pad = 0},
    {.in = 96, .out = 192, .stride = 2},
    {.in = 256, .out = 128, .kernel = 2, .stride = 2, .pad = 0, .transposed = true, .residual = true},
    {.in = 64, .out = 64, .kernel = 4, .stride = 2, .transposed = true},
    {.in = 256, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true, .shuffle = 1},
};
INSTANTIATE_TEST_SUITE_P(Families, HopperKernel, testing::ValuesIn(problems));

} // namespace
} // namespace vsmlrt::cuda
