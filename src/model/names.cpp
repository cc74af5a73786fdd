#include "model/names.h"

#include "model/subgraph.h"

namespace vsmlrt::model {

Names captured_names(const Network &network) {
    Names names;
    for (const Node &node : network.nodes)
        names.merge(names_in_subgraphs(node));
    return names;
}

Names output_names(const Network &network) {
    Names names;
    for (const Value &output : network.outputs)
        names.insert(output.name);
    return names;
}

FreshNames::FreshNames(const Network &network) : used_(captured_names(network)) {
    for (const auto &[name, tensor] : network.initializers)
        used_.insert(name);
    for (const Value &input : network.inputs)
        used_.insert(input.name);
    for (const Node &node : network.nodes) {
        used_.insert(node.outputs.begin(), node.outputs.end());
        used_.insert(node.name); // so that a node may be called as the new value that it gives
    }
}

std::string FreshNames::make(const std::string &wish) {
    std::string name = wish;
    for (int number = 2; !used_.insert(name).second; ++number)
        name = wish + "_" + std::to_string(number);
    return name;
}

Node make_cast(const std::string &from, const std::string &to, Element type) {
    Node node;
    // Nameless: another node may be called as the value is, and no two may have one name.
    node.op = "Cast";
    node.inputs = {from};
    node.outputs = {to};
    node.attributes["to"] = static_cast<std::int64_t>(type);
    return node;
}

} // namespace vsmlrt::model
