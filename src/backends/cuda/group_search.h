// What a search for a pattern among groups asks: who gives a value, and who reads it.
#pragma once

#include "backends/cuda/groups.h"

#include <optional>

namespace vsmlrt::cuda {

// Of a graph, its shapes and groups that outlive this and do not change meanwhile.
class GroupSearch {
public:
    GroupSearch(const graph::Graph &graph, const graph::Shapes &shapes, const std::vector<Group> &groups);

protected:
    [[nodiscard]] const graph::Shape &dims(graph::ValueId value) const {
        return shapes_.dims[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] Element type_of(graph::ValueId value) const {
        return graph_.values[static_cast<std::size_t>(value)].type;
    }
    [[nodiscard]] bool is_known(graph::ValueId value) const {
        return graph::known(graph_, shapes_, value) != nullptr;
    }
    [[nodiscard]] bool is_output(graph::ValueId value) const;
    // Nodes that are left to run, each once.
    [[nodiscard]] const std::vector<std::size_t> &readers(graph::ValueId value) const {
        return readers_[static_cast<std::size_t>(value)];
    }
    // The group whose result the value is.
    [[nodiscard]] std::optional<std::size_t> giver(graph::ValueId value) const;
    // The same, where one node alone reads the value.
    [[nodiscard]] std::optional<std::size_t> only_giver(graph::ValueId value) const;

    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    const std::vector<Group> &groups_;

private:
    std::vector<std::vector<std::size_t>> readers_; // by value
    std::map<graph::ValueId, std::size_t> givers_;
};

} // namespace vsmlrt::cuda
