// Where values live. Pictures lie with channels innermost; everything else is row-major. A result that a
// Concat takes is written where the Concat wants it, so that concatenating moves nothing.
#include "backends/cuda/planner.h"

#include "backends/cuda/chain.h"
#include "backends/cuda/kernel_text.h"
#include "base/checked.h"

#include <algorithm>
#include <utility>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

// Operators that keep a picture a picture.
bool keeps_pictures(const graph::Op &op) {
    return std::holds_alternative<graph::Unary>(op) || std::holds_alternative<graph::Binary>(op) ||
           std::holds_alternative<graph::Clip>(op) || std::holds_alternative<graph::Where>(op) ||
           std::holds_alternative<graph::Cast>(op) || std::holds_alternative<graph::Concat>(op) ||
           std::holds_alternative<graph::Split>(op) || std::holds_alternative<graph::Slice>(op) ||
           std::holds_alternative<graph::Pad>(op) || std::holds_alternative<graph::Normalize>(op);
}

bool is_convolution(const graph::Op &op) {
    return std::holds_alternative<graph::Conv>(op) || std::holds_alternative<graph::ConvTranspose>(op);
}

// Operators whose operand and result are pictures.
bool makes_pictures(const graph::Op &op) {
    return is_convolution(op) || std::holds_alternative<graph::Pool>(op) ||
           std::holds_alternative<graph::GridSample>(op) || std::holds_alternative<graph::Resize>(op) ||
           std::holds_alternative<graph::DepthToSpace>(op) || std::holds_alternative<graph::SpaceToDepth>(op);
}

} // namespace

void Planner::find_pictures() {
    pictures_.assign(graph_.values.size(), false);
    convolved_.assign(graph_.values.size(), false);
    const auto mark = [&](ValueId value) {
        if (value != graph::no_value && dims(value).size() == 4 && dims(value)[0] == 1 &&
            cuda::is_real(type(value)))
            pictures_[place(value)] = true;
    };
    const auto any = [&](const std::vector<ValueId> &values) {
        return std::any_of(values.begin(), values.end(), [&](ValueId value) {
            return value != graph::no_value && pictures_[place(value)];
        });
    };
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const graph::Node &node = graph_.nodes[i];
        if (makes_pictures(shapes_.ops[i])) {
            mark(node.inputs[0]);
            mark(node.outputs[0]);
        }
        if (is_convolution(shapes_.ops[i]))
            convolved_[place(node.inputs[0])] = convolved_[place(node.outputs[0])] = true;
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
        if (keeps_pictures(shapes_.ops[i]) && any(graph_.nodes[i].inputs))
            std::for_each(graph_.nodes[i].outputs.begin(), graph_.nodes[i].outputs.end(), mark);
    for (std::size_t i = graph_.nodes.size(); i-- > 0;)
        if (keeps_pictures(shapes_.ops[i]) && any(graph_.nodes[i].outputs))
            std::for_each(graph_.nodes[i].inputs.begin(), graph_.nodes[i].inputs.end(), mark);
    // What a group with a convolution stores, and what a Concat hands to one.
    for (const Group &group : groups_)
        if (group.result != graph::no_value && is_convolution(shapes_.ops[group.anchor]))
            convolved_[place(group.result)] = true;
}

// A part of a Concat's result can be written in place where a kernel gives it, once, and its vectors stay
// aligned.
bool Planner::may_be_written_apart(ValueId value, std::size_t axis, std::int64_t start,
                                   const Shape &whole) const {
    if (known(value) || targets_.contains(value) ||
        std::find(graph_.outputs.begin(), graph_.outputs.end(), value) != graph_.outputs.end())
        return false;
    const auto group =
        std::find_if(groups_.begin(), groups_.end(), [&](const Group &each) { return each.result == value; });
    if (group == groups_.end())
        return false;
    const graph::Op &op = shapes_.ops[group->anchor];
    const bool computes =
        group->chain_only || group->expression || takes_epilogue(op) ||
        std::holds_alternative<graph::Resize>(op) || std::holds_alternative<graph::Pad>(op) ||
        std::holds_alternative<graph::DepthToSpace>(op) || std::holds_alternative<graph::SpaceToDepth>(op);
    if (!computes)
        return false;
    constexpr std::int64_t vector = 8;
    const bool aligned = axis != 1 || whole.size() != 4 || start % vector == 0;
    return aligned || group->expression || !is_convolution(op);
}

// Dense blocks concatenate what they have so far, again and again: a result whose parts lie next to each
// other in a later one's is a part of that one itself.
bool Planner::lies_in_another(const graph::Node &concat, std::size_t axis) {
    const ValueId own = concat.outputs[0];
    const auto first = targets_.find(concat.inputs[0]);
    if (first == targets_.end() || first->second.axis != axis || known(own) || targets_.contains(own) ||
        std::find(graph_.outputs.begin(), graph_.outputs.end(), own) != graph_.outputs.end())
        return false;
    const Target into = first->second;
    std::int64_t start = into.start;
    for (const ValueId value : concat.inputs) {
        const auto part = targets_.find(value);
        if (part == targets_.end() || part->second.whole != into.whole || part->second.axis != axis ||
            part->second.start != start)
            return false;
        start += dims(value)[axis];
    }
    // Kernels read whole vectors of channels: what lies behind must be none of them.
    constexpr std::int64_t vector = 8;
    if (dims(own).size() == 4 && axis == 1 && start % vector != 0 && start != dims(into.whole)[axis])
        return false;
    targets_[own] = into;
    return true;
}

void Planner::find_concat_targets() {
    // What an expression takes together is nowhere stored in one piece, or by one kernel.
    std::vector<bool> inside(graph_.nodes.size(), false);
    for (const Group &group : groups_)
        for (const std::size_t node : group.expression ? group.members : std::vector<std::size_t>{})
            inside[node] = true;
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
        const graph::Node &node = graph_.nodes[i];
        const auto *concat = std::get_if<graph::Concat>(&shapes_.ops[i]);
        if (!concat || inside[i] || graph::is_folded(graph_, shapes_, node))
            continue;
        const ValueId whole = node.outputs[0];
        const std::size_t axis = graph::axis_index(concat->axis, dims(whole).size());
        if (lies_in_another(node, axis))
            continue;
        std::int64_t start = 0;
        for (const ValueId value : node.inputs) {
            if (may_be_written_apart(value, axis, start, dims(whole)))
                targets_[value] = {whole, axis, start};
            start += dims(value)[axis];
        }
    }
}

int Planner::add_buffer(Buffer buffer) {
    plan_.buffers.push_back(std::move(buffer));
    return static_cast<int>(plan_.buffers.size()) - 1;
}

Tensor Planner::fresh(Element type, const Shape &dims, bool picture, bool vectors) {
    Tensor tensor;
    if (picture) {
        const std::int64_t unit = vectors || dims[1] > 4 ? (element_size(type) == 2 ? 8 : 4)
                                  : dims[1] > 2          ? 4
                                                         : dims[1];
        tensor = channels_last(0, type, dims, (dims[1] + unit - 1) / unit * unit);
    } else {
        tensor = dense(0, type, dims);
    }
    // Kernels may read whole vectors over a tensor's end.
    constexpr std::int64_t slack = 64;
    tensor.buffer = add_buffer({BufferKind::arena, 0, checked_add(bytes_of(tensor), slack, "bytes"), 0, {}});
    return tensor;
}

// Halves that a Cast makes floats of lie as halves where only expressions read them, which compute in float
// whatever they read.
Element Planner::stored_type(ValueId value) const {
    const auto given = [&](ValueId id) {
        return std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const graph::Node &node) {
            return std::find(node.outputs.begin(), node.outputs.end(), id) != node.outputs.end();
        });
    };
    const auto group =
        std::find_if(groups_.begin(), groups_.end(), [&](const Group &each) { return each.result == value; });
    if (type(value) != Element::f32 || group == groups_.end() ||
        !(group->expression || is_convolution(shapes_.ops[group->anchor])))
        return type(value);
    const std::vector<std::size_t> own = group->nodes();
    ValueId from = value;
    for (;;) {
        const auto node = given(from);
        const auto index = static_cast<std::size_t>(node - graph_.nodes.begin());
        if (node == graph_.nodes.end() || std::find(own.begin(), own.end(), index) == own.end())
            return type(value);
        const graph::Op &op = shapes_.ops[index];
        from = node->inputs[0];
        if (std::holds_alternative<graph::Cast>(op))
            break;
        if (!std::holds_alternative<graph::DepthToSpace>(op) && !std::holds_alternative<graph::Slice>(op) &&
            !std::holds_alternative<graph::Split>(op))
            return type(value);
    }
    std::vector<bool> inside(graph_.nodes.size(), false);
    for (const Group &each : groups_)
        for (const std::size_t node : each.expression ? each.members : std::vector<std::size_t>{})
            inside[node] = true;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
        for (const ValueId input : graph_.nodes[i].inputs)
            if (input == value && !inside[i])
                return type(value);
    return type(from) == Element::f16 ? Element::f16 : type(value);
}

Tensor Planner::result(ValueId value) {
    if (const auto placed = places_.find(value); placed != places_.end())
        return placed->second;
    const auto output = std::find(graph_.outputs.begin(), graph_.outputs.end(), value);
    Tensor tensor;
    if (output != graph_.outputs.end()) {
        tensor = plan_.outputs[static_cast<std::size_t>(output - graph_.outputs.begin())];
    } else if (const auto target = targets_.find(value); target != targets_.end()) {
        tensor = part(result(target->second.whole), target->second.axis, target->second.start,
                      dims(value)[target->second.axis]);
    } else {
        tensor = fresh(stored_type(value), dims(value), pictures_[place(value)], convolved_[place(value)]);
    }
    bind(value, tensor);
    return tensor;
}

Tensor Planner::upload(Constants &constants, const std::string &key, Element type, const Shape &dims,
                       const Constants::Make &make) {
    Tensor tensor = dense(0, type, dims);
    const std::string name = text(&constants == &weights_ ? "" : "own ", key);
    const auto known_buffer = constant_buffers_.find(name);
    if (known_buffer != constant_buffers_.end()) {
        tensor.buffer = known_buffer->second;
        return tensor;
    }
    tensor.buffer = add_buffer({BufferKind::constant, 0, bytes_of(tensor), 0,
                                [&constants, key, make] { return constants.address(key, make); }});
    constant_buffers_[name] = tensor.buffer;
    return tensor;
}

Tensor Planner::constant(ValueId value) {
    const model::Tensor &contents = *known(value);
    const bool stated = graph_.values[place(value)].constant.has_value();
    return upload(stated ? weights_ : *own_, text("value ", value), contents.type, contents.dims,
                  [contents] { return *contents.bytes; });
}

Tensor Planner::read(ValueId value) {
    if (known(value))
        return constant(value);
    const auto placed = places_.find(value);
    if (placed == places_.end())
        throw InternalError("value \"", graph_.values[place(value)].name, "\" is read before it is written");
    return placed->second;
}

} // namespace vsmlrt::cuda
