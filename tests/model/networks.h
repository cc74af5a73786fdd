// Small networks that tests edit, read and write.
#pragma once

#include "model/network.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

namespace vsmlrt::test {

inline model::Value image(std::string name, std::int64_t channels, Element type = Element::f32) {
    return {std::move(name),
            type,
            true,
            {{std::nullopt, "batch"}, {channels, {}}, {std::nullopt, "h"}, {std::nullopt, "w"}}};
}

inline model::Node node(std::string op, std::vector<std::string> inputs, std::vector<std::string> outputs) {
    model::Node result;
    result.name = op + "_" + outputs.front();
    result.op = std::move(op);
    result.inputs = std::move(inputs);
    result.outputs = std::move(outputs);
    return result;
}

inline void add_floats(model::Network &network, const std::string &name, std::vector<std::int64_t> dims,
                       std::vector<float> values) {
    network.initializers[name] = model::make_tensor(name, std::move(dims), std::span<const float>(values));
}

inline void add_integers(model::Network &network, const std::string &name, std::vector<std::int64_t> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    network.initializers[name] = model::make_tensor(name, {count}, std::span<const std::int64_t>(values));
}

// x -> Conv (2 channels to 2, 1x1) -> Relu -> y
inline model::Network conv_relu() {
    model::Network network;
    network.producer = "test";
    network.inputs = {image("x", 2)};
    network.outputs = {image("y", 2)};
    add_floats(network, "weight", {2, 2, 1, 1}, {0.5F, -1.25F, 1.0F, 0.1F});
    add_floats(network, "bias", {2}, {0.25F, -0.5F});
    network.nodes = {node("Conv", {"x", "weight", "bias"}, {"c"}), node("Relu", {"c"}, {"y"})};
    return network;
}

inline std::vector<std::string> operators(const model::Network &network) {
    std::vector<std::string> result;
    for (const model::Node &each : network.nodes)
        result.push_back(each.op);
    return result;
}

inline const model::Node &producer(const model::Network &network, const std::string &value) {
    return *std::find_if(network.nodes.begin(), network.nodes.end(), [&](const model::Node &each) {
        return std::find(each.outputs.begin(), each.outputs.end(), value) != each.outputs.end();
    });
}

} // namespace vsmlrt::test
