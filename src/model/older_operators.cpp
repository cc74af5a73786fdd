// Vendors read the first operator sets in part (ONNX Runtime from 7 on) and compute some of it otherwise, so
// that such files are written anew once, before any backend sees them.
#include "model/older_operators.h"

#include "base/error.h"
#include "model/composer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace vsmlrt::model {
namespace {

constexpr std::int64_t most_axes = 16;

bool is_one_of(const std::string &op, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), op) != names.end();
}

bool has_branches(const Node &node) {
    return node.op == "Scan" ||
           std::any_of(node.attributes.begin(), node.attributes.end(), [](const auto &attribute) {
               return std::holds_alternative<RawAttribute>(attribute.second);
           });
}

Attribute taken(Node &node, const char *name, Attribute fallback) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end())
        return fallback;
    Attribute value = std::move(found->second);
    node.attributes.erase(name);
    return value;
}

// Types were told by name. Before anything else, since types of values are inferred from them.
void renew_cast(Node &node) {
    if (node.op != "Cast")
        return;
    constexpr std::array names = {"UNDEFINED", "FLOAT",  "UINT8", "INT8",    "UINT16", "INT16",  "INT32",
                                  "INT64",     "STRING", "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
    const auto stated = node.attributes.find("to");
    if (stated == node.attributes.end() || !std::holds_alternative<std::string>(stated->second))
        return;
    const auto *const found = std::find(names.begin(), names.end(), std::get<std::string>(stated->second));
    if (found != names.end())
        stated->second = static_cast<std::int64_t>(found - names.begin());
}

class Renewal {
public:
    Renewal(const Network &network, std::int64_t version) : composer_(network), version_(version) {}

    Network run(const std::vector<Node> &nodes) {
        for (Node node : nodes) {
            composer_.next(node);
            if (node.domain.empty() || node.domain == "ai.onnx")
                renew(node);
            composer_.keep();
        }
        return composer_.finish();
    }

private:
    void renew(Node &node) {
        node.attributes.erase("consumed_inputs"); // of version 1: values that may be written over
        if (version_ < 2)
            renew_first(node);
        if (version_ < 7)
            renew_broadcasting(node);
        if (node.op == "Upsample")
            renew_upsample(node);
        if (node.op == "BatchNormalization")
            renew_batch_normalization(node);
        if (version_ < 5 && node.op == "Reshape" && node.inputs.size() == 1)
            node.inputs.push_back(composer_.integers(node.integers("shape")));
        if (node.op == "Reshape")
            node.attributes.erase("shape");
        if (version_ < 6 && node.op == "Tile")
            renew_tile(node);
        if (version_ < 7 && is_one_of(node.op, {"RNN", "LSTM", "GRU"}))
            node.attributes.erase("output_sequence");
        if (version_ < 7 && node.op == "Dropout") // in training it would not be a network that is handed on
            node.attributes.erase("is_test");
    }

    // Of version 1 alone.
    void renew_first(Node &node) {
        if (node.op == "Pad")
            node.attributes.rename("paddings", "pads");
        if (is_one_of(node.op, {"GlobalLpPool", "LpPool"}) && node.attributes.contains("p"))
            renew_exponent(node);
        if (node.op != "Split" || node.inputs.size() < 2)
            return;
        const Tensor *parts = composer_.constant_of(node.inputs[1]);
        if (!parts || parts->type != Element::i64)
            return; // whoever runs the network judges it
        const auto values = parts->as<std::int64_t>();
        node.attributes["split"] = Integers(values.begin(), values.end());
        node.inputs.resize(1);
    }

    static void renew_exponent(Node &node) {
        const float p = node.real("p", 2);
        if (!(p >= 1 && p <= 64 && p == std::floor(p)))
            throw Unsupported(node.label(), ": its p is ", p, ", and not a whole number from 1 to 64");
        node.attributes["p"] = static_cast<std::int64_t>(p);
    }

    // The second operand of arithmetic, and slopes, lay along the first one's axes from `axis` on.
    void renew_broadcasting(Node &node) {
        if (version_ < 4 && node.op == "Concat" && !node.attributes.contains("axis"))
            node.attributes["axis"] = std::int64_t{1};
        if (node.op == "Gemm")
            node.attributes.erase("broadcast");
        if (node.op == "PRelu" && node.inputs.size() == 2)
            lay_along(node, 1);
        if (!is_one_of(node.op,
                       {"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"}))
            return;
        const Attribute axis = taken(node, "axis", RawAttribute{});
        node.attributes.erase("broadcast");
        const auto *const first = std::get_if<std::int64_t>(&axis);
        if (!first || node.inputs.size() != 2)
            return;
        if (*first < 0 || *first > most_axes)
            throw Unsupported(node.label(), ": its second operand lies along axis ", *first);
        lay_along(node, *first);
    }

    // Gives the second operand axes of size 1 at its end, as many as the first one has behind it.
    void lay_along(Node &node, std::int64_t axis) {
        const std::string &value = node.inputs[1];
        if (const Tensor *constant = composer_.constant_of(value); constant && constant->count() == 1)
            return;
        const std::string shape = composer_.sizes(value);
        const std::string ranks =
            composer_.emit("Sub", {composer_.sizes(composer_.sizes(node.inputs[0])), composer_.sizes(shape)});
        const std::string count = composer_.emit("Sub", {ranks, composer_.integers({axis})});
        node.inputs[1] = composer_.emit("Reshape", {value, composer_.joined({shape, composer_.ones(count)})});
    }

    void renew_upsample(Node &node) {
        std::vector<float> scales = node.reals("scales");
        if (version_ < 7)
            scales = {1, 1, node.real("height_scale", 1), node.real("width_scale", 1)};
        for (const char *const name : {"scales", "height_scale", "width_scale"})
            node.attributes.erase(name);
        if (node.inputs.size() == 1)
            node.inputs.push_back(composer_.add_constant(
                make_tensor({}, {static_cast<std::int64_t>(scales.size())}, std::span<const float>(scales))));
        if (version_ < 7 && node.string("mode", "nearest") == "bilinear")
            node.attributes["mode"] = std::string("linear");
    }

    // A file that does not say is_test is meant for inference all the same: nobody hands on a training's
    // step.
    void renew_batch_normalization(Node &node) {
        if (version_ < 7 && node.integer("is_test", 1) == 0 && node.outputs.size() > 1)
            throw Unsupported(node.label(), ": it is in training; export the network for inference");
        if (node.integer("spatial", 1) == 0)
            throw Unsupported(node.label(),
                              ": it normalises each position of the picture by itself (spatial=0)");
        node.attributes.erase("is_test");
        node.attributes.erase("spatial");
        node.outputs.resize(1);
    }

    // How often, and along which axis.
    void renew_tile(Node &node) {
        const Tensor *axis = node.inputs.size() == 3 ? composer_.constant_of(node.inputs[2]) : nullptr;
        if (node.inputs.size() != 3)
            return;
        if (!axis || axis->type != Element::i64 || axis->count() != 1)
            throw Unsupported(node.label(), ": its axis is not a constant");
        if (const std::int64_t given = axis->as<std::int64_t>()[0]; given < 0 || given > most_axes)
            throw BadModel(node.label(), ": its axis is ", given);
        const std::string rank = composer_.sizes(composer_.sizes(node.inputs[0]));
        const std::int64_t before = axis->as<std::int64_t>()[0];
        const std::string after = composer_.emit("Sub", {rank, composer_.integers({before + 1})});
        const std::string times = composer_.emit("Reshape", {node.inputs[1], composer_.integers({1})});
        node.inputs = {node.inputs[0], composer_.joined({composer_.ones(composer_.integers({before})), times,
                                                         composer_.ones(after)})};
    }

    Composer composer_;
    std::int64_t version_;
};

} // namespace

Network renew_operators(Network network) {
    if (network.opset >= oldest_operators ||
        std::any_of(network.nodes.begin(), network.nodes.end(), has_branches) || !network.functions.empty())
        return network;
    std::for_each(network.nodes.begin(), network.nodes.end(), renew_cast);
    const std::vector<Node> nodes = network.nodes;
    const std::int64_t version = std::exchange(network.opset, oldest_operators);
    return Renewal(network, version).run(nodes);
}

} // namespace vsmlrt::model
