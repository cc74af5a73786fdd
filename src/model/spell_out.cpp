#include "model/edit.h"
#include "model/names.h"

#include <utility>

namespace vsmlrt::model {
namespace {

using Integers = std::vector<std::int64_t>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

class SpellOut {
public:
    explicit SpellOut(const Network &network) : fresh_(network), result_(network) { result_.nodes.clear(); }

    Network run(const std::vector<Node> &nodes) {
        for (const Node &node : nodes) {
            if (is_flattening(node))
                flattened(node);
            else if (has_axes_attribute(node))
                reduced(node);
            else
                result_.nodes.push_back(node);
        }
        return std::move(result_);
    }

private:
    // Before opset 13, Softmax takes the axes from `axis` on as one; with the last axis that makes no
    // difference.
    [[nodiscard]] bool is_flattening(const Node &node) const {
        return result_.opset < 13 && (node.op == "Softmax" || node.op == "LogSoftmax") &&
               node.integer("axis", 1) != -1;
    }

    // Opset 13 to 17: axes are an attribute, as in opset 1.
    [[nodiscard]] bool has_axes_attribute(const Node &node) const {
        return result_.opset >= 13 && result_.opset < 18 && node.attributes.contains("axes") &&
               (node.op == "ReduceL1" || node.op == "ReduceLogSum" || node.op == "ReduceLogSumExp");
    }

    std::string add(const Node &origin, std::string op, std::vector<std::string> inputs,
                    Attributes attributes, std::string output = {}) {
        Node node;
        node.name = origin.name; // of the last, in whose place it is
        if (output.empty())
            node.name = output = fresh_.make(origin.outputs.at(0) + "_" + op);
        node.op = std::move(op);
        node.inputs = std::move(inputs);
        node.outputs = {output};
        node.attributes = std::move(attributes);
        result_.nodes.push_back(std::move(node));
        return output;
    }

    std::string constant(const Node &origin, const Integers &values) {
        std::string name = fresh_.make(origin.outputs.at(0) + "_axes");
        result_.initializers.emplace(
            name, make_tensor(name, {static_cast<std::int64_t>(values.size())}, std::span(values)));
        return name;
    }

    void flattened(const Node &node) {
        const std::string &x = node.inputs.at(0);
        const std::string rows = add(node, "Flatten", {x}, {{"axis", node.integer("axis", 1)}});
        const std::string soft = add(node, node.op, {rows}, {{"axis", std::int64_t{1}}});
        add(node, "Reshape", {soft, add(node, "Shape", {x}, {})}, {}, node.outputs.at(0));
    }

    void reduced(const Node &node) {
        const Integers axes = node.integers("axes");
        const std::int64_t keep = node.integer("keepdims", 1);
        const std::string &x = node.inputs.at(0);
        const std::string &y = node.outputs.at(0);
        const std::string list = constant(node, axes);
        const auto sum = [&](const std::string &of, std::int64_t kept, const std::string &to) {
            return add(node, "ReduceSum", {of, list}, {{"keepdims", kept}}, to);
        };
        if (node.op == "ReduceL1") {
            sum(add(node, "Abs", {x}, {}), keep, y);
        } else if (node.op == "ReduceLogSum") {
            add(node, "Log", {sum(x, keep, {})}, {}, y);
        } else {
            const std::string most =
                add(node, "ReduceMax", {x}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
            const std::string powers = add(node, "Exp", {add(node, "Sub", {x, most}, {})}, {});
            const std::string rest = add(node, "Log", {sum(powers, 1, {})}, {});
            const std::string total = add(node, "Add", {rest, most}, {}, keep != 0 ? y : std::string());
            if (keep == 0)
                add(node, "Squeeze", {total, list}, {}, y);
        }
    }

    FreshNames fresh_;
    Network result_;
};

} // namespace

Network spell_out(const Network &network) {
    return SpellOut(network).run(network.nodes);
}

} // namespace vsmlrt::model
