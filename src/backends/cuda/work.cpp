#include "backends/cuda/work.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace vsmlrt::cuda {
namespace {

double elements(const graph::Shape &dims) {
    return std::accumulate(dims.begin(), dims.end(), 1.0,
                           [](double all, std::int64_t size) { return all * static_cast<double>(size); });
}

} // namespace

WorkCount::WorkCount(const graph::Graph &graph, const graph::Shapes &shapes)
    : graph_(graph), shapes_(shapes), readers_(graph.values.size()), outputs_(graph.values.size(), false) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const graph::ValueId value : graph.nodes[i].inputs)
            if (value != graph::no_value)
                readers_[static_cast<std::size_t>(value)].push_back(i);
    for (const graph::ValueId value : graph.outputs)
        outputs_[static_cast<std::size_t>(value)] = true;
}

double WorkCount::operations(std::size_t index) const {
    const graph::Node &node = graph_.nodes[index];
    const graph::Op &op = shapes_.ops[index];
    const double results = elements(dims(node.outputs[0]));
    constexpr double of_product = 2;             // a multiplication and an addition
    if (std::holds_alternative<graph::Conv>(op)) // each result is a sum over the filter
        return of_product * results * elements(dims(node.inputs[1])) /
               static_cast<double>(dims(node.inputs[1])[0]);
    if (std::holds_alternative<graph::ConvTranspose>(op)) // each element read is spread over the filter
        return of_product * elements(dims(node.inputs[0])) * elements(dims(node.inputs[1])) /
               static_cast<double>(dims(node.inputs[1])[0]);
    if (std::holds_alternative<graph::MatMul>(op))
        return of_product * results * static_cast<double>(dims(node.inputs[0]).back());
    if (const auto *gemm = std::get_if<graph::Gemm>(&op))
        return of_product * results * static_cast<double>(dims(node.inputs[0])[gemm->transpose_a ? 0 : 1]);
    return 0;
}

double WorkCount::bytes(graph::ValueId value) const {
    return elements(dims(value)) *
           static_cast<double>(element_size(graph_.values[static_cast<std::size_t>(value)].type));
}

Work WorkCount::of(std::span<const Group *const> groups) const {
    std::set<std::size_t> nodes;
    std::set<graph::ValueId> made;
    std::map<graph::ValueId, graph::ValueId> enlarged;
    for (const Group *group : groups) {
        enlarged.insert(group->enlarged.begin(), group->enlarged.end());
        for (const std::size_t node : group->nodes()) {
            nodes.insert(node);
            made.insert(graph_.nodes[node].outputs.begin(), graph_.nodes[node].outputs.end());
        }
    }
    Work work;
    std::set<graph::ValueId> read;
    double most = 0;
    for (const std::size_t node : nodes) {
        const double own = operations(node);
        if (own > most) {
            most = own;
            work.multiplied = graph_.values[static_cast<std::size_t>(graph_.nodes[node].outputs[0])].type;
        }
        work.operations += own;
        for (const graph::ValueId value : graph_.nodes[node].inputs) {
            if (value == graph::no_value || made.contains(value))
                continue;
            const auto small = enlarged.find(value);
            read.insert(small == enlarged.end() ? value : small->second);
        }
    }
    for (const graph::ValueId value : read)
        if (!made.contains(value))
            work.bytes_read += bytes(value);
    for (const graph::ValueId value : made) {
        const auto place = static_cast<std::size_t>(value);
        const bool wanted =
            outputs_[place] || std::any_of(readers_[place].begin(), readers_[place].end(),
                                           [&](std::size_t reader) { return !nodes.contains(reader); });
        if (value != graph::no_value && wanted)
            work.bytes_written += bytes(value);
    }
    return work;
}

} // namespace vsmlrt::cuda
