// What the rules of lowering share: the graph under construction and the forms that ONNX's opsets differ in.
#pragma once

#include "graph/ir.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace vsmlrt::graph {

// A node as the rules of lowering read it. It keeps account of what a rule asks for, so that an attribute or
// an operand that no rule knows is an error and never left out in silence.
class OnnxNode {
public:
    explicit OnnxNode(const model::Node &node) : op(node.op), outputs(node.outputs), node_(node) {}

    const std::string &op;
    const std::vector<std::string> &outputs;

    [[nodiscard]] bool has(std::string_view attribute) const;
    // See model::Node.
    [[nodiscard]] std::int64_t integer(std::string_view attribute, std::int64_t fallback) const;
    [[nodiscard]] float real(std::string_view attribute, float fallback) const;
    [[nodiscard]] std::string string(std::string_view attribute, std::string fallback) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view attribute,
                                                     std::vector<std::int64_t> fallback = {}) const;
    [[nodiscard]] std::vector<float> reals(std::string_view attribute) const;
    [[nodiscard]] const model::Tensor *tensor(std::string_view attribute) const;
    [[nodiscard]] std::string label() const { return node_.label(); }

    // What operand `index` is called in the file; empty where the node leaves it out.
    [[nodiscard]] const std::string &input(std::size_t index) const;
    [[nodiscard]] std::size_t num_inputs() const { return node_.inputs.size(); }

    // Attributes and operands that the operator has, and that change nothing in what is computed here.
    void without_effect(std::initializer_list<std::string_view> attributes) const;
    void operand_without_effect(std::size_t index) const { static_cast<void>(input(index)); }

    // BadModel that names an attribute or operand which nobody has asked for.
    void check_all_read() const;

private:
    const model::Node &node_;
    mutable std::set<std::string, std::less<>> read_;
    mutable std::set<std::size_t> operands_read_;
};

class Lowering {
public:
    explicit Lowering(const model::Network &network);

    // The operand, or no_value where the node leaves it out.
    [[nodiscard]] ValueId optional(const OnnxNode &node, std::size_t index) const;
    // BadModel where the node leaves it out.
    [[nodiscard]] ValueId required(const OnnxNode &node, std::size_t index) const;
    [[nodiscard]] std::vector<ValueId> operands(const OnnxNode &node) const;
    // A list that is operand `index` in new opsets and an attribute in old ones; no_value if neither is
    // given.
    [[nodiscard]] ValueId list(const OnnxNode &node, std::size_t index, std::string_view attribute);
    // The same for a single real number of element type `type`.
    [[nodiscard]] ValueId real(const OnnxNode &node, std::size_t index, std::string_view attribute,
                               Element type);

    [[nodiscard]] Element type(ValueId value) const {
        return graph_.values[static_cast<std::size_t>(value)].type;
    }
    // What a constant with one element holds, as a condition; nothing where it is not known.
    [[nodiscard]] std::optional<bool> truth(ValueId value) const;
    [[nodiscard]] std::int64_t opset() const { return network_.opset; }

    ValueId constant(model::Tensor tensor);
    ValueId constant(std::span<const std::int64_t> list);
    ValueId constant(float value, Element type);

    // Adds a node whose outputs are those of `node`, all of element type `type`.
    void emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs, Element type);
    // The same with the type of the first input.
    void emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs);
    // The same with a type for each output, of which the last may be left out.
    void emit(const OnnxNode &node, Op op, std::vector<ValueId> inputs, std::span<const Element> types);
    // Adds a step on the way to the outputs of `node`.
    ValueId emit_inner(const OnnxNode &node, Op op, std::vector<ValueId> inputs, Element type);
    // The output of `node` is that value.
    void pass_through(const OnnxNode &node, ValueId value);

    [[nodiscard]] Graph finish();

private:
    ValueId add(Value value);
    [[nodiscard]] ValueId find(const OnnxNode &node, const std::string &name) const;

    const model::Network &network_;
    Graph graph_;
    std::map<std::string, ValueId, std::less<>> ids_;
};

using LowerNode = void (*)(Lowering &lowering, const OnnxNode &node);

struct LoweringRule {
    const char *operator_name;
    LowerNode lower;
};

// The operators that each file knows.
[[nodiscard]] std::span<const LoweringRule> pointwise_lowerings();
[[nodiscard]] std::span<const LoweringRule> compute_lowerings();
[[nodiscard]] std::span<const LoweringRule> movement_lowerings();
[[nodiscard]] std::span<const LoweringRule> shape_lowerings();
[[nodiscard]] std::span<const LoweringRule> indexed_lowerings();

// Unsupported, with the way out: 'MODE is outside what this backend computes; ...'.
[[noreturn]] void outside_of_the_ir(const std::string &what);

} // namespace vsmlrt::graph
