#include "model/flow_scale.h"

#include "base/error.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace vsmlrt::model {
namespace {

constexpr std::size_t scales_input = 2; // of Resize: X, roi, scales
constexpr std::size_t resizes = 11; // (picture, back) in the first block, (picture, flow, back) in three more
constexpr std::size_t products = 7; // (flow) in the first block, (flow in, flow out) in three more

const Tensor *constant(const Network &network, const std::string &name) {
    if (const auto found = network.initializers.find(name); found != network.initializers.end())
        return &found->second;
    for (const Node &node : network.nodes)
        if (node.op == "Constant" && !node.outputs.empty() && node.outputs.front() == name)
            return node.tensor("value");
    return nullptr;
}

// A float constant's values; nothing for other operands.
std::vector<float> values_of(const Network &network, const std::string &name) {
    const Tensor *tensor = constant(network, name);
    if (!tensor || tensor->type != Element::f32)
        return {};
    const auto values = tensor->as<float>();
    return {values.begin(), values.end()};
}

// An operand of a node that is to become another constant of the same shape.
struct Operand {
    std::size_t node;
    std::size_t input;
    std::vector<std::int64_t> dims;
    std::vector<float> values;
};

std::vector<Operand> find_resizes(const Network &network) {
    std::vector<Operand> found;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node &node = network.nodes[i];
        if (node.op != "Resize")
            continue;
        const bool by_factor = node.inputs.size() == scales_input + 1 && !node.inputs[scales_input].empty();
        std::vector<float> factors =
            by_factor ? values_of(network, node.inputs[scales_input]) : std::vector<float>{};
        if (factors.size() != 4)
            return {};
        found.push_back({i, scales_input, {4}, std::move(factors)});
    }
    return found;
}

// Values that are computed from the pictures, and not from their sizes alone as grids are.
std::unordered_set<std::string_view> made_of_pictures(const Network &network) {
    std::unordered_set<std::string_view> made;
    for (const Value &input : network.inputs)
        made.insert(input.name);
    for (const Node &node : network.nodes) {
        const bool reads =
            std::ranges::any_of(node.inputs, [&](const auto &name) { return made.contains(name); });
        if (reads && node.op != "Shape")
            made.insert(node.outputs.begin(), node.outputs.end());
    }
    return made;
}

std::vector<Operand> find_products(const Network &network) {
    const auto pictures = made_of_pictures(network);
    std::vector<Operand> found;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node &node = network.nodes[i];
        if (std::ranges::none_of(node.inputs, [&](const auto &name) { return pictures.contains(name); }))
            continue;
        for (std::size_t input = 0; node.op == "Mul" && input < node.inputs.size(); ++input) {
            std::vector<float> factor = values_of(network, node.inputs[input]);
            if (factor.size() != 1)
                continue;
            found.push_back({i, input, constant(network, node.inputs[input])->dims, std::move(factor)});
            break;
        }
    }
    return found;
}

void replace(Network &network, const Operand &operand) {
    std::string name = text("vsmlrt.flow_scale.", operand.node);
    network.nodes[operand.node].inputs[operand.input] = name;
    network.initializers.insert_or_assign(name, make_tensor(name, operand.dims, std::span(operand.values)));
}

} // namespace

void scale_flow(Network &network, double scale) {
    std::vector<Operand> sizes = find_resizes(network);
    std::vector<Operand> factors = find_products(network);
    if (sizes.size() != resizes || factors.size() != products)
        throw BadModel(
            "the network has no flow scale to set: ONNX networks of RIFE v4.0 to v4.6 and those with an "
            "input for it take one; leave it at 1");
    const auto ratio = static_cast<float>(scale);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const bool back = i % 3 == 1;
        for (std::size_t axis = 2; axis < 4; ++axis)
            sizes[i].values[axis] = back ? sizes[i].values[axis] / ratio : sizes[i].values[axis] * ratio;
        replace(network, sizes[i]);
    }
    for (std::size_t i = 0; i < factors.size(); ++i) {
        const bool out = i % 2 == 0;
        factors[i].values.front() =
            out ? factors[i].values.front() / ratio : factors[i].values.front() * ratio;
        replace(network, factors[i]);
    }
}

} // namespace vsmlrt::model
