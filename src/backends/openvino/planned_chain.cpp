// A chain in numbers, as our kernels want it, and whether it pays: OpenVINO holds values between operators in
// a layout of its own, and what a chain saves in its layers it must not lose at its edges.
#include "backends/openvino/planned_chain.h"

#include "cpu/tile_kernels.h"

#include <algorithm>
#include <map>
#include <openvino/op/reduce_mean.hpp>
#include <optional>

namespace vsmlrt::openvino {
namespace {

// Pixels of a value; of sizes that are not fixed 1, as if all had the same.
double area(const Output &value) {
    const ov::PartialShape &shape = value.get_partial_shape();
    return shape.is_static() ? static_cast<double>(shape[2].get_length() * shape[3].get_length()) : 1;
}

// Cycles a pixel of the result, measured on Zen 4: what a layer of ours saves compared with OpenVINO's.
double saved(const cpu::ConvolutionStepDesc &step, const ov::PartialShape &result, cpu::Storage storage) {
    const double direct = storage == cpu::Storage::bf16 ? 9 / (32 * 0.9) : 9 / (16 * 0.94);
    const auto inputs = static_cast<double>(step.layer.inputs);
    const auto outputs = static_cast<double>(step.layer.outputs);
    double cycles = 2.25 / 16 * inputs * outputs + 2 * inputs + 1.5 * outputs;
    if (!cpu::keeps_transformed(step.layer) && result.is_static()) {
        const auto pixels = static_cast<double>(result[2].get_length() * result[3].get_length());
        const auto at_a_time =
            static_cast<double>(cpu::most_tiles_at_a_time(step.layer) * cpu::tile_size * cpu::tile_size);
        cycles += 7 * inputs * outputs * (2 / pixels + 1 / at_a_time);
    }
    return direct * inputs * outputs - cycles;
}

// The same by tiles, reckoned from what was measured on Emerald Rapids. OpenVINO's products are by AMX, too;
// it then writes every value to memory and reads it again, which is much of a layer of few channels and
// little of one of many.
double saved_by_tiles(const cpu::ConvolutionStepDesc &step) {
    const cpu::Form &form = step.layer.form;
    const std::int64_t side =
        form.transposed ? 1 : form.side; // of the filters that a pixel of the result has
    const auto taps = static_cast<double>(side * side);
    const auto outputs = static_cast<double>(step.layer.outputs);
    const auto values = static_cast<double>(std::max<std::int64_t>(16, step.layer.inputs));
    const double openvino = 0.1 / 9 * taps * values * outputs + 4 * outputs;
    const auto tiles = [](std::int64_t size, std::int64_t tile) { return (size + tile - 1) / tile; };
    const auto products = static_cast<double>(side * tiles(side * step.layer.inputs, cpu::tile_values) *
                                              tiles(step.layer.outputs, cpu::tile_results));
    return openvino - (40 * products / static_cast<double>(cpu::tile_rows) + outputs);
}

// The mean of each channel that an operator makes of the value, if one does.
std::optional<Output> mean_of(const Output &value) {
    for (const ov::Input<ov::Node> &reader : value.get_target_inputs()) {
        const NodePtr node = reader.get_node()->shared_from_this();
        const auto mean = ov::as_type_ptr<ov::op::v1::ReduceMean>(node);
        const auto axes =
            mean ? ov::as_type_ptr<ov::op::v0::Constant>(mean->get_input_node_shared_ptr(1)) : nullptr;
        if (!axes || !mean->get_keep_dims())
            continue;
        auto both = axes->cast_vector<std::int64_t>();
        for (std::int64_t &axis : both)
            axis = axis < 0 ? axis + 4 : axis;
        std::ranges::sort(both);
        if (both == std::vector<std::int64_t>{2, 3})
            return mean->output(0);
    }
    return {};
}

} // namespace

PlannedChain plan_chain(const ConvolutionChainLayers &layers, const cpu::ConvolutionMethod &method) {
    PlannedChain made;
    std::map<Output, std::int64_t> inputs;
    std::map<Output, std::int64_t> results;
    for (const ConvolutionLayer &layer : layers)
        if (layer.shuffle == 0)
            results[layer.result] = 0;
    for (const ConvolutionLayer &layer : layers)
        for (const Output &source : layer.sources())
            if (!results.contains(source) && inputs.emplace(source, made.inputs.size()).second) {
                made.inputs.push_back(source);
                made.desc.inputs.push_back(source.get_partial_shape()[1].get_length());
            }
    std::map<Output, std::int64_t> readers; // inside, of each value
    auto next = static_cast<std::int64_t>(made.inputs.size());
    for (const ConvolutionLayer &layer : layers) {
        const auto number = [&](const std::optional<Output> &value) -> std::int64_t {
            if (!value)
                return -1;
            ++readers[*value];
            const auto input = inputs.find(*value);
            return input != inputs.end() ? input->second : results.at(*value);
        };
        made.desc.steps.push_back({layer.desc(), number(layer.input), number(layer.added_before),
                                   number(layer.added_after), layer.shuffle});
        results[layer.result] = next++;
    }
    for (const ConvolutionLayer &layer : layers)
        if (layer.shuffle > 0 ||
            static_cast<std::int64_t>(layer.result.get_target_inputs().size()) > readers[layer.result]) {
            made.outputs.push_back(layer.result);
            made.desc.outputs.push_back(results[layer.result]);
            if (!method.has_gates_and_means() || layer.shuffle > 0 || layer.form.transposed)
                continue;
            if (const auto mean = mean_of(layer.result)) {
                made.means.push_back(*mean);
                made.desc.means.push_back(results[layer.result]);
            }
        }
    return made;
}

bool is_worth_it(const PlannedChain &chain, const ConvolutionChainLayers &layers,
                 const cpu::ConvolutionMethod &method) {
    const cpu::Storage storage = method.storage();
    double gain = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const Output &result = layers[i].result;
        const auto shuffle = static_cast<double>(std::max<std::int64_t>(1, layers[i].shuffle));
        const double pixels = area(result) / (shuffle * shuffle);
        gain +=
            pixels * (method.by_tiles() ? saved_by_tiles(chain.desc.steps[i])
                                        : saved(chain.desc.steps[i], result.get_partial_shape(), storage));
    }
    // Bringing what goes in and out into the chain's layout: OpenVINO copies bf16 that comes out, and of
    // sizes that are not fixed it does the transpositions.
    const bool fixed = layers.front().input.get_partial_shape().is_static();
    const double in = fixed ? 1 : 30;
    const double fixed_out = storage == cpu::Storage::bf16 ? 2.5 : 1;
    const double out = fixed ? fixed_out : 30;
    double boundary = 0;
    for (const Output &input : chain.inputs)
        boundary += area(input) * in * static_cast<double>(input.get_partial_shape()[1].get_length());
    for (const ConvolutionLayer &layer : layers)
        if (layer.shuffle == 0 &&
            std::find(chain.outputs.begin(), chain.outputs.end(), layer.result) != chain.outputs.end())
            boundary += area(layer.result) * out * static_cast<double>(layer.outputs);
    return gain > boundary;
}

} // namespace vsmlrt::openvino
