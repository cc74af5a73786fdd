// Attention among the groups: a product of queries and keys, a softmax, a product with the values. One kernel
// computes all of it, so that no scores lie in memory: at once where there are at most 64 keys, as in
// windows, else 64 of them at a time.
#pragma once

#include "backends/cuda/groups.h"

namespace vsmlrt::cuda {

inline constexpr std::int64_t most_at_once = 64; // keys, channels of a query, channels of a value

struct Attention {
    std::size_t scores = 0, softmax = 0, mix = 0; // groups; the last one gives the result
    std::size_t scaling = no_node;                // the group that multiplies the queries by a number
    graph::ValueId queries = graph::no_value;     // before that
    float scale = 1;
    // Groups from the scores to the softmax that reshape and add constants: masks of windows are added to
    // scores of another shape.
    std::vector<std::size_t> between;
    bool at_once = false; // none of the sizes is larger than most_at_once
};

[[nodiscard]] std::vector<Attention> find_attentions(const graph::Graph &graph, const graph::Shapes &shapes,
                                                     const std::vector<Group> &groups);

} // namespace vsmlrt::cuda
