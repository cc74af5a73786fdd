// A pointwise node joins the group that gives one of its operands where nobody else reads that operand: the
// group then runs in the place of its last node, when all other operands are there.
#include "backends/cuda/groups.h"

#include "backends/cuda/args_limits.h"
#include "backends/cuda/chain.h"
#include "backends/cuda/expression_groups.h"
#include "backends/cuda/kernel_text.h"
#include "base/text.h"

#include <algorithm>
#include <map>
#include <set>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;
constexpr std::size_t nowhere = SIZE_MAX;

class Partition {
public:
    Partition(const graph::Graph &graph, const graph::Shapes &shapes)
        : graph_(graph), shapes_(shapes), readers_(graph.values.size(), 0),
          group_of_value_(graph.values.size(), nowhere) {
        for (const graph::Node &node : graph.nodes)
            if (!graph::is_folded(graph, shapes, node))
                for (const ValueId value : std::set<ValueId>(node.inputs.begin(), node.inputs.end()))
                    if (value != graph::no_value)
                        ++readers_[place(value)];
        for (const ValueId value : graph.outputs)
            readers_[place(value)] += 2; // stored in any case
    }

    std::vector<Group> run() && {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
            if (!graph::is_folded(graph_, shapes_, graph_.nodes[i]))
                add(i);
        std::vector<Group> left;
        for (Group &group : groups_)
            if (group.result != graph::no_value || !group.members.empty() || !group.chain_only)
                left.push_back(std::move(group));
        std::stable_sort(left.begin(), left.end(),
                         [](const Group &a, const Group &b) { return a.position < b.position; });
        return left;
    }

private:
    void add(std::size_t index) {
        const graph::Node &node = graph_.nodes[index];
        const bool pointwise = is_pointwise(graph_, shapes_, node, shapes_.ops[index]);
        if ((pointwise && (join_cast(index) || join(index))) || join_shuffle(index))
            return;
        Group group;
        group.anchor = index;
        group.position = index;
        group.chain_only = pointwise;
        if (pointwise)
            group.members = {index};
        group.result = node.outputs.size() == 1 ? node.outputs[0] : graph::no_value;
        group_of_value_[place(node.outputs[0])] = node.outputs.size() == 1 ? groups_.size() : nowhere;
        groups_.push_back(std::move(group));
    }

    // The group of an operand that this node may take over, or nowhere.
    [[nodiscard]] std::size_t joinable(ValueId value, ValueId result) const {
        if (value == graph::no_value || readers_[place(value)] != 1 ||
            shapes_.dims[place(value)] != shapes_.dims[place(result)])
            return nowhere;
        const std::size_t group = group_of_value_[place(value)];
        if (group == nowhere || groups_[group].result != value)
            return nowhere;
        const Group &found = groups_[group];
        if (found.chain_only)
            return group;
        return takes_chain(found) && real(value) && real(result) ? group : nowhere;
    }

    // Kernels of pictures, and products, take a chain along.
    [[nodiscard]] bool takes_chain(const Group &group) const {
        const graph::Op &op = shapes_.ops[group.anchor];
        const graph::Node &node = graph_.nodes[group.anchor];
        if (std::holds_alternative<graph::MatMul>(op))
            return dims(node.inputs[0]).size() >= 2 && dims(node.inputs[1]).size() >= 2;
        return takes_epilogue(op) && dims(node.outputs[0]).size() == 4;
    }

    // Those that write another type just as well take along a cast.
    bool join_cast(std::size_t index) {
        const graph::Node &node = graph_.nodes[index];
        if (!std::holds_alternative<graph::Cast>(shapes_.ops[index]) || readers_[place(node.inputs[0])] != 1)
            return false;
        const std::size_t found = group_of_value_[place(node.inputs[0])];
        if (found == nowhere || groups_[found].chain_only || groups_[found].result != node.inputs[0] ||
            !groups_[found].members.empty() || !real(node.inputs[0]) || !real(node.outputs[0]))
            return false;
        const graph::Op &op = shapes_.ops[groups_[found].anchor];
        if (!std::holds_alternative<graph::Normalize>(op) && !std::holds_alternative<graph::Softmax>(op))
            return false;
        Group merged = groups_[found];
        merged.members.push_back(index);
        take(found, std::move(merged), index, {});
        return true;
    }

    [[nodiscard]] bool real(ValueId value) const {
        const Element type = graph_.values[place(value)].type;
        return cuda::is_real(type) && type != Element::f64;
    }

    // Channels in the order of column, row, depth are what a convolution can write apart.
    bool join_shuffle(std::size_t index) {
        const graph::Node &node = graph_.nodes[index];
        const auto *shuffle = std::get_if<graph::DepthToSpace>(&shapes_.ops[index]);
        if (!shuffle || shuffle->depth_first || readers_[place(node.inputs[0])] != 1)
            return false;
        const std::size_t found = group_of_value_[place(node.inputs[0])];
        if (found == nowhere)
            return false;
        Group &group = groups_[found];
        const bool convolution = std::holds_alternative<graph::Conv>(shapes_.ops[group.anchor]) ||
                                 std::holds_alternative<graph::ConvTranspose>(shapes_.ops[group.anchor]);
        if (group.chain_only || !convolution || group.result != node.inputs[0] || group.shuffle != no_node ||
            dims(node.inputs[0])[0] != 1)
            return false;
        group.shuffle = index;
        group.position = index;
        group.result = node.outputs[0];
        group_of_value_[place(node.outputs[0])] = found;
        return true;
    }

    [[nodiscard]] const graph::Shape &dims(ValueId value) const { return shapes_.dims[place(value)]; }

    // The group of a Resize that does to its operand what the shuffle of `group` does, for nobody else; or
    // nowhere. Result i of a nearest neighbour by a whole factor is element i / factor in these modes.
    [[nodiscard]] std::size_t enlargement(ValueId value, const Group &group) const {
        if (value == graph::no_value || readers_[place(value)] != 1 ||
            group_of_value_[place(value)] == nowhere)
            return nowhere;
        const std::size_t found = group_of_value_[place(value)];
        const auto *resize = std::get_if<graph::Resize>(&shapes_.ops[groups_[found].anchor]);
        if (groups_[found].chain_only || !resize || resize->mode != graph::Interpolation::nearest)
            return nowhere;
        using graph::Coordinates;
        using graph::NearestMode;
        const bool floors =
            resize->coordinates == Coordinates::asymmetric
                ? resize->nearest == NearestMode::floor || resize->nearest == NearestMode::simple
                : resize->coordinates == Coordinates::half_pixel &&
                      (resize->nearest == NearestMode::round_prefer_floor ||
                       resize->nearest == NearestMode::round_prefer_ceil);
        const std::int64_t block = std::get<graph::DepthToSpace>(shapes_.ops[group.shuffle]).block;
        const graph::Shape &from = dims(graph_.nodes[groups_[found].anchor].inputs[0]);
        const graph::Shape &to = dims(value);
        const bool same = from.size() == 4 && from[0] == to[0] && from[1] == to[1] &&
                          from[2] * block == to[2] && from[3] * block == to[3];
        return floors && same ? found : nowhere;
    }

    bool join(std::size_t index) {
        const graph::Node &node = graph_.nodes[index];
        const ValueId result = node.outputs[0];
        std::vector<std::size_t> found;
        for (const ValueId value : node.inputs)
            if (const std::size_t group = joinable(value, result);
                group != nowhere && std::find(found.begin(), found.end(), group) == found.end())
                found.push_back(group);
        if (found.empty())
            return false;
        // One that computes leads; the latest of several.
        std::stable_sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(!groups_[a].chain_only, groups_[a].position) >
                   std::pair(!groups_[b].chain_only, groups_[b].position);
        });
        for (const std::size_t lead : found) {
            Group merged = groups_[lead];
            std::vector<std::size_t> taken;
            for (const std::size_t other : found)
                if (other != lead && groups_[other].chain_only)
                    taken.push_back(other);
            // With all chains among the operands, else with the leader alone.
            for (const bool all : {true, false}) {
                Group attempt = merged;
                std::vector<std::size_t> &list =
                    attempt.shuffle == no_node ? attempt.members : attempt.behind;
                if (all)
                    for (const std::size_t other : taken)
                        list.insert(list.end(), groups_[other].members.begin(), groups_[other].members.end());
                list.push_back(index);
                std::sort(list.begin(), list.end());
                if (!fits(attempt))
                    continue;
                if (attempt.shuffle != no_node)
                    absorb_enlargements(node, attempt);
                take(lead, std::move(attempt), index, all ? taken : std::vector<std::size_t>{});
                join_producer(lead);
                return true;
            }
        }
        return false;
    }

    // A value that a chain reads more than once and nobody else does (x * sigmoid(x)): its group takes the
    // whole chain along.
    void join_producer(std::size_t chain) {
        if (!groups_[chain].chain_only)
            return;
        const std::vector<std::size_t> members = groups_[chain].members;
        std::map<ValueId, std::size_t> reads;
        for (const std::size_t member : members) {
            const std::vector<ValueId> &inputs = graph_.nodes[member].inputs;
            for (const ValueId value : std::set<ValueId>(inputs.begin(), inputs.end()))
                if (value != graph::no_value)
                    ++reads[value];
        }
        for (const auto &[value, number] : reads) {
            const std::size_t found = group_of_value_[place(value)];
            if (number < 2 || number != readers_[place(value)] || found == nowhere || found == chain ||
                groups_[found].result != value || dims(value) != dims(groups_[chain].result))
                continue;
            if (!groups_[found].chain_only &&
                !(takes_chain(groups_[found]) && real(value) && real(groups_[chain].result)))
                continue;
            Group merged = groups_[found];
            std::vector<std::size_t> &list = merged.shuffle == no_node ? merged.members : merged.behind;
            list.insert(list.end(), members.begin(), members.end());
            std::sort(list.begin(), list.end());
            if (!fits(merged))
                continue;
            take(found, std::move(merged), groups_[chain].position, {chain});
            return;
        }
    }

    void absorb_enlargements(const graph::Node &node, Group &group) {
        for (const ValueId value : node.inputs)
            if (const std::size_t found = enlargement(value, group); found != nowhere) {
                group.enlarged[value] = graph_.nodes[groups_[found].anchor].inputs[0];
                drop(groups_[found]);
            }
    }

    static void drop(Group &group) {
        group.members.clear();
        group.result = graph::no_value;
        group.chain_only = true;
    }

    // Few enough operands for a kernel, and of types that an epilogue reads.
    [[nodiscard]] bool fits(const Group &group) const {
        const ValueId anchor = group.chain_only ? graph::no_value : graph_.nodes[group.anchor].outputs[0];
        const Chain chain = make_chain(graph_, shapes_, group.members, anchor);
        if (group.chain_only)
            return chain.inputs.size() <= most_chain_inputs;
        std::vector<ChainInput> inputs = chain.inputs;
        std::vector<std::size_t> nodes = group.members;
        if (group.shuffle != no_node) {
            const Chain behind =
                make_chain(graph_, shapes_, group.behind, graph_.nodes[group.shuffle].outputs[0]);
            inputs.insert(inputs.end(), behind.inputs.begin(), behind.inputs.end());
            nodes.insert(nodes.end(), group.behind.begin(), group.behind.end());
        }
        return inputs.size() <= most_epilogue_inputs &&
               std::all_of(inputs.begin(), inputs.end(),
                           [&](const ChainInput &input) {
                               return input.kind != ChainInput::Kind::value || real(input.value);
                           }) &&
               std::all_of(nodes.begin(), nodes.end(),
                           [&](std::size_t member) { return real(graph_.nodes[member].outputs[0]); });
    }

    void take(std::size_t lead, Group merged, std::size_t index, const std::vector<std::size_t> &taken) {
        merged.position = index;
        merged.result = graph_.nodes[index].outputs[0];
        if (merged.chain_only)
            merged.anchor = merged.members.front();
        groups_[lead] = std::move(merged);
        for (const std::size_t other : taken) {
            drop(groups_[other]);
        }
        group_of_value_[place(graph_.nodes[index].outputs[0])] = lead;
    }

    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    std::vector<std::size_t> readers_;
    std::vector<std::size_t> group_of_value_;
    std::vector<Group> groups_;
};

} // namespace

bool takes_epilogue(const graph::Op &op) {
    return std::holds_alternative<graph::Conv>(op) || std::holds_alternative<graph::ConvTranspose>(op) ||
           std::holds_alternative<graph::Pool>(op) || std::holds_alternative<graph::GridSample>(op);
}

std::vector<std::size_t> Group::nodes() const {
    std::vector<std::size_t> all = members;
    if (!chain_only && !expression)
        all.insert(all.begin(), anchor);
    if (shuffle != no_node)
        all.push_back(shuffle);
    all.insert(all.end(), behind.begin(), behind.end());
    return all;
}

std::vector<Group> make_groups(const graph::Graph &graph, const graph::Shapes &shapes, bool expressions) {
    std::vector<Group> groups = Partition(graph, shapes).run();
    return expressions ? join_expressions(std::move(groups), graph, shapes) : groups;
}

std::string describe(const std::vector<Group> &groups, const graph::Graph &graph) {
    std::string lines;
    for (const Group &group : groups) {
        std::vector<std::string> labels;
        for (const std::size_t node : group.nodes())
            labels.push_back(graph.nodes[node].label);
        lines += text(join(labels, " + "),
                      group.result == graph::no_value ? std::string()
                                                      : " -> " + graph.values[place(group.result)].name,
                      "\n");
    }
    return lines;
}

} // namespace vsmlrt::cuda
