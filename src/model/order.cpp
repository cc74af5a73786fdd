#include "model/order.h"

#include "base/error.h"
#include "model/subgraph.h"

#include <functional>
#include <queue>
#include <unordered_map>

namespace vsmlrt::model {
namespace {

constexpr std::size_t no_node = static_cast<std::size_t>(-1); // producer of inputs and initializers
using Producers = std::unordered_map<std::string_view, std::size_t>;

void define(Producers &producers, const std::string &name, std::size_t producer) {
    if (!producers.emplace(name, producer).second)
        throw BadModel("the name \"", name, "\" is defined twice");
}

Producers find_producers(const Network &network) {
    Producers producers;
    for (const auto &[name, tensor] : network.initializers)
        define(producers, name, no_node);
    for (const Value &input : network.inputs)
        define(producers, input.name, no_node);
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        for (const std::string &output : network.nodes[i].outputs)
            if (!output.empty())
                define(producers, output, i);
    return producers;
}

// For each node, the nodes that consume what it produces (once for each reference).
struct Edges {
    std::vector<std::vector<std::size_t>> consumers;
    std::vector<std::size_t> waits_for; // number of references not yet produced
};

Edges find_edges(const Network &network, const Producers &producers) {
    Edges edges{std::vector<std::vector<std::size_t>>(network.nodes.size()),
                std::vector<std::size_t>(network.nodes.size())};
    const auto connect = [&](std::size_t producer, std::size_t consumer) {
        if (producer == no_node)
            return;
        edges.consumers[producer].push_back(consumer);
        ++edges.waits_for[consumer];
    };
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node &node = network.nodes[i];
        for (const std::string &input : node.inputs) {
            if (input.empty())
                continue;
            const auto found = producers.find(input);
            if (found == producers.end())
                throw BadModel(node.label(), ": nothing defines its input \"", input, "\"");
            connect(found->second, i);
        }
        for (const std::string &name : names_in_subgraphs(node)) {
            const auto found = producers.find(name); // most names belong to the subgraph itself
            if (found != producers.end() && found->second != i)
                connect(found->second, i);
        }
    }
    return edges;
}

// The order in which nodes can run; of those that are ready the first in the file, so that a valid order
// stays.
std::vector<std::size_t> sort(const Network &network, Edges edges) {
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < edges.waits_for.size(); ++i)
        if (edges.waits_for[i] == 0)
            ready.push(i);
    std::vector<std::size_t> order;
    order.reserve(network.nodes.size());
    while (!ready.empty()) {
        const std::size_t node = ready.top();
        ready.pop();
        order.push_back(node);
        for (const std::size_t consumer : edges.consumers[node])
            if (--edges.waits_for[consumer] == 0)
                ready.push(consumer);
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (edges.waits_for[i] != 0)
            throw BadModel(network.nodes[i].label(), " waits for its own result: the nodes form a cycle");
    return order;
}

} // namespace

void check_and_order(Network &network) {
    std::vector<std::size_t> order;
    {
        const Producers producers = find_producers(network); // refers to names inside the nodes
        Producers outputs;
        for (const Value &output : network.outputs) {
            if (!producers.contains(output.name))
                throw BadModel("nothing produces the output \"", output.name, "\"");
            define(outputs, output.name, no_node);
        }
        order = sort(network, find_edges(network, producers));
    }
    std::vector<Node> nodes;
    nodes.reserve(order.size());
    for (const std::size_t node : order)
        nodes.push_back(std::move(network.nodes[node]));
    network.nodes = std::move(nodes);
}

} // namespace vsmlrt::model
