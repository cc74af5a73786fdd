#include "backends/cuda/index_map.h"

#include "backends/cuda/chain.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

// Distributes parts over axes of these sizes; nothing where a size cuts a part unevenly.
std::optional<std::vector<AxisParts>> reshaped(const std::vector<AxisParts> &dims, const graph::Shape &to) {
    AxisParts left;
    for (const AxisParts &parts : dims)
        left.insert(left.end(), parts.begin(), parts.end());
    std::vector<AxisParts> result;
    std::size_t next = 0;
    for (const std::int64_t size : to) {
        AxisParts parts;
        std::int64_t taken = 1;
        while (taken < size) {
            if (next == left.size() || size % taken != 0)
                return std::nullopt;
            const std::int64_t wanted = size / taken;
            AxisPart &part = left[next];
            if (part.size <= wanted) {
                parts.push_back(part);
                taken *= part.size;
                ++next;
            } else {
                if (part.size % wanted != 0)
                    return std::nullopt;
                const std::int64_t inner = part.size / wanted;
                parts.push_back({part.axis, part.stride * inner, wanted});
                part.size = inner;
                taken = size;
            }
        }
        if (taken != size)
            return std::nullopt;
        result.push_back(joined(parts));
    }
    return next == left.size() ? std::optional(result) : std::nullopt;
}

class Tracer {
public:
    Tracer(const graph::Graph &graph, const graph::Shapes &shapes, const NodeOfValue &givers, bool casts)
        : graph_(graph), shapes_(shapes), givers_(givers), casts_(casts) {}

    [[nodiscard]] std::optional<IndexMap> trace(ValueId value) const {
        const auto giver = givers_.find(value);
        if (giver == givers_.end())
            return whole(value);
        const graph::Node &node = graph_.nodes[giver->second];
        const graph::Op &op = shapes_.ops[giver->second];
        std::optional<IndexMap> map;
        if (std::holds_alternative<graph::Reshape>(op))
            map = through_reshape(node);
        else if (const auto *transpose = std::get_if<graph::Transpose>(&op))
            map = through_transpose(node, *transpose);
        else if (const auto *gather = std::get_if<graph::Gather>(&op))
            map = through_gather(node, *gather);
        else if (const auto *split = std::get_if<graph::Split>(&op))
            map = through_split(node, *split, value);
        else if (const auto *concat = std::get_if<graph::Concat>(&op))
            return through_roll(node, *concat, value, giver->second);
        else if (casts_ && std::holds_alternative<graph::Cast>(op) && is_float(node.inputs[0]) &&
                 is_float(value))
            map = trace(node.inputs[0]);
        else
            return whole(value);
        if (map)
            map->nodes.insert(giver->second);
        return map;
    }

private:
    [[nodiscard]] const graph::Shape &dims(ValueId value) const {
        return shapes_.dims[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] bool is_float(ValueId value) const {
        return graph::is_real(graph_.values[static_cast<std::size_t>(value)].type);
    }

    [[nodiscard]] IndexMap whole(ValueId value) const {
        IndexMap map;
        map.base = value;
        std::int64_t stride = 1;
        const graph::Shape &sizes = dims(value);
        map.dims.resize(sizes.size());
        for (std::size_t axis = sizes.size(); axis-- > 0;) {
            if (axis + 1 == sizes.size()) {
                map.dims[axis] = joined({{1, 1, sizes[axis]}});
                continue;
            }
            map.dims[axis] = joined({{0, stride, sizes[axis]}});
            stride *= sizes[axis];
        }
        return map;
    }

    [[nodiscard]] std::optional<IndexMap> through_reshape(const graph::Node &node) const {
        std::optional<IndexMap> map = trace(node.inputs[0]);
        if (!map)
            return map;
        const auto to = reshaped(map->dims, dims(node.outputs[0]));
        if (!to)
            return std::nullopt;
        map->dims = *to;
        return map;
    }

    [[nodiscard]] std::optional<IndexMap> through_transpose(const graph::Node &node,
                                                            const graph::Transpose &op) const {
        std::optional<IndexMap> map = trace(node.inputs[0]);
        if (!map)
            return map;
        std::vector<AxisParts> to(map->dims.size());
        for (std::size_t axis = 0; axis < to.size(); ++axis)
            to[axis] =
                map->dims[op.order.empty() ? to.size() - 1 - axis : static_cast<std::size_t>(op.order[axis])];
        map->dims = to;
        return map;
    }

    // Of an axis that is one part of the base's last: the part from `start` on.
    [[nodiscard]] static bool cut(IndexMap &map, std::size_t axis, std::int64_t start, std::int64_t length) {
        AxisParts &parts = map.dims[axis];
        if (parts.size() != 1 || parts[0].axis != 1 || start < 0 || start + length > parts[0].size)
            return false;
        map.offset += start * parts[0].stride;
        parts[0].size = length;
        parts = joined(parts);
        return true;
    }

    [[nodiscard]] std::optional<IndexMap> through_gather(const graph::Node &node,
                                                         const graph::Gather &op) const {
        const model::Tensor *index = graph::known(graph_, shapes_, node.inputs[1]);
        const std::size_t axis = graph::axis_index(op.axis, dims(node.inputs[0]).size());
        if (!index || !index->dims.empty())
            return whole(node.outputs[0]);
        std::optional<IndexMap> map = trace(node.inputs[0]);
        const std::int64_t at = graph::widen<std::int64_t>(graph::view_of(*index))[0];
        const std::int64_t size = dims(node.inputs[0])[axis];
        if (!map || (size != 1 && !cut(*map, axis, at < 0 ? at + size : at, 1)))
            return std::nullopt;
        map->dims.erase(map->dims.begin() + static_cast<std::ptrdiff_t>(axis));
        return map;
    }

    [[nodiscard]] std::optional<IndexMap> through_split(const graph::Node &node, const graph::Split &op,
                                                        ValueId value) const {
        const std::size_t axis = graph::axis_index(op.axis, dims(value).size());
        std::int64_t start = 0;
        for (const ValueId output : node.outputs) {
            if (output == value)
                break;
            start += dims(output)[axis];
        }
        // Parts of a picture's channels are values of their own.
        std::optional<IndexMap> map = trace(node.inputs[0]);
        if (!map || !cut(*map, axis, start, dims(value)[axis]))
            return whole(value);
        return map;
    }

    // A concatenation of the end and the beginning of one value.
    [[nodiscard]] std::optional<IndexMap> through_roll(const graph::Node &node, const graph::Concat &op,
                                                       ValueId value, std::size_t index) const {
        const std::size_t axis = graph::axis_index(op.axis, dims(value).size());
        if (node.inputs.size() != 2)
            return whole(value);
        ValueId source = graph::no_value;
        std::int64_t by = 0;
        std::set<std::size_t> nodes{index};
        for (const std::size_t i : {0, 1}) {
            const auto giver = givers_.find(node.inputs[i]);
            if (giver == givers_.end())
                return whole(value);
            const auto *slice = std::get_if<graph::Slice>(&shapes_.ops[giver->second]);
            const ValueId from = graph_.nodes[giver->second].inputs[0];
            if (!slice || (i == 1 && from != source) || dims(from) != dims(value))
                return whole(value);
            source = from;
            for (std::size_t at = 0; at < dims(value).size(); ++at)
                if (slice->steps[at] != 1 || (at != axis && slice->starts[at] != 0))
                    return whole(value);
            if (i == 0)
                by = slice->starts[axis];
            else if (slice->starts[axis] != 0 || dims(node.inputs[0])[axis] + by != dims(value)[axis])
                return whole(value);
            nodes.insert(giver->second);
        }
        std::optional<IndexMap> map = trace(source);
        if (!map)
            return map;
        map->nodes.merge(nodes);
        const AxisParts &parts = map->dims[axis];
        for (const AxisPart &part : parts)
            if (part.axis != 0)
                return std::nullopt;
        for (Roll &roll : map->rolls)
            if (roll.parts == parts) {
                roll.by = (roll.by + by) % dims(value)[axis];
                return map;
            }
        map->rolls.push_back({parts, by});
        return map;
    }

    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    const NodeOfValue &givers_;
    bool casts_;
};

} // namespace

AxisParts joined(const AxisParts &parts) {
    AxisParts result;
    for (const AxisPart &part : parts) {
        if (part.size == 1)
            continue;
        if (!result.empty() && result.back().axis == part.axis &&
            result.back().stride == part.stride * part.size) {
            result.back().stride = part.stride;
            result.back().size *= part.size;
            continue;
        }
        result.push_back(part);
    }
    return result;
}

std::int64_t IndexMap::rolled(const AxisParts &parts) const {
    for (const Roll &roll : rolls)
        if (roll.parts == parts)
            return roll.by;
    return 0;
}

NodeOfValue givers_of_values(const graph::Graph &graph, const graph::Shapes &shapes) {
    NodeOfValue givers;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (!graph::is_folded(graph, shapes, graph.nodes[i]))
            for (const ValueId value : graph.nodes[i].outputs)
                givers[value] = i;
    return givers;
}

std::optional<IndexMap> index_map(const graph::Graph &graph, const graph::Shapes &shapes,
                                  const NodeOfValue &givers, ValueId value, bool casts) {
    return Tracer(graph, shapes, givers, casts).trace(value);
}

} // namespace vsmlrt::cuda
