// Fusion as a partition of an unchanged graph: every node that is left to run belongs to one group, and a
// group is computed by one kernel (or, without members that compute, by none: a view).
#pragma once

#include "graph/infer.h"

#include <map>
#include <string>

namespace vsmlrt::cuda {

inline constexpr std::size_t no_node = SIZE_MAX;

struct Group {
    std::size_t anchor = 0;           // node; a chain alone: its first member
    bool chain_only = false;          // members are a chain of pointwise operators and nothing else
    bool expression = false;          // members, the anchor among them, are an expression of pictures
    std::vector<std::size_t> members; // pointwise nodes behind the anchor (chain_only: all), in order
    std::size_t shuffle = no_node;    // the DepthToSpace behind them
    std::vector<std::size_t> behind;  // pointwise nodes behind that
    // Operands of those that enlarge another value as the shuffle does, by their nearest neighbour: that
    // value.
    std::map<graph::ValueId, graph::ValueId> enlarged;
    std::size_t position = 0;                // node in whose place the group runs: its last
    graph::ValueId result = graph::no_value; // of the last node, where the group has one result

    // All nodes.
    [[nodiscard]] std::vector<std::size_t> nodes() const;
};

// In an order in which they can run. The members in their order are the meaning. Expressions are left out
// where `expressions` is false.
[[nodiscard]] std::vector<Group> make_groups(const graph::Graph &graph, const graph::Shapes &shapes,
                                             bool expressions = true);

// One line a group: 'Conv "c1" + Relu "r1" -> r1'.
[[nodiscard]] std::string describe(const std::vector<Group> &groups, const graph::Graph &graph);

// True for operators whose kernels take a chain along: those of pictures.
[[nodiscard]] bool takes_epilogue(const graph::Op &op);

} // namespace vsmlrt::cuda
