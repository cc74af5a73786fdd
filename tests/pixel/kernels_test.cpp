// Every instruction set's kernels against the scalar ones, bit for bit.
#include "base/each_instruction_set.h"
#include "pixel/select.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace vsmlrt::pixel {
namespace {

constexpr std::size_t guard = 64; // bytes around a row that must stay as they are
constexpr std::byte canary{0xa5};

// A row at an address that is aligned to nothing, with canaries on both sides.
class Row {
public:
    Row(std::size_t bytes, std::size_t shift)
        : memory_(guard + shift + bytes + guard, canary), shift_(shift) {}
    [[nodiscard]] std::byte *data() { return memory_.data() + guard + shift_; }
    [[nodiscard]] const std::vector<std::byte> &everything() const { return memory_; }

private:
    std::vector<std::byte> memory_;
    std::size_t shift_;
};

constexpr std::uint32_t special_floats[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000,
    0x7f7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0xff812345, 0x7fc00000, 0xffffffff, 0x33000000,
    0x33000001, 0x387fc000, 0x387fe000, 0x38800000, 0x477fe000, 0x477fefff, 0x477ff000, 0x47800000};
constexpr std::uint16_t special_halves[] = {0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xbc00,
                                            0x7bff, 0x7c00, 0xfc00, 0x7c01, 0xfdff, 0x7e00, 0xffff};

// What goes into the rows: bits of any kind, or ordinary numbers with never a NaN or an infinity.
enum class Content { anything, ordinary };

class KernelTest : public test::EachInstructionSet {
protected:
    [[nodiscard]] static const Kernels &table() { return *kernels_for(GetParam()); }

    static constexpr std::size_t longest = 70;

    float random_float(Content content) {
        if (content == Content::ordinary)
            return std::uniform_real_distribution<float>(-2, 2)(random_);
        if (random_() % 2 == 0)
            return std::bit_cast<float>(special_floats[random_() % std::size(special_floats)]);
        return std::bit_cast<float>(static_cast<std::uint32_t>(random_()));
    }

    std::uint16_t random_half(Content content) {
        if (content == Content::ordinary)
            return float_to_half(random_float(content));
        return random_() % 2 == 0 ? special_halves[random_() % std::size(special_halves)]
                                  : static_cast<std::uint16_t>(random_());
    }

    Row random_row(std::size_t sample, std::size_t count, std::size_t shift, Content content) {
        Row row(sample * count, shift);
        for (std::size_t i = 0; i < count; ++i) {
            const float wide = random_float(content);
            const std::uint16_t half = random_half(content);
            std::memcpy(row.data() + i * sample, sample == 4 ? static_cast<const void *>(&wide) : &half,
                        sample);
        }
        return row;
    }

    // Runs body(count, shift, content) for every length and some misalignments.
    template <typename Body>
    void for_rows(const Body &body) {
        for (std::size_t count = 0; count <= longest; ++count)
            for (const std::size_t shift : {0, 1, 2, 7})
                for (const Content content : {Content::anything, Content::ordinary}) {
                    SCOPED_TRACE(testing::Message() << count << " samples, shifted by " << shift);
                    body(count, shift, content);
                }
    }

    void expect_same_copy(CopyRow tested, CopyRow reference, std::size_t from_size, std::size_t to_size) {
        for_rows([&](std::size_t count, std::size_t shift, Content content) {
            Row from = random_row(from_size, count, shift, content);
            Row got(to_size * count, shift);
            Row wanted(to_size * count, shift);
            EXPECT_EQ(tested(from.data(), got.data(), count), reference(from.data(), wanted.data(), count));
            ASSERT_EQ(got.everything(), wanted.everything());
        });
    }

    void expect_same_blend(BlendRow tested, BlendRow reference, std::size_t from_size, Content only) {
        for_rows([&](std::size_t count, std::size_t shift, Content content) {
            if (content != only)
                return;
            Row from = random_row(from_size, count, shift, content);
            std::vector<float> weights(count);
            for (float &weight : weights)
                weight = std::uniform_real_distribution<float>(0, 1)(random_);
            Row got = random_row(4, count, shift, Content::ordinary);
            Row wanted = got;
            EXPECT_EQ(tested(from.data(), weights.data(), 0.3F, got.data(), count),
                      reference(from.data(), weights.data(), 0.3F, wanted.data(), count));
            ASSERT_EQ(got.everything(), wanted.everything());
        });
    }

    void expect_same_clamp(ClampRow tested, ClampRow reference, std::size_t size) {
        for_rows([&](std::size_t count, std::size_t shift, Content content) {
            Row got = random_row(size, count, shift, content);
            Row wanted = got;
            tested(got.data(), count, -0.25F, 1.0F);
            reference(wanted.data(), count, -0.25F, 1.0F);
            ASSERT_EQ(got.everything(), wanted.everything());
        });
    }

    std::mt19937 random_{7};
};

TEST_P(KernelTest, CopiesAndConvertsAsTheScalarOnes) {
    expect_same_copy(table().copy_float, scalar_kernels.copy_float, 4, 4);
    expect_same_copy(table().copy_half, scalar_kernels.copy_half, 2, 2);
    expect_same_copy(table().float_to_half, scalar_kernels.float_to_half, 4, 2);
    expect_same_copy(table().half_to_float, scalar_kernels.half_to_float, 2, 4);
}

TEST_P(KernelTest, BlendsAsTheScalarOnes) {
    for (const Content content : {Content::anything, Content::ordinary}) {
        expect_same_blend(table().blend_float, scalar_kernels.blend_float, 4, content);
        expect_same_blend(table().blend_half, scalar_kernels.blend_half, 2, content);
    }
}

TEST_P(KernelTest, ClampsAsTheScalarOnes) {
    expect_same_clamp(table().clamp_float, scalar_kernels.clamp_float, 4);
    expect_same_clamp(table().clamp_half, scalar_kernels.clamp_half, 2);
}

TEST_P(KernelTest, FindsOneBadSampleWhereverItIs) {
    for (std::size_t count = 1; count <= longest; ++count)
        for (std::size_t place = 0; place < count; ++place) {
            std::vector<float> floats(count, -std::numeric_limits<float>::max());
            std::vector<std::uint16_t> halves(count, 0xfbff);
            EXPECT_FALSE(table().check_float(floats.data(), count));
            EXPECT_FALSE(table().check_half(halves.data(), count));
            floats[place] = place % 2 ? -INFINITY : NAN;
            halves[place] = place % 2 ? 0xfc00 : 0x7c01;
            EXPECT_TRUE(table().check_float(floats.data(), count));
            EXPECT_TRUE(table().check_half(halves.data(), count));
        }
}

TEST_P(KernelTest, ConvertsAllHalvesThereAndBack) {
    std::vector<std::uint16_t> halves(65536);
    for (std::size_t i = 0; i < halves.size(); ++i)
        halves[i] = static_cast<std::uint16_t>(i);
    std::vector<float> floats(halves.size());
    std::vector<std::uint16_t> back(halves.size());
    EXPECT_TRUE(table().half_to_float(halves.data(), floats.data(), halves.size()));
    EXPECT_TRUE(table().float_to_half(floats.data(), back.data(), halves.size()));
    for (std::size_t i = 0; i < halves.size(); ++i) {
        const bool is_nan = (i & 0x7fffU) > 0x7c00U;
        ASSERT_EQ(back[i], is_nan ? (halves[i] | 0x200U) : halves[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, KernelTest,
                         testing::Values(InstructionSet::baseline, InstructionSet::avx2,
                                         InstructionSet::avx512),
                         test::instruction_set_name);

// What runs in frames: the fastest that the cap allows. The choice is made once in a process.
TEST(Kernels, TheFastestAreChosen) {
    const Kernels *fastest = &scalar_kernels;
    for (const InstructionSet set : instruction_sets)
        if (const Kernels *found = kernels_for(set))
            fastest = found;
    EXPECT_EQ(&kernels(), fastest);
    EXPECT_EQ(&kernels() == &scalar_kernels, !may_use(InstructionSet::avx2));
}

TEST(Scalar, ClampTurnsNanIntoTheLowerLimit) {
    float row[] = {NAN, -INFINITY, INFINITY, 0.5F, -1.0F, 2.0F};
    scalar_kernels.clamp_float(row, 6, 0.0F, 1.0F);
    const float wanted[] = {0, 0, 1, 0.5F, 0, 1};
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(row[i], wanted[i]);
}

TEST(Scalar, BlendAddsWithBothWeights) {
    const float from[] = {1, 2, -0.0F};
    const float weights[] = {0.5F, 1, 1};
    float to[] = {8, 8, 0};
    EXPECT_FALSE(scalar_kernels.blend_float(from, weights, 0.5F, to, 3));
    EXPECT_EQ(to[0], 8.25F);
    EXPECT_EQ(to[1], 9.0F);
    EXPECT_EQ(to[2], 0.0F);
    EXPECT_FALSE(scalar_kernels.blend_float(from, weights, 1.0F, to, 3));
    EXPECT_EQ(to[0], 8.75F);
    EXPECT_EQ(to[1], 11.0F);
}

} // namespace
} // namespace vsmlrt::pixel
