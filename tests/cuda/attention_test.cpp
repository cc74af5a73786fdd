// Attention of any number of tokens and channels: what one kernel makes of it on the emulated driver, whose
// warps are fibers, equals what the reference gives.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_plan.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <limits>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::ints;
using test::Name;

enum class Mask {
    none,
    bias,   // of each head
    hidden, // infinitely far away: all keys of the first tiles of some queries
};
struct Heads {
    std::int64_t tokens, heads, depth, width; // width: channels of a value
    Mask mask = Mask::none;
    bool scaled = false;        // queries, by a number, in front of the product
    bool tokens_inside = false; // channels are not innermost: tokens are
    std::int64_t keys = 0;      // the first ones alone; 0: all
};

std::string name_of(const Heads &heads) {
    return text("Of", heads.tokens, "Tokens", heads.heads, "HeadsOf", heads.depth, "And", heads.width,
                heads.mask == Mask::bias     ? "Biased"
                : heads.mask == Mask::hidden ? "Hidden"
                                             : "",
                heads.scaled ? "Scaled" : "", heads.tokens_inside ? "TokensInside" : "",
                heads.keys > 0 ? text("To", heads.keys) : std::string());
}

// Pixels of a row are the tokens.
model::Network network_of(const Heads &of) {
    Builder b;
    const Name x = b.input(3);
    const auto heads_of = [&](std::int64_t depth) {
        const Name channels = b.conv(x, 3, static_cast<int>(of.heads * depth));
        const Name apart = b.node("Reshape", {channels, b.integers({1, of.heads, depth, of.tokens})});
        return of.tokens_inside ? b.node("Mul", {apart, b.random({1, 1, depth, of.tokens}, 0.5F, 1.5F)})
                                : apart;
    };
    const auto tokens_first = [&](const Name &y) {
        return b.node("Transpose", {y}, {{"perm", ints({0, 1, 3, 2})}});
    };
    const auto cut = [&](const Name &y) {
        return of.keys > 0 ? b.node("Slice", {y, b.integers({0}), b.integers({of.keys}), b.integers({3})})
                           : y;
    };
    const std::int64_t keys = of.keys > 0 ? of.keys : of.tokens;
    Name queries = tokens_first(heads_of(of.depth));
    if (of.scaled)
        queries = b.node("Mul", {queries, b.real(0.25F)});
    Name scores = b.node("MatMul", {queries, cut(heads_of(of.depth))});
    if (of.mask == Mask::bias)
        scores = b.node("Add", {scores, b.random({1, of.heads, of.tokens, keys}, -2.0F, 2.0F)});
    if (of.mask == Mask::hidden) {
        std::vector<float> far(static_cast<std::size_t>(of.tokens * keys));
        for (std::int64_t i = 0; i < of.tokens * keys; ++i)
            far[static_cast<std::size_t>(i)] =
                i / keys % 2 == 0 && i % keys < keys - 10 ? -std::numeric_limits<float>::infinity() : 0.0F;
        scores = b.node("Add", {scores, b.constant({of.tokens, keys}, far)});
    }
    const Name weights = b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    const Name mixed = b.node("MatMul", {weights, tokens_first(cut(heads_of(of.width)))});
    return b
        .output(b.node("Reshape", {tokens_first(mixed), b.integers({1, of.heads * of.width, 1, of.tokens})}))
        .network();
}

bool is_attention(const Step &step) {
    return step.alternatives.front().name.starts_with("attention");
}

std::vector<const Step *> attentions_of(const Plan &plan) {
    std::vector<const Step *> found;
    for (const Step &step : plan.steps)
        if (is_attention(step))
            found.push_back(&step);
    return found;
}

// In both precisions, by every alternative of its so many attentions, of which there is one at most.
void expect_the_reference(const model::Network &network, int tokens, std::size_t attentions) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const std::vector<float> input = test::Random(3).list(std::int64_t{3} * tokens);
    const std::vector<float> wanted = test::reference_result(network, {tokens, 1}, input);
    for (const vsmlrt_precision precision : {VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16}) {
        const bool brain = precision == VSMLRT_PRECISION_BF16;
        const EmulatedPlan emulated(network, {tokens, 1}, precision);
        const std::vector<const Step *> steps = attentions_of(emulated.plan());
        ASSERT_EQ(steps.size(), attentions) << describe(emulated.plan());
        const std::size_t ways = attentions == 0 ? 1 : steps.front()->alternatives.size();
        for (std::size_t number = 0; number < ways; ++number) {
            const std::vector<float> given = emulated.computed(input, [&](Step &step) {
                if (is_attention(step))
                    choose(step, step.alternatives[number].name);
            });
            ASSERT_EQ(given.size(), wanted.size());
            EXPECT_LE(relative_error(given, wanted), brain ? 2e-2 : 2e-3) << "alternative " << number;
        }
    }
    EXPECT_STREQ(emulated_faults(), "");
}

class Attentions : public testing::TestWithParam<Heads> {};

TEST_P(Attentions, GiveWhatTheReferenceGives) {
    expect_the_reference(network_of(GetParam()), static_cast<int>(GetParam().tokens), 1);
}

// Weights of one head for the values of two are a product of another batch.
TEST(AttentionOfOneHead, IsNotTakenForThatOfSeveral) {
    constexpr std::int64_t tokens = 70;
    Builder b;
    const Name x = b.input(3);
    const auto heads_of = [&](std::int64_t heads) {
        const Name channels = b.conv(x, 3, static_cast<int>(8 * heads));
        return b.node("Reshape", {channels, b.integers({1, heads, 8, tokens})});
    };
    const auto tokens_first = [&](const Name &y) {
        return b.node("Transpose", {y}, {{"perm", ints({0, 1, 3, 2})}});
    };
    const Name scores = b.node("MatMul", {tokens_first(heads_of(1)), heads_of(1)});
    const Name weights = b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    const Name mixed = b.node("MatMul", {weights, tokens_first(heads_of(2))});
    b.output(b.node("Reshape", {tokens_first(mixed), b.integers({1, 16, 1, tokens})}));
    expect_the_reference(b.network(), static_cast<int>(tokens), 0);
}

INSTANTIATE_TEST_SUITE_P(Heads, Attentions,
                         testing::Values(Heads{1, 2, 8, 8}, Heads{65, 1, 8, 8, Mask::bias},
                                         Heads{64, 2, 40, 40, Mask::bias, true}, Heads{100, 2, 40, 40},
                                         Heads{257, 1, 40, 40, Mask::hidden},
                                         Heads{100, 1, 129, 129, Mask::bias},
                                         Heads{65, 1, 160, 160, Mask::none, true},
                                         Heads{257, 1, 256, 256, Mask::bias}, Heads{1, 1, 256, 256},
                                         Heads{130, 1, 15, 272, Mask::hidden, true}, Heads{66, 1, 20, 250},
                                         Heads{70, 2, 300, 7}, Heads{100, 2, 24, 20, Mask::bias, false, true},
                                         Heads{130, 1, 32, 48, Mask::bias, false, false, 77}),
                         [](const auto &tested) { return name_of(tested.param); });

} // namespace
} // namespace vsmlrt::cuda
