#include "model/ends.h"

#include <algorithm>
#include <iterator>

namespace vsmlrt::model {
namespace {

constexpr std::int64_t axes_are_operands = 13; // from this operator set on

void replace(std::vector<std::string> &names, const std::string &old, const std::string &by) {
    std::replace(names.begin(), names.end(), old, by);
}

bool has(const std::vector<Value> &values, const std::string &name) {
    return std::any_of(values.begin(), values.end(), [&](const Value &value) { return value.name == name; });
}

} // namespace

Ends::Ends(Network &network) : network_(network), fresh_(network), captured_(captured_names(network)) {}

void Ends::behind_input(Value &input, const std::vector<Step> &steps) {
    std::string inner = input.name;
    if (captured_.contains(inner) || has(network_.outputs, inner)) {
        input.name = fresh_.make(inner + "_outside");
    } else {
        inner = fresh_.make(inner + "_inside");
        for (Node &node : network_.nodes)
            replace(node.inputs, input.name, inner);
    }
    std::vector<Node> nodes;
    add(nodes, input.name, inner, steps);
    std::move(network_.nodes.begin(), network_.nodes.end(), std::back_inserter(nodes));
    network_.nodes = std::move(nodes);
}

void Ends::before_output(Value &output, const std::vector<Step> &steps) {
    std::string inner = output.name;
    if (captured_.contains(inner)) {
        output.name = fresh_.make(inner + "_outside");
    } else {
        inner = fresh_.make(inner + "_inside");
        for (Node &node : network_.nodes) {
            replace(node.inputs, output.name, inner);
            replace(node.outputs, output.name, inner);
        }
        if (auto constant = network_.initializers.extract(output.name)) {
            constant.key() = inner;
            constant.mapped().name = inner;
            network_.initializers.insert(std::move(constant));
        }
    }
    add(network_.nodes, inner, output.name, steps);
}

void Ends::add(std::vector<Node> &nodes, std::string from, const std::string &to,
               const std::vector<Step> &steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step &step = steps[i];
        const std::string name = i + 1 == steps.size() ? to : fresh_.make(to + "_step");
        Node node{fresh_.make(name + "_node"), step.op, {}, {std::move(from)}, {name}, step.attributes};
        for (Tensor constant : step.constants) {
            constant.name = fresh_.make(name + "_constant");
            node.inputs.push_back(constant.name);
            network_.initializers.emplace(constant.name, std::move(constant));
        }
        nodes.push_back(std::move(node));
        from = name;
    }
}

Step with_axes(const Network &network, const char *op, std::vector<std::int64_t> axes) {
    if (network.opset < axes_are_operands)
        return {op, {}, {{"axes", std::move(axes)}}};
    const auto count = static_cast<std::int64_t>(axes.size());
    return {op, {make_tensor({}, {count}, std::span<const std::int64_t>(axes))}, {}};
}

} // namespace vsmlrt::model
