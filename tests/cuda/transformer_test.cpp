// Blocks of transformers: what one kernel makes of them on the emulated driver, whose warps are fibers,
// equals what the reference gives for the graph as it stands, however the network spells windows, rolls and
// heads.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_plan.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::ints;
using test::Name;

struct Block {
    const char *name;
    std::int64_t channels, heads, depth, hidden; // hidden 0: no perceptron; heads 0: no attention
    std::int64_t rows, columns, shift;           // of a window; 0: no roll
    bool flat = false;    // tokens are rows of a matrix between the operators: (1, H W, C)
    bool chunked = false; // one axis of 3 * heads, split in three; scores are scaled
    const char *activation = "Gelu";
    std::size_t found = 1; // blocks
    bool masked = false;   // some windows' scores have another summand each
};
constexpr vsmlrt_extent extent = {24, 16};

class Network {
public:
    explicit Network(const Block &block) : block_(block) {
        const int channels = static_cast<int>(block.channels);
        const Name first = b_.conv(b_.input(3), 3, channels);
        Name x = transposed(first, {0, 2, 3, 1});
        if (block.flat)
            x = reshaped(x, {1, -1, block.channels});
        if (block.heads > 0)
            x = b_.node("Add", {x, attended(normalised(x))});
        if (block.hidden > 0)
            x = b_.node("Add", {perceptron(normalised(x)), x});
        if (block.flat)
            x = reshaped(x, {1, extent.height, extent.width, block.channels});
        b_.output(b_.conv(transposed(x, {0, 3, 1, 2}), channels, 3));
    }
    [[nodiscard]] model::Network network() const { return b_.network(); }

private:
    Name reshaped(const Name &x, const std::vector<std::int64_t> &dims) {
        return b_.node("Reshape", {x, b_.integers(dims)});
    }
    Name transposed(const Name &x, std::vector<std::int64_t> order) {
        return b_.node("Transpose", {x}, {{"perm", ints(std::move(order))}});
    }
    Name linear(const Name &x, std::int64_t from, std::int64_t to) {
        return b_.node("Add", {b_.random({to}, -0.1F, 0.1F), b_.node("MatMul", {x, b_.weights({from, to})})});
    }
    Name normalised(const Name &x) {
        return b_.node(
            "LayerNormalization",
            {x, b_.random({block_.channels}, 0.5F, 1.5F), b_.random({block_.channels}, -0.2F, 0.2F)},
            {{"axis", std::int64_t{-1}}});
    }
    Name perceptron(const Name &x) {
        Name hidden = linear(x, block_.channels, block_.hidden);
        if (std::string(block_.activation) == "Gelu") {
            const Name erf = b_.node("Erf", {b_.node("Mul", {hidden, b_.real(std::sqrt(0.5F))})});
            hidden =
                b_.node("Mul", {b_.node("Mul", {hidden, b_.node("Add", {erf, b_.real(1)})}), b_.real(0.5F)});
        } else {
            hidden = b_.node(block_.activation, {hidden});
        }
        return linear(hidden, block_.hidden, block_.channels);
    }
    Name rolled(Name x, std::int64_t by) {
        for (const std::int64_t axis : {2, 1}) {
            const Name end =
                b_.node("Slice", {x, b_.integers({by}), b_.integers({INT64_MAX}), b_.integers({axis})});
            const Name begin =
                b_.node("Slice", {x, b_.integers({0}), b_.integers({by}), b_.integers({axis})});
            x = b_.node("Concat", {end, begin}, {{"axis", axis}});
        }
        return x;
    }
    // Of every third window none, of the others one of two.
    static std::vector<float> masks(std::int64_t windows, std::int64_t tokens) {
        std::vector<float> values;
        for (std::int64_t window = 0; window < windows; ++window)
            for (std::int64_t at = 0; at < tokens * tokens; ++at)
                values.push_back(
                    window % 3 == 0 || (at % tokens + at / tokens) % (window % 3 + 1) != 0 ? 0.0F : -100.0F);
        return values;
    }
    Name attended(const Name &normal) {
        const auto &[name, channels, heads, depth, hidden, rows, columns, shift, flat, chunked, activation,
                     found, masked] = block_;
        const std::int64_t down = extent.height / rows, across = extent.width / columns,
                           tokens = rows * columns;
        Name y = flat ? reshaped(normal, {1, extent.height, extent.width, channels}) : normal;
        if (shift > 0)
            y = rolled(y, shift);
        y = transposed(reshaped(y, {1, down, rows, across, columns, channels}), {0, 1, 3, 2, 4, 5});
        y = reshaped(y, {-1, tokens, channels});
        const Name all = linear(y, channels, 3 * heads * depth);
        Name queries, keys, values;
        if (chunked) {
            const std::vector<Name> parts =
                b_.nodes("Split",
                         {transposed(reshaped(all, {-1, tokens, 3 * heads, depth}), {2, 0, 1, 3}),
                          b_.integers({heads, heads, heads})},
                         3, {{"axis", std::int64_t{0}}});
            queries = transposed(parts[0], {1, 0, 2, 3});
            keys = transposed(parts[1], {1, 0, 3, 2});
            values = transposed(parts[2], {1, 0, 2, 3});
        } else {
            const Name apart = transposed(reshaped(all, {-1, tokens, 3, heads, depth}), {2, 0, 3, 1, 4});
            const auto part = [&](std::int64_t index) {
                return b_.node("Gather", {apart, b_.integer(index)}, {{"axis", std::int64_t{0}}});
            };
            queries = b_.node("Mul", {part(0), b_.real(0.5F)});
            keys = transposed(part(1), {0, 1, 3, 2});
            values = part(2);
        }
        Name scores = b_.node("MatMul", {queries, keys});
        if (chunked)
            scores = b_.node("Mul", {scores, b_.real(0.3F)});
        scores = b_.node("Add", {scores, b_.random({1, heads, tokens, tokens}, -1.0F, 1.0F)});
        if (masked) {
            scores = reshaped(scores, {1, down * across, heads, tokens, tokens});
            scores = b_.node("Add", {scores, b_.constant({1, down * across, 1, tokens, tokens},
                                                         masks(down * across, tokens))});
            scores = reshaped(scores, {-1, heads, tokens, tokens});
        }
        const Name weights = b_.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
        const Name mixed = transposed(b_.node("MatMul", {weights, values}), {0, 2, 1, 3});
        y = linear(reshaped(mixed, {-1, tokens, heads * depth}), heads * depth, channels);
        y = transposed(reshaped(y, {1, down, across, rows, columns, channels}), {0, 1, 3, 2, 4, 5});
        y = reshaped(y, {1, extent.height, extent.width, channels});
        if (shift > 0)
            y = rolled(y, -shift);
        return flat ? reshaped(y, {1, -1, channels}) : y;
    }

    Block block_;
    Builder b_;
};

bool is_block(const Step &step) {
    return step.alternatives.front().name.starts_with("transformer");
}

std::size_t blocks_of(const Plan &plan) {
    return static_cast<std::size_t>(std::count_if(plan.steps.begin(), plan.steps.end(), is_block));
}

class Transformers : public testing::TestWithParam<Block> {};

// Two precisions, a window and two of them a block.
void expect_the_reference(const model::Network &network, std::size_t found) {
    const std::vector<float> input = test::Random(3).list(std::int64_t{3} * extent.width * extent.height);
    const std::vector<float> wanted = test::reference_result(network, extent, input);
    for (const vsmlrt_precision precision : {VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16}) {
        const bool brain = precision == VSMLRT_PRECISION_BF16;
        const EmulatedPlan emulated(network, extent, precision);
        EXPECT_EQ(blocks_of(emulated.plan()), found) << describe(emulated.plan());
        for (const std::size_t number :
             brain ? std::vector<std::size_t>{0} : std::vector<std::size_t>{0, 2}) {
            const std::vector<float> given = emulated.computed(input, [&](Step &step) {
                if (number < step.alternatives.size() && is_block(step))
                    choose(step, step.alternatives[number].name);
            });
            ASSERT_EQ(given.size(), wanted.size());
            EXPECT_LE(relative_error(given, wanted), brain ? 1e-2 : 1.5e-3) << "alternative " << number;
        }
    }
    EXPECT_STREQ(emulated_faults(), "");
}

TEST_P(Transformers, GiveWhatTheReferenceGives) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    expect_the_reference(Network(GetParam()).network(), GetParam().found);
}

TEST(TransformersOfWindows, MayKeepTokensInTheirOrderThroughout) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    expect_the_reference(test::swin(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Spelled, Transformers,
    testing::Values(Block{"SwinIR", 60, 6, 10, 120, 8, 8, 4}, Block{"SCUNet", 64, 2, 32, 256, 8, 8, 0},
                    Block{"Chunked", 32, 1, 32, 64, 8, 8, 4, false, true},
                    Block{"Flat", 48, 3, 16, 96, 8, 8, 4, true}, Block{"Oblong", 24, 4, 6, 40, 4, 12, 2},
                    Block{"Thin", 13, 1, 7, 20, 2, 3, 1, false, false, "Tanh"},
                    Block{"Wide", 128, 4, 32, 64, 8, 8, 3}, Block{"OneRowOfWindows", 16, 2, 8, 32, 2, 24, 1},
                    Block{"AttentionAlone", 40, 2, 20, 0, 8, 8, 4},
                    Block{"PerceptronAlone", 60, 0, 0, 120, 1, 1, 0, true, false, "Relu"},
                    Block{"Masked", 60, 6, 10, 120, 8, 8, 4, false, false, "Gelu", 1, true},
                    Block{"MaskedAndThin", 16, 1, 8, 32, 2, 3, 1, true, true, "Relu", 1, true},
                    Block{"TooManyTokens", 16, 2, 8, 0, 16, 24, 0, false, false, "Relu", 0}),
    [](const auto &tested) { return tested.param.name; });

} // namespace
} // namespace vsmlrt::cuda
