// ncnn's files say neither what their inputs are nor how large: what callers need to
// know is put together from the layers after these have been converted one by one.
#include "model/compositions.h"
#include "model/ncnn.h"

#include "base/checked.h"
#include "base/log.h"
#include "model/card.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/residual.h"
#include "model/ncnn/restore.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

namespace vsmlrt::model {

namespace ncnn {

namespace {

using Blobs = std::unordered_map<std::string_view, Blob>; // by ncnn's name

const Converter &converter_of(const Layer &layer) {
    const auto *converter = find_converter(layer.type);
    if (converter == nullptr)
        throw BadModel("this type of layer is not supported");
    if (layer.inputs.size() < converter->min_inputs || layer.inputs.size() > converter->max_inputs)
        throw BadModel("has ", layer.inputs.size(), " inputs, and takes ", converter->min_inputs,
                       converter->max_inputs == converter->min_inputs ? "" : " or more");
    if (layer.outputs.empty() || (layer.outputs.size() > 1 && !converter->many_outputs))
        throw BadModel("has ", layer.outputs.size(), " outputs, and makes one");
    return *converter;
}

void convert(const Layer &layer, Graph &graph, WeightReader &weights, Blobs &blobs) {
    try {
        const auto &converter = converter_of(layer);
        std::vector<Blob> inputs;
        for (const auto &name : layer.inputs)
            inputs.push_back(blobs.at(name));
        Conversion conversion(layer, std::move(inputs), graph, weights);
        converter.convert(conversion);
        for (std::size_t i = 0; i < layer.outputs.size(); ++i)
            blobs[layer.outputs[i]] = conversion.result(i);
    } catch (const BadModel &error) {
        throw BadModel(layer.label(), ": ", error.what());
    }
}

// A value as a caller sees it: what does not depend on the picture is stated, height and width of inputs have
// names.
Value describe(const Sizes &sizes, const Blob &blob, const std::string &name) {
    Value value;
    value.name = name;
    value.has_shape = true;
    value.dims.push_back({1, {}});
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (axis >= blob.shape.rank()) {
            value.dims.push_back({1, {}});
            continue;
        }
        const auto size = blob.shape.axes[axis];
        if (const auto known = sizes.value(size))
            value.dims.push_back({*known, {}});
        else if (size == sizes.height())
            value.dims.push_back({{}, "height"});
        else if (size == sizes.width())
            value.dims.push_back({{}, "width"});
        else
            value.dims.emplace_back();
    }
    return value;
}

// Blobs that no layer takes, in the order of the file.
std::vector<std::string_view> output_names(const std::vector<Layer> &layers) {
    std::unordered_set<std::string_view> taken;
    for (const auto &layer : layers)
        taken.insert(layer.inputs.begin(), layer.inputs.end());
    std::vector<std::string_view> names;
    for (const auto &layer : layers)
        for (const auto &blob : layer.outputs)
            if (!taken.contains(blob))
                names.push_back(blob);
    return names;
}

// Whether a blob is called as converters and programs for ncnn call what they read: out0, output.
bool is_called_output(std::string_view name) {
    for (const std::string_view word : {"output", "out"})
        if (name.starts_with(word))
            return name.find_first_not_of("0123456789", word.size()) == std::string_view::npos;
    return false;
}

// What the network gives. Of several blobs that no layer takes, some are left over: those called outputs are
// it, else the last one.
std::vector<std::string_view> chosen_outputs(const std::vector<Layer> &layers) {
    std::vector<std::string_view> names = output_names(layers);
    if (names.size() < 2)
        return names;
    std::vector<std::string_view> called;
    std::ranges::copy_if(names, std::back_inserter(called), is_called_output);
    return called.empty() ? std::vector{names.back()} : called;
}

// Layers that the outputs are made of.
std::vector<bool> needed_layers(const std::vector<Layer> &layers,
                                const std::vector<std::string_view> &outputs) {
    std::unordered_set<std::string_view> wanted(outputs.begin(), outputs.end());
    std::vector<bool> needed(layers.size());
    for (std::size_t i = layers.size(); i-- > 0;) {
        const Layer &layer = layers[i];
        needed[i] = layer.type == "Input" || std::ranges::any_of(layer.outputs, [&](const std::string &name) {
                        return wanted.contains(name);
                    });
        if (needed[i])
            wanted.insert(layer.inputs.begin(), layer.inputs.end());
    }
    return needed;
}

// Makes a blob the network's output under `name`.
void add_output(Graph &graph, const Blob &blob, const std::string &name) {
    auto &network = graph.network;
    const auto made_by_node = [&](const Node &node) {
        return std::ranges::find(node.outputs, blob.value) != node.outputs.end();
    };
    const auto used_as_output = [&](const Value &value) { return value.name == blob.value; };
    const bool own = std::ranges::any_of(network.nodes, made_by_node) &&
                     std::ranges::none_of(network.outputs, used_as_output);
    // An input, a constant or an earlier output keeps its name.
    graph.rename(own ? blob.value : graph.emit(name, "Identity", {blob.value}), name);
    network.outputs.push_back(describe(graph.sizes, blob, name));
}

std::vector<std::string_view> input_names(const std::vector<Layer> &layers) {
    std::vector<std::string_view> names;
    for (const auto &layer : layers)
        if (layer.type == "Input")
            names.push_back(layer.outputs.front());
    return names;
}

// RIFE's files do not say what their inputs are. The program that they are made for (rife-ncnn-vulkan, v4)
// feeds two RGB frames and a plane with the timestep.
void state_interpolator_inputs(std::vector<Layer> &layers) {
    constexpr std::array channels = {"2=3", "2=3", "2=1"};
    if (std::ranges::count(layers, "rife.Warp", &Layer::type) == 0)
        return;
    std::vector<Layer *> open;
    for (Layer &layer : layers)
        if (layer.type == "Input" && !layer.parameters.has(0) && !layer.parameters.has(2))
            open.push_back(&layer);
    if (open.size() != channels.size() || input_names(layers).size() != channels.size())
        return;
    for (std::size_t i = 0; i < channels.size(); ++i)
        open[i]->parameters.add(channels[i]);
}

void check_ends(std::size_t count, const char *what) {
    constexpr std::size_t most = 64;
    if (count == 0 || count > most)
        throw BadModel("the network has ", count, " ", what, ", and 1 to ", most, " are supported");
}

void record(Network &network, const Restored &restored) {
    auto card = read_card(network);
    card.multiple = checked_cast<int>(restored.multiple, "multiple of sizes");
    card.minimum = checked_cast<int>(restored.minimum, "smallest size");
    write_card(network, card);
}

// The inputs and outputs of a network whose layers are all converted.
void finish(Graph &graph, const std::vector<Layer> &layers, const std::vector<std::string_view> &outputs,
            const Blobs &blobs, const NcnnOptions &options, bool difference) {
    const auto inputs = input_names(layers);
    for (const auto blob_name : inputs) {
        const auto &blob = blobs.at(blob_name);
        const std::string name = inputs.size() == 1 ? "input" : blob.value;
        graph.rename(blob.value, name);
        graph.network.inputs.push_back(describe(graph.sizes, blob, name));
    }
    const bool single = inputs.size() == 1 && outputs.size() == 1;
    for (const auto blob_name : outputs) {
        auto blob = blobs.at(blob_name);
        if (inputs.size() == 1 && blob.value == blobs.at(inputs.front()).value)
            blob.value = "input";
        std::optional<Restored> restored;
        if (options.restore_size && single)
            restored = restore_size(graph, "input", blob);
        if (restored && difference)
            restored->output = add_enlarged_picture(graph, "input", restored->output, restored->scale);
        add_output(graph, restored ? restored->output : blob,
                   outputs.size() == 1 ? "output" : graph.unique(std::string(blob_name)));
        if (restored && graph.network.inputs.front().dims[1].size)
            record(graph.network, *restored);
    }
}

// The one picture that does not say its channels; null where there is none, or several inputs.
Layer *open_input(std::vector<Layer> &layers) {
    const auto is_input = [](const Layer &layer) { return layer.type == "Input"; };
    if (std::ranges::count_if(layers, is_input) != 1)
        return nullptr;
    const auto found = std::ranges::find_if(layers, is_input);
    const bool open = !found->parameters.has(2) && !found->parameters.has(0) && !found->parameters.has(1);
    return open ? &*found : nullptr;
}

Network import_layers(const std::vector<Layer> &layers, std::string_view param,
                      std::span<const std::byte> bin, const NcnnOptions &options) {
    check_ends(static_cast<std::size_t>(std::ranges::count(layers, "Input", &Layer::type)), "inputs");
    const auto outputs = chosen_outputs(layers);
    check_ends(outputs.size(), "outputs");

    Graph graph;
    graph.network.producer = "vsmlrt ncnn import";
    for (const auto *reserved : {"input", "output"})
        static_cast<void>(graph.unique(reserved));
    WeightReader weights(bin);
    Blobs blobs;
    const std::vector<bool> needed = needed_layers(layers, outputs);
    const Layer *left_out = nullptr;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        // Its weights, if it has any, would stand before those of the next.
        const bool fed = std::ranges::all_of(layers[i].inputs,
                                             [&](const std::string &name) { return blobs.contains(name); });
        if (needed[i] || (fed && find_converter(layers[i].type)))
            convert(layers[i], graph, weights, blobs);
        else
            left_out = &layers[i];
    }
    if (weights.left() != 0 && left_out)
        throw BadModel(left_out->label(),
                       ": this type of layer is not supported, and its weights cannot be told "
                       "from those of other layers");
    if (weights.left() != 0)
        log_once(LogLevel::warning, text("ncnn import: ", weights.left(),
                                         " bytes of weights are left over after the last layer"));
    finish(graph, layers, outputs, blobs, options, gives_difference(param));
    // The one node that opset 17 does not have.
    return compose(graph.network, [](const Node &node) { return node.op == "DeformConv"; });
}

} // namespace

} // namespace ncnn

Network import_ncnn(std::string_view param, std::span<const std::byte> bin, const NcnnOptions &options) {
    using namespace ncnn;
    auto layers = parse_param(param);
    state_interpolator_inputs(layers);
    try {
        return import_layers(layers, param, bin, options);
    } catch (const BadModel &) {
        // Some layers cannot be told without the number of channels, and the weights behind them say which of
        // those that pictures have it is.
        if (Layer *const input = open_input(layers)) {
            const Parameters open = input->parameters;
            for (const char *channels : {"2=3", "2=1", "2=4"})
                try {
                    input->parameters = open;
                    input->parameters.add(channels);
                    return import_layers(layers, param, bin, options);
                } catch (const BadModel &) {
                    continue;
                }
        }
        throw;
    }
}

} // namespace vsmlrt::model
