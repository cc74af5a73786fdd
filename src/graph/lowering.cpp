// A node is read through an account of what was asked for: networks state what a rule may not know, and a
// picture computed without it is wrong and says nothing.
#include "graph/lowering.h"

#include "base/error.h"
#include "graph/storage.h"

namespace vsmlrt::graph {

bool OnnxNode::has(std::string_view attribute) const {
    read_.emplace(attribute);
    return node_.attributes.find(attribute) != node_.attributes.end();
}

std::int64_t OnnxNode::integer(std::string_view attribute, std::int64_t fallback) const {
    read_.emplace(attribute);
    return node_.integer(attribute, fallback);
}

float OnnxNode::real(std::string_view attribute, float fallback) const {
    read_.emplace(attribute);
    return node_.real(attribute, fallback);
}

std::string OnnxNode::string(std::string_view attribute, std::string fallback) const {
    read_.emplace(attribute);
    return node_.string(attribute, std::move(fallback));
}

std::vector<std::int64_t> OnnxNode::integers(std::string_view attribute,
                                             std::vector<std::int64_t> fallback) const {
    read_.emplace(attribute);
    return node_.integers(attribute, std::move(fallback));
}

std::vector<float> OnnxNode::reals(std::string_view attribute) const {
    read_.emplace(attribute);
    return node_.reals(attribute);
}

const model::Tensor *OnnxNode::tensor(std::string_view attribute) const {
    read_.emplace(attribute);
    return node_.tensor(attribute);
}

const std::string &OnnxNode::input(std::size_t index) const {
    static const std::string none;
    operands_read_.insert(index);
    return index < node_.inputs.size() ? node_.inputs[index] : none;
}

void OnnxNode::without_effect(std::initializer_list<std::string_view> attributes) const {
    for (const std::string_view attribute : attributes)
        read_.emplace(attribute);
}

void OnnxNode::check_all_read() const {
    for (const auto &entry : node_.attributes)
        if (read_.count(entry.first) == 0)
            throw BadModel("it has an attribute \"", entry.first, "\", which ", op,
                           " does not have in this opset");
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
        if (!node_.inputs[i].empty() && operands_read_.count(i) == 0)
            throw BadModel("it has an input ", i, ", which ", op, " does not have in this opset");
}

Lowering::Lowering(const model::Network &network) : network_(network) {
    for (const model::Value &input : network.inputs) {
        const ValueId id = add({input.name, input.type, std::nullopt});
        ids_[input.name] = id;
        graph_.inputs.push_back({id, input.has_shape, input.dims});
    }
    for (const auto &[name, tensor] : network.initializers)
        ids_[name] = add({name, tensor.type, tensor});
}

ValueId Lowering::add(Value value) {
    graph_.values.push_back(std::move(value));
    return static_cast<ValueId>(graph_.values.size() - 1);
}

ValueId Lowering::find(const OnnxNode &node, const std::string &name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end())
        throw BadModel(node.label(), ": nothing gives its input \"", name, "\"");
    return found->second;
}

ValueId Lowering::optional(const OnnxNode &node, std::size_t index) const {
    const std::string &name = node.input(index);
    return name.empty() ? no_value : find(node, name);
}

ValueId Lowering::required(const OnnxNode &node, std::size_t index) const {
    const ValueId id = optional(node, index);
    if (id == no_value)
        throw BadModel("input ", index, " is missing");
    return id;
}

std::vector<ValueId> Lowering::operands(const OnnxNode &node) const {
    std::vector<ValueId> ids;
    for (std::size_t i = 0; i < node.num_inputs(); ++i)
        ids.push_back(optional(node, i));
    return ids;
}

ValueId Lowering::list(const OnnxNode &node, std::size_t index, std::string_view attribute) {
    if (const ValueId id = optional(node, index); id != no_value)
        return id;
    if (!node.has(attribute))
        return no_value;
    return constant(node.integers(attribute));
}

ValueId Lowering::real(const OnnxNode &node, std::size_t index, std::string_view attribute, Element type) {
    if (const ValueId id = optional(node, index); id != no_value)
        return id;
    if (!node.has(attribute))
        return no_value;
    return constant(node.real(attribute, 0), type);
}

std::optional<bool> Lowering::truth(ValueId value) const {
    const std::optional<model::Tensor> &constant = graph_.values[static_cast<std::size_t>(value)].constant;
    if (!constant || constant->count() != 1)
        return std::nullopt;
    return widen<std::int64_t>(view_of(*constant)).at(0) != 0;
}

ValueId Lowering::constant(model::Tensor tensor) {
    const Element type = tensor.type;
    return add({text("constant_", graph_.values.size()), type, std::move(tensor)});
}

ValueId Lowering::constant(std::span<const std::int64_t> list) {
    return constant(model::make_tensor({}, {static_cast<std::int64_t>(list.size())}, list));
}

ValueId Lowering::constant(float value, Element type) {
    std::vector<std::byte> bytes(element_size(type));
    narrow<float>(std::span(&value, 1), {type, {}, bytes.data()});
    return constant(
        model::Tensor{{}, type, {}, std::make_shared<const std::vector<std::byte>>(std::move(bytes))});
}

void Lowering::emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs, Element type) {
    emit(node, std::move(op), std::move(inputs), std::vector<Element>(node.outputs.size(), type));
}

void Lowering::emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs,
                    std::span<const Element> types) {
    if (node.outputs.size() > types.size())
        throw BadModel(node.outputs.size(), " outputs where there are ", types.size());
    Node lowered{std::move(op), node.label(), std::move(inputs), {}};
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        const std::string &name = node.outputs[i];
        const ValueId id = add({name, types[i], std::nullopt});
        lowered.outputs.push_back(id);
        if (!name.empty())
            ids_[name] = id;
    }
    graph_.nodes.push_back(std::move(lowered));
}

void Lowering::emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs) {
    if (inputs.empty() || inputs[0] == no_value)
        throw BadModel("input 0 is missing");
    const Element first = type(inputs[0]);
    emit(node, std::move(op), std::move(inputs), first);
}

ValueId Lowering::emit_inner(const OnnxNode &node, Op op, std::vector<ValueId> inputs, Element type) {
    const ValueId id = add({text(node.outputs.at(0), "_", graph_.values.size()), type, std::nullopt});
    graph_.nodes.push_back({std::move(op), node.label(), std::move(inputs), {id}});
    return id;
}

void Lowering::pass_through(const OnnxNode &node, ValueId value) {
    if (node.outputs.empty())
        throw BadModel("no output");
    ids_[node.outputs[0]] = value;
}

Graph Lowering::finish() {
    for (const model::Value &output : network_.outputs) {
        const auto found = ids_.find(output.name);
        if (found == ids_.end())
            throw BadModel("nothing gives the output \"", output.name, "\"");
        graph_.outputs.push_back(found->second);
    }
    return std::move(graph_);
}

void outside_of_the_ir(const std::string &what) {
    throw Unsupported(what, " is outside what this backend computes");
}

} // namespace vsmlrt::graph
