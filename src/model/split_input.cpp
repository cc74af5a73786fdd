#include "model/split_input.h"

#include "model/names.h"
#include "model/types.h"

#include <algorithm>
#include <optional>

namespace vsmlrt::model {
namespace {

struct Channels {
    std::int64_t begin, end;
};

std::optional<std::int64_t> whole_number(const Network &network, const Node &node, std::size_t input,
                                         std::int64_t absent) {
    if (input >= node.inputs.size() || node.inputs[input].empty())
        return absent;
    const auto found = network.initializers.find(node.inputs[input]);
    if (found == network.initializers.end() || found->second.type != Element::i64 ||
        found->second.count() != 1)
        return std::nullopt;
    return found->second.as<std::int64_t>().front();
}

// What a Slice takes of `all` channels, if it slices nothing else.
std::optional<Channels> channels_of(const Network &network, const Node &node, std::int64_t all) {
    constexpr std::int64_t as_inputs = 10;   // opset
    constexpr std::int64_t from_behind = -3; // of four axes
    if (node.op != "Slice" || !node.domain.empty() || network.opset < as_inputs || node.outputs.size() != 1)
        return std::nullopt;
    const auto begin = whole_number(network, node, 1, 0);
    const auto end = whole_number(network, node, 2, all);
    const auto axis = whole_number(network, node, 3, 0);
    const auto step = whole_number(network, node, 4, 1);
    const bool of_channels = axis.value_or(0) == 1 || axis.value_or(0) == from_behind;
    if (!begin || !end || !of_channels || step.value_or(0) != 1)
        return std::nullopt;
    const auto inside = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? at + all : at, 0, all);
    };
    return Channels{inside(*begin), inside(*end)};
}

// The Slices of a value, by their numbers; nothing where it is read otherwise.
struct Slices {
    std::vector<std::size_t> nodes;
    Channels span;
};
bool add_slices(const Network &network, const std::string &value, std::int64_t all, Slices &slices) {
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node &node = network.nodes[i];
        const auto times = std::ranges::count(node.inputs, value);
        if (times == 0)
            continue;
        const auto channels = channels_of(network, node, all);
        if (!channels || times > 1 || node.inputs[0] != value)
            return false;
        slices.nodes.push_back(i);
        slices.span = {std::min(slices.span.begin, channels->begin),
                       std::max(slices.span.end, channels->end)};
    }
    return true;
}

bool has(const std::vector<Value> &values, const std::string &name) {
    return std::ranges::any_of(values, [&](const Value &value) { return value.name == name; });
}

void take_from(Network &network, FreshNames &fresh, Node &slice, const std::string &value, std::int64_t all,
               std::int64_t further) {
    const Channels channels = *channels_of(network, slice, all);
    slice.inputs[0] = value;
    std::size_t input = 1;
    for (const std::int64_t at : {channels.begin, channels.end}) {
        const std::int64_t moved = at - further;
        const std::string name = fresh.make(slice.outputs[0] + (input == 1 ? "_begin" : "_end"));
        network.initializers[name] = make_tensor(name, {1}, std::span(&moved, 1));
        slice.inputs[input++] = name;
    }
}

} // namespace

bool split_input(Network &network) {
    const Names captured = captured_names(network);
    const auto is_apart = [&](const std::string &name) {
        return !captured.contains(name) && !has(network.outputs, name);
    };
    if (network.inputs.size() != 1)
        return false;
    const Value input = network.inputs.front();
    constexpr std::size_t axes = 4;
    if (input.type != Element::f32 || input.dims.size() != axes || !input.dims[1].size ||
        !is_apart(input.name))
        return false;
    const std::int64_t all = *input.dims[1].size;
    const Types types = infer_types(network);
    Slices rounded{{}, {all, 0}};
    Network others = network; // without the Casts to float16
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node &node = network.nodes[i];
        if (node.op != "Cast" || !node.domain.empty() || node.inputs[0] != input.name ||
            types.at(node.outputs[0]) != Element::f16)
            continue;
        if (!is_apart(node.outputs[0]) || !add_slices(network, node.outputs[0], all, rounded))
            return false;
        others.nodes[i].inputs[0].clear();
    }
    Slices full{{}, {all, 0}};
    if (!add_slices(others, input.name, all, full) || rounded.nodes.empty() || full.nodes.empty() ||
        rounded.span.end > full.span.begin)
        return false;
    const std::int64_t first = rounded.span.end;
    FreshNames fresh(network);
    Value behind = input;
    behind.name = fresh.make(input.name + "_behind");
    behind.dims[1].size = all - first;
    network.inputs.front().type = Element::f16;
    network.inputs.front().dims[1].size = first;
    network.inputs.push_back(behind);
    for (const std::size_t i : rounded.nodes)
        take_from(network, fresh, network.nodes[i], network.nodes[i].inputs[0], all, 0);
    for (const std::size_t i : full.nodes)
        take_from(network, fresh, network.nodes[i], behind.name, all, first);
    return true;
}

} // namespace vsmlrt::model
