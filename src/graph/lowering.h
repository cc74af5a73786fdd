// What the rules of lowering share: the graph under construction and the forms that ONNX's opsets differ in.
#pragma once

#include "graph/ir.h"

#include <map>
#include <span>
#include <string_view>

namespace vsmlrt::graph {

class Lowering {
public:
    explicit Lowering(const model::Network &network);

    // The operand, or no_value where the node leaves it out.
    [[nodiscard]] ValueId optional(const model::Node &node, std::size_t index) const;
    // BadModel where the node leaves it out.
    [[nodiscard]] ValueId required(const model::Node &node, std::size_t index) const;
    [[nodiscard]] std::vector<ValueId> operands(const model::Node &node) const;
    // A list that is operand `index` in new opsets and an attribute in old ones; no_value if neither is
    // given.
    [[nodiscard]] ValueId list(const model::Node &node, std::size_t index, std::string_view attribute);
    // The same for a single real number of element type `type`.
    [[nodiscard]] ValueId real(const model::Node &node, std::size_t index, std::string_view attribute,
                               Element type);

    [[nodiscard]] Element type(ValueId value) const {
        return graph_.values[static_cast<std::size_t>(value)].type;
    }
    [[nodiscard]] std::int64_t opset() const { return network_.opset; }

    ValueId constant(model::Tensor tensor);
    ValueId constant(std::span<const std::int64_t> list);
    ValueId constant(float value, Element type);

    // Adds a node whose outputs are those of `node`, all of element type `type`.
    void emit(const model::Node &node, Op op, std::vector<ValueId> inputs, Element type);
    // The same with the type of the first input.
    void emit(const model::Node &node, Op op, std::vector<ValueId> inputs);
    // Adds a step on the way to the outputs of `node`.
    ValueId emit_inner(const model::Node &node, Op op, std::vector<ValueId> inputs, Element type);
    // The output of `node` is that value.
    void pass_through(const model::Node &node, ValueId value);

    [[nodiscard]] Graph finish();

private:
    ValueId add(Value value);
    [[nodiscard]] ValueId find(const model::Node &node, const std::string &name) const;

    const model::Network &network_;
    Graph graph_;
    std::map<std::string, ValueId, std::less<>> ids_;
};

using LowerNode = void (*)(Lowering &lowering, const model::Node &node);

struct LoweringRule {
    const char *operator_name;
    LowerNode lower;
};

// The operators that each file knows.
[[nodiscard]] std::span<const LoweringRule> pointwise_lowerings();
[[nodiscard]] std::span<const LoweringRule> compute_lowerings();
[[nodiscard]] std::span<const LoweringRule> movement_lowerings();
[[nodiscard]] std::span<const LoweringRule> shape_lowerings();

// Unsupported, with the way out: 'MODE is outside what this backend computes; ...'.
[[noreturn]] void outside_of_the_ir(const std::string &what);

} // namespace vsmlrt::graph
