// Both searches look at what groups there are and who reads what; they change nothing. What they don't find
// is computed by its own steps.
#include "backends/cuda/excitation.h"

#include "backends/cuda/args_limits.h"
#include "backends/cuda/group_search.h"
#include "backends/cuda/kernel_text.h"

#include <algorithm>
#include <optional>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

class ExcitationSearch : public GroupSearch {
public:
    using GroupSearch::GroupSearch;

    [[nodiscard]] std::optional<Excitation> excitation(std::size_t second) const {
        Excitation found;
        found.second = second;
        if (!is_small_layer(second))
            return std::nullopt;
        const auto first = only_giver(input_of(second));
        if (!first || !is_small_layer(*first))
            return std::nullopt;
        found.first = *first;
        const auto at = only_giver(input_of(*first));
        if (!at)
            return std::nullopt;
        const bool cast = is_cast(*at);
        const auto reduction = cast ? only_giver(input_of(*at)) : at;
        if (!reduction || groups_[*reduction].chain_only)
            return std::nullopt;
        const auto *reduce = std::get_if<graph::Reduce>(&shapes_.ops[groups_[*reduction].anchor]);
        if (!reduce || reduce->axes != std::vector<std::size_t>{2, 3} ||
            (reduce->kind != graph::ReduceKind::mean && reduce->kind != graph::ReduceKind::sum))
            return std::nullopt;
        found.mean = reduce->kind == graph::ReduceKind::mean;
        found.picture = input_of(*reduction);
        found.groups = {*reduction};
        // The sums are of fp32 whatever the picture is stored as.
        if (const auto widened = giver(found.picture); widened && is_cast(*widened)) {
            if (readers(found.picture).size() == 1)
                found.groups.push_back(*widened);
            found.picture = input_of(*widened);
        }
        const graph::Shape &shape = dims(found.picture);
        if (shape.size() != 4 || shape[0] != 1 || !real(found.picture))
            return std::nullopt;
        if (cast)
            found.groups.push_back(*at);
        found.groups.insert(found.groups.end(), {*first, second});
        return found;
    }

    [[nodiscard]] std::optional<DeferredProduct> deferred(std::size_t index) const {
        const Group &group = groups_[index];
        if (!group.chain_only || group.members.size() != 1)
            return std::nullopt;
        const graph::Node &node = graph_.nodes[group.members[0]];
        const auto *binary = std::get_if<graph::Binary>(&shapes_.ops[group.members[0]]);
        if (!binary || binary->kind != graph::BinaryKind::mul)
            return std::nullopt;
        for (const std::size_t side : {0, 1}) {
            DeferredProduct found{index, node.inputs[side], node.inputs[1 - side], {}};
            const graph::Shape &picture = dims(found.picture);
            const bool fits = picture.size() == 4 && picture[0] == 1 && picture == dims(node.outputs[0]) &&
                              dims(found.factors) == graph::Shape{1, picture[1], 1, 1} &&
                              picture[1] <= most_excited_channels && picture[2] * picture[3] > 1 &&
                              real(found.picture) && real(found.factors);
            if (fits && !is_known(found.picture) && !is_known(found.factors) &&
                readers_take(node.outputs[0], found))
                return found;
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] bool real(ValueId value) const {
        const Element type = type_of(value);
        return cuda::is_real(type) && type != Element::f64;
    }
    [[nodiscard]] ValueId input_of(std::size_t group) const {
        return graph_.nodes[groups_[group].chain_only ? groups_[group].members[0] : groups_[group].anchor]
            .inputs[0];
    }

    [[nodiscard]] bool is_cast(std::size_t group) const {
        return groups_[group].chain_only && groups_[group].members.size() == 1 &&
               std::holds_alternative<graph::Cast>(shapes_.ops[groups_[group].members[0]]) &&
               real(input_of(group)) && real(groups_[group].result);
    }

    // A convolution of one pixel, with a chain that needs nothing else.
    [[nodiscard]] bool is_small_layer(std::size_t index) const {
        const Group &group = groups_[index];
        if (group.chain_only || group.shuffle != no_node)
            return false;
        const graph::Node &node = graph_.nodes[group.anchor];
        const auto *conv = std::get_if<graph::Conv>(&shapes_.ops[group.anchor]);
        if (!conv || conv->groups != 1 || !is_known(node.inputs[1]))
            return false;
        const ValueId bias = graph::operand(node, 2);
        const graph::Shape &filters = dims(node.inputs[1]);
        return dims(node.inputs[0]) == graph::Shape{1, filters[1], 1, 1} &&
               dims(node.outputs[0]) == graph::Shape{1, filters[0], 1, 1} && filters[2] == 1 &&
               filters[3] == 1 && filters[0] <= most_excited_channels &&
               filters[1] <= most_excited_channels && (bias == graph::no_value || is_known(bias)) &&
               make_chain(graph_, shapes_, group.members, node.outputs[0]).inputs.empty();
    }

    // Collects the value and its slices; false where somebody needs them multiplied.
    [[nodiscard]] bool readers_take(ValueId value, DeferredProduct &product) const {
        if (is_output(value))
            return false;
        product.values.push_back(value);
        const std::vector<std::size_t> &all = readers(value);
        return !all.empty() && std::all_of(all.begin(), all.end(),
                                           [&](std::size_t reader) { return takes(reader, value, product); });
    }

    [[nodiscard]] bool takes(std::size_t reader, ValueId value, DeferredProduct &product) const {
        const graph::Node &node = graph_.nodes[reader];
        const graph::Op &op = shapes_.ops[reader];
        // Expressions read pictures as they are.
        if (std::any_of(groups_.begin(), groups_.end(), [&](const Group &group) {
                return group.expression &&
                       std::binary_search(group.members.begin(), group.members.end(), reader);
            }))
            return false;
        if (std::holds_alternative<graph::Slice>(op))
            return node.inputs[0] == value && dims(node.outputs[0]).size() == 4 &&
                   dims(node.outputs[0])[1] == dims(value)[1] && readers_take(node.outputs[0], product);
        const auto *conv = std::get_if<graph::Conv>(&op);
        const auto *transposed = std::get_if<graph::ConvTranspose>(&op);
        if (conv || transposed)
            return node.inputs[0] == value && is_known(node.inputs[1]) &&
                   (conv ? conv->groups : transposed->groups) == 1;
        for (const Group &group : groups_) {
            if (std::find(group.members.begin(), group.members.end(), reader) == group.members.end())
                continue;
            const Chain chain =
                make_chain(graph_, shapes_, group.members,
                           group.chain_only ? graph::no_value : graph_.nodes[group.anchor].outputs[0]);
            const std::size_t most = group.chain_only ? most_chain_inputs : most_epilogue_inputs;
            // Each of the inputs may come with factors.
            return dims(value) == dims(node.outputs[0]) && 2 * chain.inputs.size() <= most;
        }
        return false;
    }
};

} // namespace

std::vector<Excitation> find_excitations(const graph::Graph &graph, const graph::Shapes &shapes,
                                         const std::vector<Group> &groups) {
    const ExcitationSearch search(graph, shapes, groups);
    std::vector<Excitation> all;
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (auto found = search.excitation(i))
            all.push_back(std::move(*found));
    return all;
}

std::vector<DeferredProduct> find_deferred_products(const graph::Graph &graph, const graph::Shapes &shapes,
                                                    const std::vector<Group> &groups) {
    const ExcitationSearch search(graph, shapes, groups);
    std::vector<DeferredProduct> all;
    const auto is_deferred = [&](ValueId value) {
        return std::any_of(all.begin(), all.end(), [&](const DeferredProduct &product) {
            return std::find(product.values.begin(), product.values.end(), value) != product.values.end();
        });
    };
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (auto found = search.deferred(i);
            found && !is_deferred(found->picture) && !is_deferred(found->factors))
            all.push_back(std::move(*found));
    return all;
}

} // namespace vsmlrt::cuda
