// Where each element of a value comes from, through views and rolls, as an expression of axes: what reshapes,
// transposes and slices do to a matrix of tokens by channels. Two ways to write the same map compare equal.
#pragma once

#include "graph/infer.h"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace vsmlrt::cuda {

// `size` steps of `stride` along an axis of the base: 0, its rows; 1, its last axis.
struct AxisPart {
    int axis = 0;
    std::int64_t stride = 1;
    std::int64_t size = 1;
    bool operator==(const AxisPart &) const = default;
};
using AxisParts = std::vector<AxisPart>; // of one axis of the value, the outermost first

// Neighbours that lie one in the other as one; none of size 1.
[[nodiscard]] AxisParts joined(const AxisParts &parts);

// The index along `parts`, together, is that of the base less `by`, modulo their size.
struct Roll {
    AxisParts parts;
    std::int64_t by = 0;
};

// The base is taken as a matrix: all of its axes but the last are its rows.
struct IndexMap {
    graph::ValueId base = graph::no_value;
    std::vector<AxisParts> dims;
    std::int64_t offset = 0; // along the base's last axis
    std::vector<Roll> rolls;
    std::set<std::size_t> nodes; // on the way

    // How far the axis with these parts is rolled: 0 where it is not.
    [[nodiscard]] std::int64_t rolled(const AxisParts &parts) const;
};

using NodeOfValue = std::map<graph::ValueId, std::size_t>;
// Of values that are left to compute: the node that gives them.
[[nodiscard]] NodeOfValue givers_of_values(const graph::Graph &graph, const graph::Shapes &shapes);

// From the nearest value on the way back that is not a view, a roll or, where `casts`, a change of type.
// Nothing where strides and rolls cannot say the way. `givers` is that of givers_of_values.
[[nodiscard]] std::optional<IndexMap> index_map(const graph::Graph &graph, const graph::Shapes &shapes,
                                                const NodeOfValue &givers, graph::ValueId value,
                                                bool casts = false);

} // namespace vsmlrt::cuda
