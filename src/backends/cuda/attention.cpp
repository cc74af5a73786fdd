#include "backends/cuda/attention.h"

#include "backends/cuda/group_search.h"
#include "graph/storage.h"

#include <algorithm>
#include <optional>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

class AttentionSearch : public GroupSearch {
public:
    using GroupSearch::GroupSearch;

    [[nodiscard]] std::optional<Attention> attention(std::size_t mix) const {
        Attention found;
        found.mix = mix;
        if (!is_anchored<graph::MatMul>(mix) || !groups_[mix].members.empty())
            return std::nullopt;
        const auto softmax = only_giver(anchor(mix).inputs[0]);
        if (!softmax || !is_anchored<graph::Softmax>(*softmax))
            return std::nullopt;
        found.softmax = *softmax;
        const auto &op = std::get<graph::Softmax>(shapes_.ops[groups_[*softmax].anchor]);
        const ValueId weighed = anchor(*softmax).inputs[0];
        const std::size_t rank = dims(weighed).size();
        if (op.logarithm || rank < 2 || graph::axis_index(op.axis, rank) + 1 != rank)
            return std::nullopt;
        const auto scores = scores_of(weighed, found.between);
        if (!scores)
            return std::nullopt;
        found.scores = *scores;
        found.queries = anchor(*scores).inputs[0];
        const ValueId keys = anchor(*scores).inputs[1];
        const ValueId values = anchor(mix).inputs[1];
        const Element type = type_of(found.queries);
        const graph::Shape &mixed = dims(groups_[mix].result);
        if ((type != Element::f16 && type != Element::bf16) || type_of(keys) != type ||
            type_of(values) != type || dims(values).size() < 2 || mixed.size() != rank ||
            !std::equal(mixed.begin(), mixed.end() - 1, dims(weighed).begin()))
            return std::nullopt;
        found.at_once =
            std::max({dims(weighed).back(), dims(found.queries).back(), dims(values).back()}) <= most_at_once;
        take_scaling(found);
        return found;
    }

private:
    [[nodiscard]] const graph::Node &anchor(std::size_t group) const {
        return graph_.nodes[groups_[group].anchor];
    }
    template <typename Op>
    [[nodiscard]] bool is_anchored(std::size_t group) const {
        return !groups_[group].chain_only && std::holds_alternative<Op>(shapes_.ops[groups_[group].anchor]);
    }

    // The product behind what is reshaped, and to which constants are added.
    [[nodiscard]] std::optional<std::size_t> scores_of(ValueId value,
                                                       std::vector<std::size_t> &between) const {
        for (auto group = only_giver(value); group; group = only_giver(value)) {
            if (is_anchored<graph::MatMul>(*group))
                return group;
            if (is_anchored<graph::Reshape>(*group)) {
                value = anchor(*group).inputs[0];
            } else {
                const auto summed = summed_with_constants(*group);
                if (!summed)
                    return std::nullopt;
                value = *summed;
            }
            between.push_back(*group);
        }
        return std::nullopt;
    }
    // What a chain adds constants to, and casts.
    [[nodiscard]] std::optional<ValueId> summed_with_constants(std::size_t group) const {
        if (!groups_[group].chain_only)
            return std::nullopt;
        std::optional<ValueId> from;
        ValueId at = graph::no_value;
        for (const std::size_t member : groups_[group].members) {
            const graph::Node &node = graph_.nodes[member];
            const auto *binary = std::get_if<graph::Binary>(&shapes_.ops[member]);
            ValueId own = node.inputs[0];
            if (binary && binary->kind == graph::BinaryKind::add &&
                is_known(node.inputs[0]) != is_known(node.inputs[1]))
                own = node.inputs[is_known(node.inputs[0]) ? 1 : 0];
            else if (!std::holds_alternative<graph::Cast>(shapes_.ops[member]))
                return std::nullopt;
            if (from && own != at)
                return std::nullopt;
            if (!from)
                from = own;
            at = node.outputs[0];
        }
        return from;
    }

    // Queries that are multiplied by one number are multiplied in fp32 instead.
    void take_scaling(Attention &found) const {
        const auto group = only_giver(found.queries);
        if (!group || !groups_[*group].chain_only || groups_[*group].members.size() != 1)
            return;
        const graph::Node &node = graph_.nodes[groups_[*group].members[0]];
        const auto *binary = std::get_if<graph::Binary>(&shapes_.ops[groups_[*group].members[0]]);
        if (!binary || binary->kind != graph::BinaryKind::mul)
            return;
        for (const std::size_t side : {0, 1}) {
            const model::Tensor *number = graph::known(graph_, shapes_, node.inputs[side]);
            const ValueId other = node.inputs[1 - side];
            if (!number || graph::count(number->dims) != 1 || dims(other) != dims(found.queries) ||
                type_of(other) != type_of(found.queries) || graph::known(graph_, shapes_, other))
                continue;
            found.scale = graph::widen<float>(graph::view_of(*number))[0];
            found.scaling = *group;
            found.queries = other;
            return;
        }
    }
};

} // namespace

std::vector<Attention> find_attentions(const graph::Graph &graph, const graph::Shapes &shapes,
                                       const std::vector<Group> &groups) {
    const AttentionSearch search(graph, shapes, groups);
    std::vector<Attention> all;
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (auto found = search.attention(i))
            all.push_back(*found);
    return all;
}

} // namespace vsmlrt::cuda
