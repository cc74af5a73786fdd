// Files state the types of their inputs and outputs, seldom those in
// between. Edits must know every one, so each operator's rule stands here;
// the exceptions are tables, and what is in none has its first input's type.
#include "model/types.h"

#include "model/subgraph.h"

#include <set>

namespace vsmlrt::model {
namespace {

// Operators by the rule that gives the type of their first output. All others: the type of their first input.
const std::set<std::string, std::less<>> boolean_outputs = {
    "And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or", "Xor"};
const std::set<std::string, std::less<>> index_outputs = {
    "ArgMax", "ArgMin", "NonMaxSuppression", "NonZero", "SequenceLength", "Shape", "Size"};
const std::set<std::string, std::less<>> int32_outputs = {"ConvInteger", "MatMulInteger"};
// The attribute that names the type, with what absence means: the first input's type where there is one
// (*Like, Bernoulli), else float32.
const std::map<std::string, const char *, std::less<>> typed_by_attribute = {
    {"Bernoulli", "dtype"},
    {"BlackmanWindow", "output_datatype"},
    {"EyeLike", "dtype"},
    {"HammingWindow", "output_datatype"},
    {"HannWindow", "output_datatype"},
    {"MelWeightMatrix", "output_datatype"},
    {"RandomNormal", "dtype"},
    {"RandomNormalLike", "dtype"},
    {"RandomUniform", "dtype"},
    {"RandomUniformLike", "dtype"}};
// The input whose type the output has, where it is not the first.
const std::map<std::string, std::size_t, std::less<>> typed_by_input = {
    {"CastLike", 1},      {"DequantizeLinear", 1}, {"OneHot", 2}, {"QLinearConv", 7},
    {"QLinearMatMul", 7}, {"QuantizeLinear", 2},   {"Where", 1}};

class Inference {
public:
    explicit Inference(const Network &network) : network_(network) {
        for (const auto &[name, tensor] : network.initializers)
            types_.emplace(name, tensor.type);
        for (const Value &input : network.inputs)
            types_.emplace(input.name, input.type);
    }

    Types run() && {
        for (const Node &node : network_.nodes)
            for (std::size_t i = 0; i < node.outputs.size(); ++i)
                if (!node.outputs[i].empty())
                    types_.emplace(node.outputs[i], output(node, i));
        return std::move(types_);
    }

private:
    [[nodiscard]] std::optional<Element> input(const Node &node, std::size_t index) const {
        if (index >= node.inputs.size())
            return std::nullopt;
        const auto found = types_.find(node.inputs[index]);
        return found == types_.end() ? std::nullopt : std::optional(found->second);
    }

    [[nodiscard]] Element output(const Node &node, std::size_t index) const {
        const Element first_input = input(node, 0).value_or(Element::f32);
        if (!node.domain.empty())
            return first_input;
        if (has_subgraph(node))
            return subgraph_output(node, index).value_or(first_input);
        return index == 0 ? first_output(node).value_or(first_input) : later_output(node, index, first_input);
    }

    [[nodiscard]] static std::optional<Element> subgraph_output(const Node &node, std::size_t index) {
        // A loop's body gives its condition first, which is not an output of the node.
        const std::size_t offset = node.op == "Loop" ? 1 : 0;
        const auto types = subgraph_output_types(node, node.op == "If" ? "then_branch" : "body");
        return index + offset < types.size() ? types[index + offset] : std::nullopt;
    }

    [[nodiscard]] std::optional<Element> first_output(const Node &node) const {
        const std::string &op = node.op;
        if (boolean_outputs.contains(op))
            return Element::boolean;
        if (index_outputs.contains(op))
            return Element::i64;
        if (int32_outputs.contains(op))
            return Element::i32;
        if (op == "Cast")
            return static_cast<Element>(node.integer("to", static_cast<std::int64_t>(Element::f32)));
        if (op == "Constant")
            return constant_type(node).value_or(Element::string);
        if (op == "ConstantOfShape") {
            const Tensor *value = node.tensor("value");
            return value ? value->type : Element::f32;
        }
        if (op == "DynamicQuantizeLinear")
            return Element::u8;
        if (op == "Multinomial")
            return static_cast<Element>(node.integer("dtype", static_cast<std::int64_t>(Element::i32)));
        if (const auto found = typed_by_attribute.find(op); found != typed_by_attribute.end())
            if (const std::int64_t type = node.integer(found->second, 0); type != 0)
                return static_cast<Element>(type);
        if (const auto found = typed_by_input.find(op); found != typed_by_input.end())
            return input(node, found->second).value_or(op == "QuantizeLinear" ? Element::u8 : Element::f32);
        return op.ends_with("Window") || op == "MelWeightMatrix" ? std::optional(Element::f32) : std::nullopt;
    }

    [[nodiscard]] static Element later_output(const Node &node, std::size_t index, Element first_input) {
        if (node.op == "TopK" || node.op == "MaxPool" || node.op == "Unique")
            return Element::i64;
        if (node.op == "Dropout")
            return Element::boolean;
        if (node.op == "DynamicQuantizeLinear")
            return index == 1 ? Element::f32 : Element::u8;
        if (node.op == "LayerNormalization")
            return Element::f32; // mean and deviation, in the precision that stash_type names
        return first_input;
    }

    const Network &network_;
    Types types_;
};

} // namespace

std::optional<Element> constant_type(const Node &node) {
    for (const auto &[name, value] : node.attributes) {
        if (const auto *tensor = std::get_if<Tensor>(&value))
            return tensor->type;
        if (name == "value_float" || name == "value_floats")
            return Element::f32;
        if (name == "value_int" || name == "value_ints")
            return Element::i64;
        if (name == "value_string" || name == "value_strings")
            return Element::string;
    }
    return std::nullopt;
}

Types infer_types(const Network &network) {
    return Inference(network).run();
}

} // namespace vsmlrt::model
