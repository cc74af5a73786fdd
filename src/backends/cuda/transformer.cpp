// From the residual sums backwards: what is added must be a linear layer of an attention's mix, or of a
// hidden layer, of the normalised operand. Where values come from between them is compared as index maps, so
// that it does not matter how a network spells its windows, rolls and heads.
#include "backends/cuda/transformer.h"

#include "backends/cuda/group_search.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;
constexpr std::int64_t most_token_channels = 128, most_depth = 64, most_inner = 384;

class BlockSearch : public GroupSearch {
public:
    BlockSearch(const graph::Graph &graph, const graph::Shapes &shapes, const std::vector<Group> &groups)
        : GroupSearch(graph, shapes, groups), node_of_value_(givers_of_values(graph, shapes)) {
        group_of_node_.assign(graph.nodes.size(), no_node);
        for (std::size_t i = 0; i < groups.size(); ++i)
            for (const std::size_t node : groups[i].nodes())
                group_of_node_[node] = i;
        for (Attention &attention : find_attentions(graph, shapes, groups))
            if (attention.at_once)
                attentions_[groups[attention.mix].result] = attention;
    }

    // The block whose residual sum is this group's.
    [[nodiscard]] std::optional<TransformerBlock> half(std::size_t group) const {
        for (const Residual &residual : residuals(group)) {
            TransformerBlock found;
            found.input = residual.kept;
            found.result = groups_[group].result;
            found.groups = {group, residual.layer_group};
            found.last = group;
            if (!serves(found) || !take(found, residual.map.nodes))
                continue;
            if ((is_perceptron(residual, found) || is_attention(residual, found)) && is_closed(found))
                return found;
        }
        return std::nullopt;
    }

    // An attention and the perceptron behind it as one.
    [[nodiscard]] std::optional<TransformerBlock> both(const TransformerBlock &attention,
                                                       const TransformerBlock &perceptron) const {
        if (!attention.attention || attention.perceptron || !perceptron.perceptron || perceptron.attention ||
            attention.result != perceptron.input)
            return std::nullopt;
        TransformerBlock all = attention;
        all.perceptron = perceptron.perceptron;
        all.result = perceptron.result;
        all.last = perceptron.last;
        all.groups.insert(perceptron.groups.begin(), perceptron.groups.end());
        return is_closed(all) ? std::optional(all) : std::nullopt;
    }

private:
    // kept + layer, seen through a map.
    struct Residual {
        ValueId kept = graph::no_value;
        Linear layer;
        std::size_t layer_group = 0;
        IndexMap map;
    };

    [[nodiscard]] const graph::Node &anchor(std::size_t group) const {
        return graph_.nodes[groups_[group].anchor];
    }
    template <typename Op>
    [[nodiscard]] const Op *anchored(std::size_t group) const {
        return groups_[group].chain_only || groups_[group].expression
                   ? nullptr
                   : std::get_if<Op>(&shapes_.ops[groups_[group].anchor]);
    }
    [[nodiscard]] const graph::Binary *binary(std::size_t node) const {
        return std::get_if<graph::Binary>(&shapes_.ops[node]);
    }
    [[nodiscard]] std::optional<IndexMap> map_of(ValueId value, bool casts = false) const {
        return index_map(graph_, shapes_, node_of_value_, value, casts);
    }
    [[nodiscard]] std::vector<float> contents(ValueId value) const {
        return graph::widen<float>(graph::view_of(*graph::known(graph_, shapes_, value)));
    }
    // Its groups, where all of them are there.
    bool take(TransformerBlock &block, const std::set<std::size_t> &nodes) const {
        for (const std::size_t node : nodes) {
            if (group_of_node_[node] == no_node)
                return false;
            block.groups.insert(group_of_node_[node]);
        }
        return true;
    }

    // A known vector of `size` elements along the last axis.
    [[nodiscard]] bool is_vector(ValueId value, std::int64_t size) const {
        return value != graph::no_value && is_known(value) && graph::count(dims(value)) == size &&
               (size == 1 || dims(value).back() == size);
    }

    // The matrix product and what its members add: a vector, and at most one value, which goes to `kept`.
    [[nodiscard]] std::optional<Linear> linear(std::size_t group, ValueId *kept) const {
        if (!anchored<graph::MatMul>(group) || groups_[group].shuffle != no_node)
            return std::nullopt;
        const graph::Node &node = anchor(group);
        Linear layer{node.inputs[0], node.inputs[1], graph::no_value, 0};
        if (!is_known(layer.weights) || dims(layer.weights).size() != 2 || dims(layer.input).size() < 2)
            return std::nullopt;
        ValueId at = node.outputs[0];
        for (const std::size_t member : groups_[group].members) {
            const graph::Binary *add = binary(member);
            const std::vector<ValueId> &inputs = graph_.nodes[member].inputs;
            if (!add || add->kind != graph::BinaryKind::add || (inputs[0] != at && inputs[1] != at) ||
                inputs[0] == inputs[1])
                return std::nullopt;
            const ValueId other = inputs[inputs[0] == at ? 1 : 0];
            if (layer.bias == graph::no_value && is_vector(other, dims(at).back()))
                layer.bias = other;
            else if (kept && *kept == graph::no_value && !is_known(other) && dims(other) == dims(at))
                *kept = other;
            else
                return std::nullopt;
            at = graph_.nodes[member].outputs[0];
        }
        return layer;
    }

    [[nodiscard]] std::vector<Residual> residuals(std::size_t group) const {
        std::vector<Residual> found;
        const Group &own = groups_[group];
        if (own.result == graph::no_value)
            return found;
        ValueId kept = graph::no_value;
        if (const auto layer = linear(group, &kept); layer && kept != graph::no_value) {
            if (const auto map = map_of(own.result))
                found.push_back({kept, *layer, group, *map});
            return found;
        }
        if (!own.chain_only || own.members.size() != 1)
            return found;
        const graph::Binary *add = binary(own.members[0]);
        if (!add || add->kind != graph::BinaryKind::add)
            return found;
        const std::vector<ValueId> &inputs = graph_.nodes[own.members[0]].inputs;
        for (const std::size_t side : {0, 1}) {
            const auto map = map_of(inputs[side]);
            if (!map || dims(inputs[0]) != dims(inputs[1]))
                continue;
            const auto layer_group = giver(map->base);
            if (!layer_group)
                continue;
            if (const auto layer = linear(*layer_group, nullptr))
                found.push_back({inputs[1 - side], *layer, *layer_group, *map});
        }
        return found;
    }

    // 16-bit tokens, N = 1, few channels.
    [[nodiscard]] bool serves(const TransformerBlock &block) const {
        const Element type = type_of(block.input);
        const graph::Shape &shape = dims(block.input);
        return (type == Element::f16 || type == Element::bf16) && type_of(block.result) == type &&
               shape.size() >= 2 && shape.back() <= most_token_channels && !is_known(block.input) &&
               dims(block.result) == shape &&
               std::all_of(shape.begin(), shape.end() - std::min<std::ptrdiff_t>(3, std::ssize(shape)),
                           [](std::int64_t size) { return size == 1; });
    }

    // The normalisation that gives `value`, of the block's input.
    [[nodiscard]] std::optional<Normalization> normalization(ValueId value, TransformerBlock &block) const {
        const auto group = giver(value);
        if (!group)
            return std::nullopt;
        const auto *op = anchored<graph::Normalize>(*group);
        if (!op || op->kind != graph::NormalizeKind::layer)
            return std::nullopt;
        for (const std::size_t member : groups_[*group].members)
            if (!std::holds_alternative<graph::Cast>(shapes_.ops[member]))
                return std::nullopt;
        const graph::Node &node = anchor(*group);
        const std::int64_t channels = dims(value).back();
        const Normalization found{node.inputs[1], graph::operand(node, 2), op->epsilon};
        const auto from = map_of(node.inputs[0], true);
        const auto kept = map_of(block.input, true);
        if (graph::axis_index(op->axis, dims(value).size()) + 1 != dims(value).size() ||
            !is_vector(found.scale, channels) ||
            (found.bias != graph::no_value && !is_vector(found.bias, channels)) || found.epsilon <= 0 ||
            !from || !kept || from->base != kept->base || from->dims != kept->dims ||
            from->offset != kept->offset || !from->rolls.empty() || !kept->rolls.empty())
            return std::nullopt;
        // What of the way to it also leads to the block's input runs in front.
        std::set<std::size_t> own;
        std::set_difference(from->nodes.begin(), from->nodes.end(), kept->nodes.begin(), kept->nodes.end(),
                            std::inserter(own, own.end()));
        block.groups.insert(*group);
        return take(block, own) ? std::optional(found) : std::nullopt;
    }

    [[nodiscard]] bool is_perceptron(const Residual &residual, TransformerBlock &block) const {
        const auto first = giver(residual.layer.input);
        TransformerBlock found = block;
        const auto whole = map_of(residual.map.base);
        if (!first || !whole || residual.map.dims != whole->dims || !residual.map.rolls.empty() ||
            !anchored<graph::MatMul>(*first))
            return false;
        const graph::Node &node = anchor(*first);
        Perceptron perceptron;
        perceptron.second = residual.layer;
        perceptron.activation = *first;
        perceptron.first = {node.inputs[0], node.inputs[1], graph::no_value, 0};
        const graph::Shape &shape = dims(block.input);
        if (!is_known(perceptron.first.weights) || dims(perceptron.first.weights).size() != 2 ||
            dims(perceptron.first.input) != shape || dims(block.result) != shape ||
            !holds_vectors(*first, dims(perceptron.first.weights)[1]))
            return false;
        const auto normal = normalization(perceptron.first.input, found);
        if (!normal)
            return false;
        perceptron.normalization = *normal;
        found.groups.insert(*first);
        found.perceptron = perceptron;
        block = found;
        return true;
    }
    // What follows the hidden layer reads nothing but vectors of constants.
    [[nodiscard]] bool holds_vectors(std::size_t group, std::int64_t hidden) const {
        const Chain chain = make_chain(graph_, shapes_, groups_[group].members, anchor(group).outputs[0]);
        return std::all_of(chain.inputs.begin(), chain.inputs.end(), [&](const ChainInput &input) {
            return input.kind == ChainInput::Kind::value &&
                   (is_vector(input.value, hidden) || is_vector(input.value, 1));
        });
    }

    [[nodiscard]] bool is_attention(const Residual &residual, TransformerBlock &block) const {
        const auto mixed = map_of(residual.layer.input);
        const auto which = mixed ? attentions_.find(mixed->base) : attentions_.end();
        if (which == attentions_.end() || !mixed->rolls.empty() || mixed->offset != 0)
            return false;
        const Attention &attention = which->second;
        const graph::Shape &mix = dims(groups_[attention.mix].result);
        if (mix.size() < 3)
            return false;
        WindowAttention found;
        const std::int64_t tokens = mix[mix.size() - 2];
        found.depth = mix.back();
        found.heads = mix[mix.size() - 3];
        const std::int64_t batch =
            graph::count(mix) / std::max<std::int64_t>(tokens * found.depth * found.heads, 1);
        found.scale = attention.scale;
        found.projection = residual.layer;
        const std::int64_t inner = found.heads * found.depth;
        const std::vector<AxisParts> joined_heads = {joined({{0, found.heads * tokens, batch}}),
                                                     joined({{0, 1, tokens}}),
                                                     joined({{0, tokens, found.heads}, {1, 1, found.depth}})};
        if (tokens > tokens_of_window || found.depth > most_depth ||
            found.heads * steps_of(found.depth) * channels_of_step > most_inner ||
            mixed->dims != joined_heads || dims(found.projection.weights)[0] != inner)
            return false;
        TransformerBlock all = block;
        std::set<std::size_t> nodes = mixed->nodes;
        const graph::Node &scores = anchor(attention.scores);
        const AxisParts by_batch = joined({{0, tokens, batch}}),
                        by_head = joined({{1, found.depth, found.heads}}),
                        by_token = joined({{0, 1, tokens}}), by_depth = joined({{1, 1, found.depth}});
        ValueId windows = graph::no_value;
        const auto part = [&](ValueId value, const std::vector<AxisParts> &expected, Linear &to) {
            const auto map = map_of(value);
            const auto group = map ? giver(map->base) : std::nullopt;
            if (!group || map->dims != expected || !map->rolls.empty())
                return false;
            const auto layer = linear(*group, nullptr);
            if (!layer || (windows != graph::no_value && layer->input != windows))
                return false;
            windows = layer->input;
            to = *layer;
            to.offset = map->offset;
            nodes.insert(map->nodes.begin(), map->nodes.end());
            all.groups.insert(*group);
            return true;
        };
        if (!part(attention.queries, {by_batch, by_head, by_token, by_depth}, found.queries) ||
            !part(scores.inputs[1], {by_batch, by_head, by_depth, by_token}, found.keys) ||
            !part(anchor(attention.mix).inputs[1], {by_batch, by_head, by_token, by_depth}, found.values) ||
            !read_table(attention, tokens, found))
            return false;
        const auto map = map_of(windows);
        if (!map || map->offset != 0)
            return false;
        const auto normal = normalization(map->base, all);
        if (!normal || !find_windows(*map, residual.map, dims(map->base), tokens, found.windows))
            return false;
        found.normalization = *normal;
        nodes.insert(map->nodes.begin(), map->nodes.end());
        for (const std::size_t group :
             {attention.scores, attention.softmax, attention.mix, attention.scaling})
            if (group != no_node)
                all.groups.insert(group);
        if (!take(all, nodes))
            return false;
        all.attention = found;
        block = all;
        return true;
    }

    // What is done to the scores: numbers that multiply them, a table for all windows, and one for each.
    [[nodiscard]] bool read_table(const Attention &attention, std::int64_t tokens,
                                  WindowAttention &found) const {
        std::vector<std::size_t> members = groups_[attention.scores].members;
        for (std::size_t i = attention.between.size(); i-- > 0;)
            members.insert(members.end(), groups_[attention.between[i]].members.begin(),
                           groups_[attention.between[i]].members.end());
        return std::all_of(members.begin(), members.end(), [&](std::size_t member) {
            const graph::Node &node = graph_.nodes[member];
            if (std::holds_alternative<graph::Cast>(shapes_.ops[member]))
                return true;
            const graph::Binary *op = binary(member);
            if (!op || is_known(node.inputs[0]) == is_known(node.inputs[1]))
                return false;
            const ValueId constant = node.inputs[is_known(node.inputs[0]) ? 0 : 1];
            if (op->kind == graph::BinaryKind::mul && graph::count(dims(constant)) == 1 &&
                found.mask == graph::no_value) {
                const float factor = contents(constant)[0];
                found.scale *= factor;
                for (float &each : found.table)
                    each *= factor;
                return true;
            }
            return op->kind == graph::BinaryKind::add &&
                   (add_table(found, constant, tokens) ||
                    add_mask(found, constant, dims(node.outputs[0]), tokens));
        });
    }
    [[nodiscard]] bool add_table(WindowAttention &found, ValueId value, std::int64_t tokens) const {
        const graph::Shape &shape = dims(value);
        const std::int64_t all = found.heads * tokens * tokens;
        const std::int64_t size = graph::count(shape);
        if ((size != all && size != tokens * tokens) || shape.size() < 2 || shape.back() != tokens ||
            shape[shape.size() - 2] != tokens ||
            (size == all && found.heads > 1 && (shape.size() < 3 || shape[shape.size() - 3] != found.heads)))
            return false;
        const std::vector<float> values = contents(value);
        found.table.resize(static_cast<std::size_t>(all), 0.0F);
        for (std::size_t i = 0; i < found.table.size(); ++i)
            found.table[i] += values[i % values.size()];
        return true;
    }
    // Of scores whose last axes are windows, heads, queries and keys: one for all heads, another for each
    // window.
    [[nodiscard]] bool add_mask(WindowAttention &found, ValueId value, const graph::Shape &scores,
                                std::int64_t tokens) const {
        const graph::Shape &shape = dims(value);
        const std::size_t rank = scores.size();
        if (found.mask != graph::no_value || shape.size() < 4 || rank < 4 || scores[rank - 3] != found.heads)
            return false;
        const graph::Shape last(shape.end() - 4, shape.end());
        const std::int64_t windows = scores[rank - 4];
        if (last != graph::Shape{windows, 1, tokens, tokens} ||
            graph::count(shape) != windows * tokens * tokens ||
            graph::count(scores) != found.heads * graph::count(shape))
            return false;
        found.mask = value;
        return true;
    }

    // Tokens in the order of windows, and back.
    [[nodiscard]] static bool find_windows(const IndexMap &in, const IndexMap &out, const graph::Shape &base,
                                           std::int64_t tokens, Windows &found) {
        if (in.dims.size() < 3 || base.size() < 3)
            return false;
        const std::size_t rank = in.dims.size();
        const AxisParts &inside = in.dims[rank - 2];
        const std::int64_t all = graph::count(base) / base.back();
        // A row of a window, then the next row of the picture.
        if (inside.size() == 2 && inside[0].axis == 0 && inside[1].axis == 0 && inside[1].stride == 1)
            found = {all / inside[0].stride, inside[0].stride, inside[0].size, inside[1].size, 0, 0};
        else if (base.size() == 4 && tokens % base[2] == 0)
            found = {base[1], base[2], tokens / base[2], base[2], 0, 0};
        else if (base.size() == 3 && tokens == base[1]) // each of the batch by itself
            found = {base[0], base[1], 1, base[1], 0, 0};
        else
            return false;
        const auto &[height, width, rows, columns, y, x] = found;
        if (height * width != all || rows * columns != tokens || height % rows != 0 || width % columns != 0)
            return false;
        const std::int64_t down = height / rows, across = width / columns;
        const AxisParts windows = joined({{0, rows * width, down}, {0, columns, across}});
        const AxisParts within = joined({{0, width, rows}, {0, 1, columns}});
        const AxisParts channels = joined({{1, 1, base.back()}});
        if (joined(in.dims[0]) != windows || inside != within || in.dims.back() != channels || rank != 3)
            return false;
        const AxisParts out_rows = joined({{0, across * tokens, down}, {0, columns, rows}});
        const AxisParts out_columns = joined({{0, tokens, across}, {0, 1, columns}});
        AxisParts both = out_rows;
        both.insert(both.end(), out_columns.begin(), out_columns.end());
        const std::vector<AxisParts> picture = {{}, out_rows, out_columns, channels};
        const std::vector<AxisParts> line = {{}, joined(both), channels};
        if (out.dims != picture && out.dims != line &&
            out.dims != std::vector<AxisParts>{out_rows, out_columns, channels})
            return false;
        const AxisParts in_rows = joined({{0, width, height}}), in_columns = joined({{0, 1, width}});
        found.shift_y = in.rolled(in_rows) % height;
        found.shift_x = in.rolled(in_columns) % width;
        const std::int64_t back_y = out.rolled(out_rows), back_x = out.rolled(out_columns);
        const auto rolls = [](const AxisParts &a, const AxisParts &b, const IndexMap &map) {
            return std::all_of(map.rolls.begin(), map.rolls.end(),
                               [&](const Roll &roll) { return roll.parts == a || roll.parts == b; });
        };
        return (found.shift_y + back_y) % height == 0 && (found.shift_x + back_x) % width == 0 &&
               rolls(in_rows, in_columns, in) && rolls(out_rows, out_columns, out);
    }

    // Nobody else reads what is no longer stored.
    [[nodiscard]] bool is_closed(const TransformerBlock &block) const {
        for (const std::size_t group : block.groups)
            for (const std::size_t node : groups_[group].nodes())
                for (const ValueId value : graph_.nodes[node].outputs) {
                    if (value == block.result)
                        continue;
                    if (is_output(value))
                        return false;
                    for (const std::size_t reader : readers(value))
                        if (group_of_node_[reader] == no_node ||
                            !block.groups.contains(group_of_node_[reader]))
                            return false;
                }
        return true;
    }

    NodeOfValue node_of_value_;
    std::vector<std::size_t> group_of_node_;
    std::map<ValueId, Attention> attentions_;
};

} // namespace

std::vector<TransformerBlock> find_transformer_blocks(const graph::Graph &graph, const graph::Shapes &shapes,
                                                      const std::vector<Group> &groups) {
    const BlockSearch search(graph, shapes, groups);
    std::vector<TransformerBlock> all;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto found = search.half(i);
        if (!found)
            continue;
        const auto before = std::find_if(all.begin(), all.end(), [&](const TransformerBlock &each) {
            return each.result == found->input;
        });
        const auto joint = before == all.end() ? std::nullopt : search.both(*before, *found);
        if (joint)
            *before = *joint;
        else
            all.push_back(*found);
    }
    return all;
}

} // namespace vsmlrt::cuda
