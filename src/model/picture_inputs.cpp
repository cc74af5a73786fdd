// Exporters put a Transpose behind such an input and before such an output, because ONNX's convolutions have
// channels first: these become Identity, so that nothing is moved that was not.
#include "model/picture_inputs.h"

#include "model/names.h"
#include "model/picture_axes.h"
#include "model/picture_samples.h"

#include <algorithm>

namespace vsmlrt::model {
namespace {

using Perm = std::vector<std::int64_t>;

const Perm to_first{0, 3, 1, 2};
const Perm to_last{0, 2, 3, 1};

bool has_channels_last(const Value &value) {
    return value.has_shape && value.dims.size() == 4 && may_be_side(value.dims[1]) &&
           may_be_side(value.dims[2]) && are_channels(value.dims[3]);
}

// Of a network whose inputs have them last: all but those that are known to have them first.
bool may_have_channels_last(const Value &value) {
    return (!value.has_shape || value.dims.size() == 4) && !(value.has_shape && are_channels(value.dims[1]));
}

Node transpose(const std::string &from, const std::string &to, const Perm &perm) {
    return {to, "Transpose", {}, {from}, {to}, {{"perm", perm}}};
}

bool is_transpose(const Node &node, const Perm &perm) {
    return node.op == "Transpose" && (node.domain.empty() || node.domain == "ai.onnx") &&
           node.inputs.size() == 1 && node.integers("perm") == perm;
}

void become_identity(Node &node) {
    node.op = "Identity";
    node.attributes.clear();
}

void permute_dims(Value &value, const Perm &perm) {
    if (!value.has_shape)
        return;
    const std::vector<Dim> old = value.dims;
    for (std::size_t axis = 0; axis < perm.size(); ++axis)
        value.dims[axis] = old[static_cast<std::size_t>(perm[axis])];
}

class ChannelsFirst {
public:
    explicit ChannelsFirst(Network &network) : network_(network), fresh_(network) {}

    void run() {
        for (Value &input : network_.inputs)
            take(input);
        for (Value &output : network_.outputs)
            if (may_have_channels_last(output))
                give(output);
    }

private:
    void take(Value &input) {
        permute_dims(input, to_first);
        std::vector<Node *> users;
        for (Node &node : network_.nodes)
            if (std::find(node.inputs.begin(), node.inputs.end(), input.name) != node.inputs.end())
                users.push_back(&node);
        const auto turns = [](const Node *node) { return is_transpose(*node, to_first); };
        if (std::all_of(users.begin(), users.end(), turns)) {
            std::for_each(users.begin(), users.end(), [](Node *node) { become_identity(*node); });
            return;
        }
        const std::string last = fresh_.make(input.name + "_channels_last");
        for (Node *node : users)
            std::replace(node->inputs.begin(), node->inputs.end(), input.name, last);
        network_.nodes.insert(network_.nodes.begin(), transpose(input.name, last, to_last));
    }

    void give(Value &output) {
        permute_dims(output, to_first);
        const bool is_used = std::any_of(network_.nodes.begin(), network_.nodes.end(), [&](const Node &node) {
            return std::find(node.inputs.begin(), node.inputs.end(), output.name) != node.inputs.end();
        });
        for (Node &node : network_.nodes) {
            const auto made = std::find(node.outputs.begin(), node.outputs.end(), output.name);
            if (made == node.outputs.end())
                continue;
            if (!is_used && is_transpose(node, to_last)) {
                become_identity(node);
                return;
            }
            *made = fresh_.make(output.name + "_channels_last");
            const std::string last = *made;
            for (Node &user : network_.nodes)
                std::replace(user.inputs.begin(), user.inputs.end(), output.name, last);
            network_.nodes.push_back(transpose(last, output.name, to_first));
            return;
        }
    }

    Network &network_;
    FreshNames fresh_;
};

// By the weights of a convolution that takes the input itself.
std::optional<std::int64_t> channels_by_weights(const Network &network, const std::string &input) {
    for (const Node &node : network.nodes) {
        if (node.op != "Conv" || node.inputs.size() < 2 || node.inputs[0] != input)
            continue;
        const auto weights = network.initializers.find(node.inputs[1]);
        const std::int64_t groups = node.integer("group", 1);
        if (weights != network.initializers.end() && weights->second.dims.size() == 4 && groups == 1)
            return weights->second.dims[1];
    }
    return {};
}

void state_channels(Network &network) {
    for (Value &input : network.inputs) {
        if (input.has_shape && (input.dims.size() != 4 || input.dims[1].size))
            continue;
        const auto channels = channels_by_weights(network, input.name);
        if (!channels)
            continue;
        if (!input.has_shape)
            input.dims = std::vector<Dim>(4);
        input.has_shape = true;
        input.dims[1] = {channels, {}};
    }
}

} // namespace

Network state_pictures(Network network) {
    four_axes(network);
    const Names captured = captured_names(network);
    const auto is_free = [&](const Value &value) { return !captured.contains(value.name); };
    const bool last = !network.inputs.empty() &&
                      std::all_of(network.inputs.begin(), network.inputs.end(), has_channels_last) &&
                      std::all_of(network.inputs.begin(), network.inputs.end(), is_free) &&
                      std::all_of(network.outputs.begin(), network.outputs.end(), is_free);
    if (last)
        ChannelsFirst(network).run();
    else
        state_channels(network);
    float_pictures(network);
    return network;
}

} // namespace vsmlrt::model
