#include "model/io_type.h"

#include "base/error.h"
#include "model/casts.h"
#include "model/edit.h"
#include "model/names.h"
#include "model/split_input.h"
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

namespace {

// Reads or writes nothing but float16 on its other side.
bool is_cast_to(const Node &node, Element type, const Types &types) {
    return node.op == "Cast" && node.domain.empty() && node.outputs.size() == 1 &&
           types.at(node.outputs[0]) == type;
}

bool are_only_read_as_half(const Network &network, const Types &types, const Names &captured) {
    return std::ranges::all_of(network.inputs, [&](const Value &input) {
        if (!is_floating(input.type) || input.type == Element::f16)
            return true;
        return input.type == Element::f32 && !captured.contains(input.name) &&
               !contains(network.outputs, input.name) &&
               std::ranges::all_of(network.nodes, [&](const Node &node) {
                   return std::ranges::count(node.inputs, input.name) == 0 ||
                          is_cast_to(node, Element::f16, types);
               });
    });
}

// The node that makes an output of a float16 value; null where the output is something else.
Node *cast_of_half(Network &network, const Value &output, const Types &types) {
    const auto node = std::ranges::find_if(
        network.nodes, [&](const Node &made) { return std::ranges::count(made.outputs, output.name) > 0; });
    const bool is_it = node != network.nodes.end() && output.type == Element::f32 &&
                       is_cast_to(*node, Element::f32, types) && types.at(node->inputs[0]) == Element::f16;
    return is_it ? &*node : nullptr;
}

void narrow_outputs(Network &network, const Types &types, const Names &captured) {
    std::vector<Node *> casts;
    for (const Value &output : network.outputs) {
        if (!is_floating(output.type) || output.type == Element::f16)
            continue;
        Node *const cast = captured.contains(output.name) ? nullptr : cast_of_half(network, output, types);
        const bool is_read = std::ranges::any_of(network.nodes, [&](const Node &node) {
            return std::ranges::count(node.inputs, output.name) > 0;
        });
        if (!cast || is_read)
            return;
        casts.push_back(cast);
    }
    for (Node *const cast : casts)
        *cast = make_cast(cast->inputs[0], cast->outputs[0], Element::f16);
    for (Value &output : network.outputs)
        if (is_floating(output.type))
            output.type = Element::f16;
}

} // namespace

Network narrow_ends(const Network &network, bool inputs, bool outputs) {
    Network result = network;
    const Types types = infer_types(network);
    const Names captured = captured_names(network);
    if (inputs && are_only_read_as_half(network, types, captured))
        for (Value &input : result.inputs)
            if (is_floating(input.type))
                input.type = Element::f16;
    if (inputs)
        split_input(result);
    if (outputs)
        narrow_outputs(result, types, captured);
    simplify_casts(result);
    return result;
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
