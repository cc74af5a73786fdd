// First every group counts as part of an expression whose operators expressions have. Then those that cannot
// be (too many channels, nothing sampled, an order of axes that does not work out) are given up, which may
// make other results read from outside; until nothing changes.
#include "backends/cuda/expression_groups.h"

#include "backends/cuda/chain.h"
#include "backends/cuda/expression.h"
#include "backends/cuda/kernel_text.h"
#include "base/text.h"

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

// A value that takes more loads a pixel is stored, if others read it.
constexpr std::int64_t most_loads_inside = 128;
constexpr std::int64_t most_loads = 700;
constexpr std::int64_t most_channels = 64;
// Kernel arguments that a node may take at most, of those that ExpressionArgs has.
constexpr std::size_t most_sources = max_expression_sources;
constexpr std::size_t most_resizes = max_expression_axes / 2;
constexpr std::size_t most_numbers = max_expression_numbers / 2;

bool samples(const graph::Op &op) {
    return std::holds_alternative<graph::Resize>(op) || std::holds_alternative<graph::GridSample>(op);
}

bool moves(const graph::Op &op) {
    return std::holds_alternative<graph::Slice>(op) || std::holds_alternative<graph::Split>(op) ||
           std::holds_alternative<graph::Cast>(op);
}

const std::vector<std::int64_t> pixels_last = {0, 2, 3, 1};
const std::vector<std::int64_t> channels_second = {0, 3, 1, 2};

class Joining {
public:
    Joining(std::vector<Group> groups, const graph::Graph &graph, const graph::Shapes &shapes)
        : groups_(std::move(groups)), graph_(graph), shapes_(shapes), group_of_(graph.nodes.size(), SIZE_MAX),
          producer_(graph.values.size(), SIZE_MAX), readers_(graph.values.size()),
          whole_(groups_.size(), false) {
        for (std::size_t i = 0; i < groups_.size(); ++i)
            for (const std::size_t node : groups_[i].nodes())
                group_of_[node] = i;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            for (const ValueId output : graph.nodes[i].outputs)
                producer_[place(output)] = i;
            if (!graph::is_folded(graph, shapes, graph.nodes[i]))
                for (const ValueId input : graph.nodes[i].inputs)
                    if (input != graph::no_value)
                        readers_[place(input)].push_back(i);
        }
        for (std::size_t i = 0; i < groups_.size(); ++i)
            whole_[i] = can_be_inside(groups_[i]);
    }

    std::vector<Group> run() && {
        while (give_up_one_round())
            ;
        std::vector<Group> joined;
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (!whole_[i])
                joined.push_back(std::move(groups_[i]));
            else if (is_root(i))
                joined.push_back(expression(i));
        }
        return joined;
    }

private:
    [[nodiscard]] const Shape &dims(ValueId value) const { return shapes_.dims[place(value)]; }
    [[nodiscard]] bool is_known(ValueId value) const {
        return graph::known(graph_, shapes_, value) != nullptr;
    }
    [[nodiscard]] bool is_output(ValueId value) const {
        return std::find(graph_.outputs.begin(), graph_.outputs.end(), value) != graph_.outputs.end();
    }

    [[nodiscard]] bool is_picture(ValueId value) const {
        const Element type = graph_.values[place(value)].type;
        const Shape &shape = dims(value);
        return cuda::is_real(type) && type != Element::f64 && shape.size() == 4 && shape[0] == 1 &&
               std::min(shape[1], shape[3]) <= most_channels;
    }
    // What is known may have fewer axes; it is spread.
    [[nodiscard]] bool is_operand(ValueId value) const {
        const Element type = graph_.values[place(value)].type;
        return is_picture(value) ||
               (is_known(value) && cuda::is_real(type) && type != Element::f64 && dims(value).size() <= 4 &&
                (dims(value).size() < 4 || dims(value)[0] == 1));
    }

    // What a node reads as a picture.
    [[nodiscard]] std::vector<ValueId> operands(std::size_t index) const {
        const graph::Node &node = graph_.nodes[index];
        const graph::Op &op = shapes_.ops[index];
        const bool one =
            std::holds_alternative<graph::Resize>(op) || std::holds_alternative<graph::Slice>(op) ||
            std::holds_alternative<graph::Split>(op) || std::holds_alternative<graph::Expand>(op);
        std::vector<ValueId> list(node.inputs.begin(), one ? node.inputs.begin() + 1 : node.inputs.end());
        std::erase(list, graph::no_value);
        return list;
    }

    [[nodiscard]] bool has_operator(std::size_t index) const {
        const graph::Node &node = graph_.nodes[index];
        const graph::Op &op = shapes_.ops[index];
        if (!std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return is_picture(v); }))
            return false;
        const ValueId first = graph::operand(node, 0);
        if (const auto *resize = std::get_if<graph::Resize>(&op))
            return is_picture(first) && resizes_well(*resize, first, node.outputs[0]);
        if (const auto *sample = std::get_if<graph::GridSample>(&op))
            return is_picture(first) && is_picture(node.inputs[1]) &&
                   sample->mode == graph::Interpolation::linear &&
                   sample->padding != graph::GridPadding::reflection;
        if (const auto *slice = std::get_if<graph::Slice>(&op))
            return is_picture(first) && slice->starts[0] == 0 &&
                   std::all_of(slice->steps.begin(), slice->steps.end(),
                               [](std::int64_t step) { return step == 1; });
        if (const auto *transpose = std::get_if<graph::Transpose>(&op))
            return is_picture(first) &&
                   (transpose->order == pixels_last || transpose->order == channels_second);
        const bool any =
            std::holds_alternative<graph::Concat>(op) || std::holds_alternative<graph::Split>(op) ||
            std::holds_alternative<graph::Expand>(op) ||
            (is_pointwise(graph_, shapes_, node, op) && !std::holds_alternative<graph::Normalize>(op));
        const std::vector<ValueId> list = operands(index);
        return any && std::all_of(list.begin(), list.end(), [&](ValueId v) { return is_operand(v); });
    }

    [[nodiscard]] bool resizes_well(const graph::Resize &op, ValueId from, ValueId to) const {
        return op.mode != graph::Interpolation::cubic && !op.antialias && !op.exclude_outside &&
               op.coordinates != graph::Coordinates::tf_crop_and_resize &&
               op.coordinates != graph::Coordinates::tf_half_pixel_for_nn && op.scales[0] == 1 &&
               op.scales[1] == 1 && dims(from)[1] == dims(to)[1];
    }

    [[nodiscard]] bool can_be_inside(const Group &group) const {
        const std::vector<std::size_t> nodes = group.nodes();
        return group.shuffle == no_node && group.enlarged.empty() &&
               std::all_of(nodes.begin(), nodes.end(), [&](std::size_t node) { return has_operator(node); });
    }

    // The picture of a warp whose values lie with channels innermost is read where it is; any other is
    // brought into that order first.
    [[nodiscard]] bool is_sampled(ValueId value) const {
        return std::any_of(readers_[place(value)].begin(), readers_[place(value)].end(),
                           [&](std::size_t node) {
                               return std::holds_alternative<graph::GridSample>(shapes_.ops[node]) &&
                                      graph_.nodes[node].inputs[0] == value;
                           });
    }

    // True if readers compute the value themselves.
    [[nodiscard]] bool is_inside(ValueId value) const {
        if (is_output(value) || producer_[place(value)] == SIZE_MAX || is_sampled(value))
            return false;
        const std::size_t group = group_of_[producer_[place(value)]];
        if (group == SIZE_MAX || !whole_[group])
            return false;
        const auto &readers = readers_[place(value)];
        return std::all_of(readers.begin(), readers.end(),
                           [&](std::size_t node) {
                               return group_of_[node] != SIZE_MAX && whole_[group_of_[node]];
                           }) &&
               loads(value) <= (is_read_once(value) ? most_loads : most_loads_inside);
    }
    // A pixel of it for a pixel of its reader.
    [[nodiscard]] bool is_read_once(ValueId value) const {
        const auto &readers = readers_[place(value)];
        return readers.size() == 1 && !samples(shapes_.ops[readers[0]]);
    }

    [[nodiscard]] bool is_root(std::size_t group) const {
        for (const std::size_t node : groups_[group].nodes())
            for (const ValueId output : graph_.nodes[node].outputs)
                if (!readers_[place(output)].empty() || is_output(output))
                    if (!is_inside(output) && !is_own(output, group))
                        return true;
        return false;
    }
    // Handed from node to node of one group.
    [[nodiscard]] bool is_own(ValueId value, std::size_t group) const {
        const auto &readers = readers_[place(value)];
        return !is_output(value) && !is_sampled(value) && !readers.empty() &&
               std::all_of(readers.begin(), readers.end(),
                           [&](std::size_t node) { return group_of_[node] == group; });
    }

    // Vectors that a pixel of a value takes, if it is computed where it is read.
    [[nodiscard]] std::int64_t loads(ValueId value) const {
        const auto [found, is_new] = loads_.try_emplace(value, 0);
        if (is_new) {
            std::set<std::pair<ValueId, std::string>> seen;
            const std::int64_t sum = loads_at(value, "", 1, seen);
            return loads_[value] = sum;
        }
        return found->second;
    }

    // Of a value at `weight` places of one pixel, which the resizes in `path` lead to. What was seen there
    // before is shared.
    [[nodiscard]] std::int64_t loads_at(ValueId value, const std::string &path, std::int64_t weight,
                                        std::set<std::pair<ValueId, std::string>> &seen) const {
        if (weight > most_loads || !seen.insert({value, path}).second)
            return weight > most_loads ? weight : 0;
        if (is_known(value))
            return graph::count(dims(value)) == 1 ? 0 : weight;
        const std::size_t index = producer_[place(value)];
        if (index == SIZE_MAX || group_of_[index] == SIZE_MAX || !whole_[group_of_[index]])
            return weight;
        const graph::Node &node = graph_.nodes[index];
        const graph::Op &op = shapes_.ops[index];
        if (std::holds_alternative<graph::GridSample>(op))
            return 4 * weight + loads_at(node.inputs[1], path, weight, seen);
        std::int64_t sum = 0;
        const bool still = dims(node.inputs[0]) == dims(node.outputs[0]);
        if (const auto *resize = std::get_if<graph::Resize>(&op); resize && !still) {
            const bool linear = resize->mode == graph::Interpolation::linear;
            const std::string further = text(path, " ", graph::describe(dims(node.inputs[0])), " ",
                                             graph::describe(dims(node.outputs[0])));
            return loads_at(node.inputs[0], further, linear ? 4 * weight : weight, seen);
        }
        for (const ValueId input : operands(index))
            sum += loads_at(input, path, weight, seen);
        return sum;
    }

    bool give_up_one_round() {
        bool any = false;
        for (std::size_t i = 0; i < groups_.size(); ++i)
            if (whole_[i] && is_root(i) && !is_worth_it(i)) {
                whole_[i] = false;
                loads_.clear();
                any = true;
            }
        return any;
    }

    [[nodiscard]] std::vector<std::size_t> region(std::size_t root) const {
        std::set<std::size_t> groups{root};
        std::vector<std::size_t> open{root};
        std::vector<std::size_t> nodes;
        while (!open.empty()) {
            const std::size_t group = open.back();
            open.pop_back();
            for (const std::size_t node : groups_[group].nodes()) {
                nodes.push_back(node);
                for (const ValueId input : operands(node))
                    if (!is_known(input) && is_inside(input))
                        if (const std::size_t inner = group_of_[producer_[place(input)]];
                            groups.insert(inner).second)
                            open.push_back(inner);
            }
        }
        std::sort(nodes.begin(), nodes.end());
        return nodes;
    }

    // Bringing what a warp samples into order is worth a kernel of its own; otherwise something must be
    // sampled.
    [[nodiscard]] bool is_worth_it(std::size_t root) const {
        const ValueId result = groups_[root].result;
        if (result == graph::no_value || dims(result)[1] > most_channels || loads(result) > most_loads)
            return false;
        const std::vector<std::size_t> nodes = region(root);
        const bool any = std::any_of(nodes.begin(), nodes.end(),
                                     [&](std::size_t node) { return samples(shapes_.ops[node]); });
        std::set<std::pair<ValueId, ChannelAxis>> seen;
        return (any || brings_into_order(result, nodes)) && fits(nodes) &&
               has_order(result, ChannelAxis::second, {nodes, seen});
    }

    // Only moved, from an input of the network, whose planes lie one after the other.
    [[nodiscard]] bool brings_into_order(ValueId result, const std::vector<std::size_t> &nodes) const {
        if (!is_sampled(result) || dims(result)[1] == 1)
            return false;
        return std::all_of(nodes.begin(), nodes.end(), [&](std::size_t node) {
            const ValueId from = graph_.nodes[node].inputs[0];
            return moves(shapes_.ops[node]) &&
                   (producer_[place(from)] == SIZE_MAX ||
                    std::find(nodes.begin(), nodes.end(), producer_[place(from)]) != nodes.end());
        });
    }

    // Of what is known, each channel is a source; which axis they are on, the reader says.
    [[nodiscard]] std::int64_t planes(ValueId value) const {
        Shape shape = dims(value);
        shape.insert(shape.begin(), 4 - std::min<std::size_t>(shape.size(), 4), 1);
        return shape[2] * shape[3] == 1 ? shape[1] : std::min(shape[1], shape[3]);
    }

    // Few enough arguments.
    [[nodiscard]] bool fits(const std::vector<std::size_t> &nodes) const {
        std::size_t resizes = 0;
        std::size_t numbers = 0;
        std::set<std::pair<ValueId, std::int64_t>> sources;
        for (const std::size_t index : nodes) {
            const graph::Op &op = shapes_.ops[index];
            resizes += std::holds_alternative<graph::Resize>(op) ? 1 : 0;
            numbers +=
                std::holds_alternative<graph::GridSample>(op) || std::holds_alternative<graph::Slice>(op);
            for (const ValueId input : operands(index)) {
                const std::size_t from = producer_[place(input)];
                if (is_known(input))
                    for (std::int64_t c = 0; c < planes(input); ++c)
                        sources.insert({input, c});
                else if (from == SIZE_MAX || !std::binary_search(nodes.begin(), nodes.end(), from))
                    sources.insert({input, 0});
            }
        }
        return resizes <= most_resizes && numbers <= most_numbers && sources.size() <= most_sources;
    }

    struct Walk {
        const std::vector<std::size_t> &nodes; // of the region
        std::set<std::pair<ValueId, ChannelAxis>> &seen;
    };
    // The axes of every value are where its reader takes them to be.
    [[nodiscard]] bool has_order(ValueId value, ChannelAxis axis, const Walk &walk) const {
        const std::size_t index = producer_[place(value)];
        if (is_known(value) || index == SIZE_MAX ||
            !std::binary_search(walk.nodes.begin(), walk.nodes.end(), index) ||
            !walk.seen.insert({value, axis}).second)
            return true;
        const graph::Node &node = graph_.nodes[index];
        const graph::Op &op = shapes_.ops[index];
        const auto all = [&](ChannelAxis of) {
            const std::vector<ValueId> list = operands(index);
            return std::all_of(list.begin(), list.end(), [&](ValueId v) { return has_order(v, of, walk); });
        };
        if (const auto *transpose = std::get_if<graph::Transpose>(&op)) {
            if (axis == ChannelAxis::last)
                return transpose->order == pixels_last && all(ChannelAxis::second);
            return transpose->order == channels_second && all(ChannelAxis::last);
        }
        if (std::holds_alternative<graph::GridSample>(op))
            return axis == ChannelAxis::second && has_order(node.inputs[0], ChannelAxis::second, walk) &&
                   has_order(node.inputs[1], ChannelAxis::last, walk);
        if (std::holds_alternative<graph::Resize>(op))
            return axis == ChannelAxis::second && has_order(node.inputs[0], ChannelAxis::second, walk);
        const std::size_t channels = axis == ChannelAxis::second ? 1 : 3;
        if (const auto *concat = std::get_if<graph::Concat>(&op); concat)
            return graph::axis_index(concat->axis, 4) == channels && all(axis);
        if (const auto *split = std::get_if<graph::Split>(&op); split)
            return graph::axis_index(split->axis, 4) == channels && has_order(node.inputs[0], axis, walk);
        if (std::holds_alternative<graph::Slice>(op))
            return has_order(node.inputs[0], axis, walk);
        return all(axis);
    }

    [[nodiscard]] Group expression(std::size_t root) const {
        Group group;
        group.expression = true;
        group.members = region(root);
        group.anchor = producer_[place(groups_[root].result)];
        group.position = groups_[root].position;
        group.result = groups_[root].result;
        return group;
    }

    std::vector<Group> groups_;
    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    std::vector<std::size_t> group_of_; // by node
    std::vector<std::size_t> producer_; // by value: node
    std::vector<std::vector<std::size_t>> readers_;
    std::vector<bool> whole_; // by group: part of an expression
    mutable std::map<ValueId, std::int64_t> loads_;
};

} // namespace

std::vector<Group> join_expressions(std::vector<Group> groups, const graph::Graph &graph,
                                    const graph::Shapes &shapes) {
    const bool any = std::any_of(shapes.ops.begin(), shapes.ops.end(), samples);
    return any ? Joining(std::move(groups), graph, shapes).run() : std::move(groups);
}

} // namespace vsmlrt::cuda
