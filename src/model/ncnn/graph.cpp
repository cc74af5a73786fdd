#include "model/ncnn/graph.h"

#include <algorithm>

namespace vsmlrt::model::ncnn {

std::string Graph::unique(const std::string &wanted) {
    // ONNX wants UTF-8, and a param file may hold any bytes.
    std::string base = wanted;
    std::ranges::replace_if(
        base, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }, '_');
    std::string name = base;
    while (!taken_.insert(name).second)
        name = base + "_" + std::to_string(++counters_[base]);
    return name;
}

std::string Graph::emit(std::string_view owner, const char *op, std::vector<std::string> inputs,
                        Attributes attributes) {
    Node node;
    node.name = unique(std::string(owner) + "/" + op);
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {node.name};
    node.attributes = std::move(attributes);
    network.nodes.push_back(std::move(node));
    return network.nodes.back().outputs.front();
}

std::vector<std::string> Graph::emit_many(std::string_view owner, const char *op,
                                          std::vector<std::string> inputs, std::size_t count,
                                          Attributes attributes) {
    static_cast<void>(emit(owner, op, std::move(inputs), std::move(attributes)));
    std::vector<std::string> outputs{network.nodes.back().outputs.front()};
    while (outputs.size() < count)
        outputs.push_back(unique(outputs.front()));
    network.nodes.back().outputs = outputs;
    return outputs;
}

std::string Graph::constant(const std::string &name, std::vector<std::int64_t> dims,
                            std::span<const float> values) {
    auto chosen = unique(name);
    network.initializers.emplace(chosen, make_tensor(chosen, std::move(dims), values));
    return chosen;
}

std::string Graph::constant(const std::string &name, std::span<const std::int64_t> values) {
    auto chosen = unique(name);
    network.initializers.emplace(chosen,
                                 make_tensor(chosen, {static_cast<std::int64_t>(values.size())}, values));
    return chosen;
}

std::string Graph::constant(const std::string &name, std::int64_t value) {
    auto chosen = unique(name);
    network.initializers.emplace(chosen, make_tensor(chosen, {}, std::span(&value, 1)));
    return chosen;
}

void Graph::rename(const std::string &from, const std::string &to) {
    for (auto &node : network.nodes) {
        std::ranges::replace(node.inputs, from, to);
        std::ranges::replace(node.outputs, from, to);
    }
}

} // namespace vsmlrt::model::ncnn
