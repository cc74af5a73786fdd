// Each rewrite exists because a vendor's library computes the original form otherwise and the form written
// here right, at no loss of speed.
#include "model/edit.h"
#include "model/names.h"

#include <utility>

namespace vsmlrt::model {
namespace {

using Integers = std::vector<std::int64_t>;

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
                result_.nodes.push_back(padded(node));
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

    // Height and width of a window; empty where neither attribute nor weights tell.
    [[nodiscard]] Integers kernel_of(const Node &node) const {
        Integers stated = node.integers("kernel_shape");
        if (!stated.empty() || node.inputs.size() < 2)
            return stated;
        const auto weights = result_.initializers.find(node.inputs[1]);
        if (weights == result_.initializers.end() || weights->second.dims.size() < 2)
            return {};
        return {weights->second.dims.begin() + 2, weights->second.dims.end()};
    }

    // Padding that keeps the size, stated in numbers where these do not depend on the picture's: of
    // transposed convolutions always, of other windows where their stride is 1.
    [[nodiscard]] Node padded(const Node &node) const {
        const bool transposed = node.op == "ConvTranspose";
        const bool window = node.op == "Conv" || node.op == "MaxPool" || node.op == "AveragePool";
        if (!transposed && !window)
            return node;
        const std::string mode = node.string("auto_pad", "NOTSET");
        const Integers kernel = kernel_of(node);
        if ((mode != "SAME_UPPER" && mode != "SAME_LOWER") || kernel.empty() ||
            node.attributes.contains("output_shape"))
            return node;
        const Integers ones(kernel.size(), 1);
        const Integers strides = node.integers("strides", ones);
        const Integers dilations = node.integers("dilations", ones);
        const Integers more = node.integers("output_padding", Integers(kernel.size(), 0));
        if (strides.size() != kernel.size() || dilations.size() != kernel.size() ||
            more.size() != kernel.size())
            return node; // whoever compiles it says so
        Integers pads(2 * kernel.size());
        for (std::size_t axis = 0; axis < kernel.size(); ++axis) {
            if (window && strides[axis] != 1)
                return node;
            const std::int64_t total = (kernel[axis] - 1) * dilations[axis] + 1 - strides[axis] + more[axis];
            if (total < 0)
                return node;
            pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
            pads[axis + kernel.size()] = total - pads[axis];
        }
        Node stated = node;
        stated.attributes.erase("auto_pad");
        stated.attributes["pads"] = pads;
        return stated;
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
