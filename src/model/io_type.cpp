#include "model/io_type.h"

#include "base/error.h"
#include "model/casts.h"
#include "model/edit.h"
#include "model/names.h"
#include "model/types.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace vsmlrt::model {
namespace {

using Renames = std::map<std::string, std::string, std::less<>>;

void rename_all(const Renames &renames, std::vector<std::string> &names) {
    for (std::string &name : names)
        if (const auto found = renames.find(name); found != renames.end())
            name = found->second;
}

void check_not_captured(const Names &captured, const Value &value) {
    if (captured.contains(value.name))
        throw Unsupported("the type of \"", value.name, "\" cannot be changed: a subgraph uses it");
}

bool contains(const std::vector<Value> &values, const std::string &name) {
    return std::any_of(values.begin(), values.end(), [&](const Value &value) { return value.name == name; });
}

// A value that is input and output at once has one type for both.
void check_not_both(const Network &network, const std::string &name) {
    if (contains(network.inputs, name) && contains(network.outputs, name))
        throw Unsupported("the type of \"", name, "\" cannot be changed: it is input and output at once");
}

} // namespace

void set_input_type(Network &network, Element type) {
    FreshNames fresh(network);
    const Names captured = captured_names(network);
    Renames renames;
    std::vector<Node> nodes;
    for (Value &input : network.inputs) {
        if (!is_floating(input.type) || input.type == type)
            continue;
        check_not_captured(captured, input);
        check_not_both(network, input.name);
        const std::string inner = fresh.make(input.name + "_" + element_name(input.type));
        nodes.push_back(make_cast(input.name, inner, input.type));
        renames.emplace(input.name, inner);
        input.type = type;
    }
    for (Node &node : network.nodes) {
        rename_all(renames, node.inputs);
        nodes.push_back(std::move(node));
    }
    network.nodes = std::move(nodes);
}

void set_output_type(Network &network, Element type) {
    FreshNames fresh(network);
    const Names captured = captured_names(network);
    Renames renames;
    std::vector<Node> casts;
    for (Value &output : network.outputs) {
        if (!is_floating(output.type) || output.type == type)
            continue;
        check_not_captured(captured, output);
        check_not_both(network, output.name);
        const std::string inner = fresh.make(output.name + "_" + element_name(output.type));
        casts.push_back(make_cast(inner, output.name, type));
        renames.emplace(output.name, inner);
        output.type = type;
    }
    for (Node &node : network.nodes) {
        rename_all(renames, node.inputs);
        rename_all(renames, node.outputs);
    }
    for (const auto &[outer, inner] : renames) {
        if (auto weight = network.initializers.extract(outer)) {
            weight.key() = inner;
            weight.mapped().name = inner;
            network.initializers.insert(std::move(weight));
        }
    }
    std::move(casts.begin(), casts.end(), std::back_inserter(network.nodes));
}

Network set_io_type(const Network &network, std::optional<Element> inputs, std::optional<Element> outputs) {
    Network result = network;
    if (inputs)
        set_input_type(result, *inputs);
    if (outputs)
        set_output_type(result, *outputs);
    simplify_casts(result);
    return result;
}

} // namespace vsmlrt::model
