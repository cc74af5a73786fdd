// Blocks of windowed transformers among the groups: normalisation, projections, attention in windows of a
// picture that may be rolled, the way back, the residual; then a perceptron with its own. One kernel computes
// a block (or one of the two halves), and nothing in between lies in memory.
#pragma once

#include "backends/cuda/attention.h"
#include "backends/cuda/chain.h"
#include "backends/cuda/index_map.h"

namespace vsmlrt::cuda {

// What a step of the kernel's products takes of the inner axis, and the most tokens of a window.
inline constexpr std::int64_t channels_of_step = 16, tokens_of_window = 64;

[[nodiscard]] constexpr std::int64_t steps_of(std::int64_t channels) {
    return (channels + channels_of_step - 1) / channels_of_step;
}

// x times weights plus bias; columns [offset, ...) of the weights where only a part is meant.
struct Linear {
    graph::ValueId input = graph::no_value;
    graph::ValueId weights = graph::no_value; // K N
    graph::ValueId bias = graph::no_value;    // N elements, or none
    std::int64_t offset = 0;
};

struct Normalization {
    graph::ValueId scale = graph::no_value, bias = graph::no_value; // the latter may be missing
    float epsilon = 0;
};

// Tokens, row by row, and windows of them.
struct Windows {
    std::int64_t height = 0, width = 0; // of the picture
    std::int64_t rows = 0, columns = 0; // of a window
    std::int64_t shift_y = 0, shift_x = 0;
};

struct WindowAttention {
    Normalization normalization;
    Linear queries, keys, values, projection;
    std::int64_t heads = 0, depth = 0;
    float scale = 1;
    std::vector<float> table;              // heads, queries, keys: added to the scores; empty: nothing
    graph::ValueId mask = graph::no_value; // a matrix each window, of as many queries and keys, added as well
    Windows windows;
};

struct Perceptron {
    Normalization normalization;
    Linear first, second;       // the first one's bias is a part of what follows it
    std::size_t activation = 0; // group of the first, whose members are what follows it
};

struct TransformerBlock {
    std::optional<WindowAttention> attention;
    std::optional<Perceptron> perceptron;
    graph::ValueId input = graph::no_value, result = graph::no_value;
    std::set<std::size_t> groups; // all that it computes
    std::size_t last = 0;         // of them, the one that gives the result
};

// Those that the kernel of transformer.cuh can compute.
[[nodiscard]] std::vector<TransformerBlock> find_transformer_blocks(const graph::Graph &graph,
                                                                    const graph::Shapes &shapes,
                                                                    const std::vector<Group> &groups);

} // namespace vsmlrt::cuda
