// Values inside a chain keep fp32 whatever they would be stored as in between: more exact than the network
// asks for, and without conversions. Whole numbers narrower than 64 bits wrap as their type does.
#include "backends/cuda/chain.h"

#include "backends/cuda/kernel_text.h"
#include "base/error.h"
#include "graph/pointwise.h"
#include "graph/storage.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace vsmlrt::cuda {
namespace {

using graph::ValueId;

// A pointwise node as an expression of its operands' names.
class Formula {
public:
    Formula(const graph::Graph &graph, const graph::Node &node, const OperandName &name)
        : graph_(graph), node_(node), name_(name) {}

    [[nodiscard]] std::string of(const graph::Op &op) const {
        if (const auto *unary = std::get_if<graph::Unary>(&op))
            return of_unary(*unary);
        if (const auto *binary = std::get_if<graph::Binary>(&op))
            return text("op::", graph::rule(binary->kind).operator_name, "<", computed(0), ">(", name_(0),
                        ", ", name_(1), ")");
        if (std::holds_alternative<graph::Clip>(op))
            return of_clip();
        if (std::holds_alternative<graph::Where>(op))
            return text("op::Where<", computed(1), ">(", name_(0), ", ", name_(1), ", ", name_(2), ")");
        return of_cast();
    }

private:
    [[nodiscard]] std::string of_unary(const graph::Unary &unary) const {
        const Element type = type_of(0);
        const auto number = [&](float value) {
            return cuda::is_real(type) ? literal(static_cast<double>(value), type) : std::string("0");
        };
        const std::string call = text("op::", graph::rule(unary.kind).operator_name, "<", computed(0), ">(",
                                      name_(0), ", ", number(unary.alpha), ", ", number(unary.beta), ")");
        return cuda::is_real(graph_.values[place(node_.outputs[0])].type) || !cuda::is_real(type)
                   ? call
                   : text("(i64)", call);
    }

    [[nodiscard]] std::string of_clip() const {
        const Element type = type_of(0);
        const bool real = cuda::is_real(type);
        const std::string low = has(1) ? name_(1)
                                : real ? literal(-INFINITY, type)
                                       : literal(std::int64_t{INT64_MIN});
        const std::string high = has(2) ? name_(2)
                                 : real ? literal(INFINITY, type)
                                        : literal(std::int64_t{INT64_MAX});
        return text("op::Clip<", computed(0), ">(", name_(0), ", ", low, ", ", high, ")");
    }

    [[nodiscard]] std::string of_cast() const {
        const Element to = graph_.values[place(node_.outputs[0])].type;
        const Element from = type_of(0);
        const std::string value = name_(0);
        if (to == Element::boolean)
            return text("(i64)(", value, " != 0)");
        if (cuda::is_real(from) && !cuda::is_real(to))
            return text("(i64)Put<", type_name(to), ">::from(", value, ")");
        return text("(", computed_name(to), ")", value);
    }

    [[nodiscard]] Element type_of(std::size_t index) const {
        return graph_.values[place(node_.inputs[index])].type;
    }
    [[nodiscard]] const char *computed(std::size_t index) const { return computed_name(type_of(index)); }
    [[nodiscard]] bool has(std::size_t index) const {
        return graph::operand(node_, index) != graph::no_value;
    }

    const graph::Graph &graph_;
    const graph::Node &node_;
    const OperandName &name_;
};

class Writer {
public:
    Writer(const graph::Graph &graph, ValueId anchor, const ChainNames &called, const Gates &gates)
        : graph_(graph), called_(called), gates_(gates) {
        if (anchor != graph::no_value)
            names_[anchor] = called_.anchor;
    }

    void add(const graph::Node &node, const graph::Op &op) {
        const ValueId result = node.outputs[0];
        const Element type = graph_.values[place(result)].type;
        std::string value = formula(node, op);
        if (!cuda::is_real(type) && type != Element::i64 && type != Element::u64)
            value = text("get(Put<", type_name(type), ">::from(", value, "))");
        const std::string name = called_.result + std::to_string(count_++);
        chain_.text += text("    const ", computed_name(type), " ", name, " = ", value, ";\n");
        names_[result] = name;
        chain_.result = name;
    }

    Chain take() && {
        if (chain_.result.empty())
            chain_.result = called_.anchor;
        return std::move(chain_);
    }

private:
    std::string formula(const graph::Node &node, const graph::Op &op) {
        if (std::holds_alternative<graph::Normalize>(op)) {
            const ValueId result = node.outputs[0];
            return text(operand(node, 0), " * ", input({ChainInput::Kind::scale, result}), " + ",
                        input({ChainInput::Kind::bias, result}));
        }
        return pointwise_formula(graph_, node, op, [&](std::size_t index) { return operand(node, index); });
    }

    std::string operand(const graph::Node &node, std::size_t index) {
        const ValueId value = node.inputs[index];
        if (const auto found = names_.find(value); found != names_.end())
            return found->second;
        // What follows from the picture's size is not part of the text, which serves every size.
        const auto &stated = graph_.values[place(value)].constant;
        if (stated && graph::count(stated->dims) == 1 && stated->type != Element::string)
            return scalar_literal(*stated);
        std::string read = input({ChainInput::Kind::value, value});
        if (const auto gate = gates_.find(value); gate != gates_.end())
            return text("(", read, " * ", input({ChainInput::Kind::gate, gate->second}), ")");
        return read;
    }

    std::string input(const ChainInput &wanted) {
        const auto found = std::find(chain_.inputs.begin(), chain_.inputs.end(), wanted);
        const auto index = found - chain_.inputs.begin();
        if (found == chain_.inputs.end())
            chain_.inputs.push_back(wanted);
        return called_.input + std::to_string(index);
    }

    const graph::Graph &graph_;
    ChainNames called_;
    const Gates &gates_;
    std::map<ValueId, std::string> names_;
    std::size_t count_ = 0;
    Chain chain_;
};

} // namespace

std::string pointwise_formula(const graph::Graph &graph, const graph::Node &node, const graph::Op &op,
                              const OperandName &operand) {
    return Formula(graph, node, operand).of(op);
}

std::string scalar_literal(const model::Tensor &tensor) {
    if (cuda::is_real(tensor.type))
        return literal(graph::widen<double>(graph::view_of(tensor))[0], tensor.type);
    return literal(graph::widen<std::int64_t>(graph::view_of(tensor))[0]);
}

const graph::Node *producer_of(const graph::Graph &graph, ValueId value) {
    for (const graph::Node &node : graph.nodes)
        if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end())
            return &node;
    return nullptr;
}

bool is_pointwise(const graph::Graph &graph, const graph::Shapes &shapes, const graph::Node &node,
                  const graph::Op &op) {
    if (const auto *normalize = std::get_if<graph::Normalize>(&op)) {
        if (normalize->kind != graph::NormalizeKind::batch)
            return false;
        return std::all_of(node.inputs.begin() + 1, node.inputs.end(),
                           [&](ValueId value) { return graph::known(graph, shapes, value) != nullptr; });
    }
    // Clip's bounds are single elements whatever their rank.
    return std::holds_alternative<graph::Unary>(op) || std::holds_alternative<graph::Binary>(op) ||
           std::holds_alternative<graph::Clip>(op) || std::holds_alternative<graph::Where>(op) ||
           std::holds_alternative<graph::Cast>(op);
}

Chain make_chain(const graph::Graph &graph, const graph::Shapes &shapes,
                 const std::vector<std::size_t> &members, ValueId anchor, const ChainNames &names,
                 const Gates &gates) {
    Writer writer(graph, anchor, names, gates);
    for (const std::size_t member : members)
        writer.add(graph.nodes[member], shapes.ops[member]);
    return std::move(writer).take();
}

std::vector<float> batch_norm_values(const graph::Graph &graph, const graph::Shapes &shapes, ValueId result,
                                     ChainInput::Kind kind) {
    const graph::Node &node = *producer_of(graph, result);
    const auto index = static_cast<std::size_t>(&node - graph.nodes.data());
    const auto &op = std::get<graph::Normalize>(shapes.ops[index]);
    const auto values = [&](std::size_t operand) {
        return graph::widen<double>(graph::view_of(*graph::known(graph, shapes, node.inputs[operand])));
    };
    const auto scale = values(1);
    const auto bias = values(2);
    const auto mean = values(3);
    const auto variance = values(4);
    std::vector<float> list(scale.size());
    for (std::size_t c = 0; c < list.size(); ++c) {
        const double factor = scale[c] / std::sqrt(variance[c] + static_cast<double>(op.epsilon));
        list[c] = static_cast<float>(kind == ChainInput::Kind::scale ? factor : bias[c] - mean[c] * factor);
    }
    return list;
}

} // namespace vsmlrt::cuda
