// Squeeze and excitation (Hu et al. 2018): the mean of each channel, two small fully connected layers, and a
// factor a channel that follows from them. Found among the groups, so that one kernel computes the factors
// and whoever reads the result multiplies by them on its way.
#pragma once

#include "backends/cuda/chain.h"
#include "backends/cuda/groups.h"

namespace vsmlrt::cuda {

// What the kernel has room for.
inline constexpr std::int64_t most_excited_channels = 1024;

struct Excitation {
    graph::ValueId picture = graph::no_value; // whose channels' means are wanted
    bool mean = true;                         // or their sums
    std::vector<std::size_t> groups;          // indices; the last one gives the factors
    std::size_t first = 0, second = 0;        // the groups of the two 1x1 convolutions
};

[[nodiscard]] std::vector<Excitation> find_excitations(const graph::Graph &graph, const graph::Shapes &shapes,
                                                       const std::vector<Group> &groups);

// Products of a picture and a factor a channel that need no pass over memory, since every reader can take the
// picture and the factors instead.
struct DeferredProduct {
    std::size_t group = 0; // the product's
    graph::ValueId picture = graph::no_value;
    graph::ValueId factors = graph::no_value;
    std::vector<graph::ValueId> values; // the product, and its slices
};

[[nodiscard]] std::vector<DeferredProduct> find_deferred_products(const graph::Graph &graph,
                                                                  const graph::Shapes &shapes,
                                                                  const std::vector<Group> &groups);

} // namespace vsmlrt::cuda
