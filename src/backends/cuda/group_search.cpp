#include "backends/cuda/group_search.h"

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {

using graph::ValueId;

GroupSearch::GroupSearch(const graph::Graph &graph, const graph::Shapes &shapes,
                         const std::vector<Group> &groups)
    : graph_(graph), shapes_(shapes), groups_(groups), readers_(graph.values.size()) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const graph::Node &node = graph.nodes[i];
        if (graph::is_folded(graph, shapes, node))
            continue;
        for (const ValueId value : std::set<ValueId>(node.inputs.begin(), node.inputs.end()))
            if (value != graph::no_value)
                readers_[static_cast<std::size_t>(value)].push_back(i);
    }
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (groups[i].result != graph::no_value)
            givers_[groups[i].result] = i;
}

bool GroupSearch::is_output(ValueId value) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), value) != graph_.outputs.end();
}

std::optional<std::size_t> GroupSearch::giver(ValueId value) const {
    const auto found = givers_.find(value);
    return found == givers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> GroupSearch::only_giver(ValueId value) const {
    const std::optional<std::size_t> found = giver(value);
    return found && !is_output(value) && readers(value).size() == 1 ? found : std::nullopt;
}

} // namespace vsmlrt::cuda
