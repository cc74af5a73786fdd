// Which operators of a network one step of our convolutions computes: the convolution itself, then, as far as
// nothing else reads what is in between, its bias and scale, residual sums, an activation, and DepthToSpace.
#include "backends/openvino/convolution_layer.h"

#include <algorithm>
#include <cmath>
#include <openvino/op/add.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/depth_to_space.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/prelu.hpp>
#include <openvino/op/relu.hpp>
#include <openvino/op/reshape.hpp>

namespace vsmlrt::openvino {
namespace {

bool has_known_channels(const Output &output) {
    return is_one_picture(output) && output.get_partial_shape()[1].is_static();
}

// A constant that is one number, or one for each channel: of a shape that is the channels at axis 1 and
// else 1.
std::vector<float> per_channel(const Output &value, std::int64_t channels, bool slopes = false) {
    const auto constant = float_constant(value);
    if (!constant)
        return {};
    auto values = constant->cast_vector<float>();
    if (values.size() == 1)
        return std::vector<float>(static_cast<std::size_t>(channels), values[0]);
    const ov::Shape &shape = constant->get_shape();
    // Of PReLU a list of slopes belongs to the channels.
    const bool a_list = slopes && shape.size() == 1;
    const bool in_place = shape.size() >= 3 && shape.size() <= 4 &&
                          shape[shape.size() - 3] == static_cast<std::size_t>(channels);
    if (values.size() != static_cast<std::size_t>(channels) || (!a_list && !in_place))
        return {};
    return values;
}

// What both kinds of convolutions have in common; nothing where the node is neither.
template <typename Convolution>
std::optional<ConvolutionLayer> with_weights(Convolution &node) {
    const auto weights = float_constant(node.input_value(1));
    if (!weights || !has_known_channels(node.input_value(0)) || !has_known_channels(node.output(0)))
        return {};
    const ov::Shape shape = weights->get_shape();
    const ov::Strides &strides = node.get_strides();
    if (shape[2] != shape[3] || strides[0] != strides[1] || node.get_dilations() != ov::Strides{1, 1} ||
        (node.get_auto_pad() != ov::op::PadType::EXPLICIT && node.get_auto_pad() != ov::op::PadType::NOTSET))
        return {};
    ConvolutionLayer layer;
    layer.form = {static_cast<std::int64_t>(shape[2]), static_cast<std::int64_t>(strides[0])};
    layer.input = node.input_value(0);
    layer.weights = weights->template cast_vector<float>();
    layer.outputs = static_cast<std::int64_t>(shape[0]);
    layer.inputs = static_cast<std::int64_t>(shape[1]);
    layer.pads = {node.get_pads_begin()[0], node.get_pads_begin()[1], node.get_pads_end()[0],
                  node.get_pads_end()[1]};
    return layer;
}

std::optional<ConvolutionLayer> transposed(ov::op::v1::ConvolutionBackpropData &node) {
    auto layer = with_weights(node);
    if (!layer || node.get_input_size() != 2 || node.get_output_padding() != ov::CoordinateDiff{0, 0})
        return {};
    layer->form.transposed = true;
    // Its weights have the inputs first.
    std::swap(layer->inputs, layer->outputs);
    const std::int64_t taps = layer->form.side * layer->form.side;
    const std::vector<float> weights = layer->weights;
    auto to = layer->weights.begin();
    for (std::int64_t o = 0; o < layer->outputs; ++o)
        for (std::int64_t i = 0; i < layer->inputs; ++i, to += taps)
            std::copy_n(weights.begin() + (i * layer->outputs + o) * taps, taps, to);
    return layer;
}

std::optional<ConvolutionLayer> bare(const NodePtr &node) {
    std::optional<ConvolutionLayer> layer;
    if (const auto convolution = ov::as_type_ptr<ov::op::v1::Convolution>(node))
        layer = with_weights(*convolution);
    else if (const auto backwards = ov::as_type_ptr<ov::op::v1::ConvolutionBackpropData>(node))
        layer = transposed(*backwards);
    if (layer) {
        layer->bias.assign(static_cast<std::size_t>(layer->outputs), 0.F);
        layer->result = node->output(0);
    }
    return layer;
}

void scale(ConvolutionLayer &layer, const std::vector<float> &by) {
    const auto filter = layer.weights.size() / static_cast<std::size_t>(layer.outputs);
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
        layer.weights[i] *= by[i / filter];
    for (std::size_t i = 0; i < layer.bias.size(); ++i)
        layer.bias[i] *= by[i];
}

bool take_sum(ConvolutionLayer &layer, const Output &other) {
    if (const auto bias = per_channel(other, layer.outputs); !bias.empty()) {
        if (!layer.slopes.empty())
            return false;
        for (std::size_t i = 0; i < bias.size(); ++i)
            layer.bias[i] += bias[i];
        return true;
    }
    auto &added = layer.slopes.empty() && !layer.added_before ? layer.added_before : layer.added_after;
    if (added || ov::is_type<ov::op::v0::Constant>(other.get_node()) || !has_known_channels(other) ||
        other.get_partial_shape() != layer.result.get_partial_shape() ||
        !other.get_partial_shape().is_static())
        return false;
    added = other;
    return true;
}

// Whether the layer takes the operator that alone reads its result; then the operator's is its result.
bool take(ConvolutionLayer &layer, const NodePtr &node) {
    if (ov::is_type<ov::op::v1::Add>(node))
        return take_sum(layer, other_input(*node, layer.result));
    const bool linear = layer.slopes.empty() && !layer.added_before && !layer.added_after;
    if (ov::is_type<ov::op::v1::Multiply>(node)) {
        const auto by = per_channel(other_input(*node, layer.result), layer.outputs);
        if (by.empty() || !linear)
            return false;
        scale(layer, by);
        return true;
    }
    if (!layer.slopes.empty() || layer.added_after)
        return false;
    if (ov::is_type<ov::op::v0::Relu>(node))
        layer.slopes.assign(static_cast<std::size_t>(layer.outputs), 0.F);
    else if (ov::is_type<ov::op::v0::PRelu>(node) && node->input_value(0) == layer.result)
        layer.slopes = per_channel(node->input_value(1), layer.outputs, true);
    return !layer.slopes.empty();
}

template <typename Operator>
std::shared_ptr<Operator> only_reader_as(const NodePtr &node) {
    return node ? ov::as_type_ptr<Operator>(only_reader(node->output(0))) : nullptr;
}

// What a picture that is repeated over blocks looks like after add_before_shuffle: reshaped to [1, colors, 1,
// pixels].
std::optional<Output> repeated(const Output &value, const ov::PartialShape &blocks) {
    const auto reshape = ov::as_type_ptr<ov::op::v1::Reshape>(value.get_node_shared_ptr());
    if (!reshape || !has_known_channels(reshape->input_value(0)) ||
        reshape->get_output_partial_shape(0) != ov::PartialShape{1, blocks[1], 1, blocks[3]})
        return {};
    return reshape->input_value(0);
}

// Through the Clamp without limits that compute_blocks_of_pixels puts there.
NodePtr behind_open_clamp(const NodePtr &node) {
    const auto clamp = ov::as_type_ptr<ov::op::v0::Clamp>(only_reader(node->output(0)));
    return clamp && std::isinf(clamp->get_min()) && std::isinf(clamp->get_max()) ? clamp : node;
}

// Takes the shuffle that makes a picture of the layer's result, and what add_before_shuffle put before it.
void take_shuffle(ConvolutionLayer &layer) {
    using ov::op::v1::Add;
    using ov::op::v1::Reshape;
    if (layer.form.transposed || layer.added_after || layer.result.get_partial_shape().is_dynamic())
        return;
    NodePtr before = layer.result.get_node_shared_ptr();
    std::optional<Output> base;
    if (const auto blocks = only_reader_as<Reshape>(before)) {
        const auto sum = only_reader_as<Add>(blocks);
        if (!sum)
            return;
        base = repeated(other_input(*sum, blocks->output(0)), blocks->get_output_partial_shape(0));
        before = only_reader_as<Reshape>(sum);
        if (!base || !before || before->get_output_partial_shape(0) != layer.result.get_partial_shape())
            return;
    }
    if (!base)
        before = behind_open_clamp(before);
    const auto shuffle = only_reader_as<ov::op::v0::DepthToSpace>(before);
    if (!shuffle || shuffle->get_mode() != ov::op::v0::DepthToSpace::DepthToSpaceMode::DEPTH_FIRST ||
        shuffle->get_output_element_type(0) != ov::element::f32)
        return;
    layer.shuffle = static_cast<std::int64_t>(shuffle->get_block_size());
    layer.added_after = base;
    layer.result = shuffle->output(0);
}

std::optional<ConvolutionLayer> layer_at(const NodePtr &node, const cpu::ConvolutionMethod &method) {
    auto layer = bare(node);
    if (!layer || !method.takes(layer->desc()))
        return {};
    for (;;) {
        const NodePtr reader = only_reader(layer->result);
        if (!reader ||
            !has_known_channels(reader->get_output_size() == 1 ? reader->output(0) : layer->result) ||
            !take(*layer, reader)) {
            take_shuffle(*layer);
            return layer;
        }
        layer->result = reader->output(0);
    }
}

} // namespace

std::vector<ConvolutionLayer> find_convolution_layers(const ov::Model &model,
                                                      const cpu::ConvolutionMethod &method) {
    std::vector<ConvolutionLayer> layers;
    for (const NodePtr &node : model.get_ordered_ops())
        if (auto layer = layer_at(node, method))
            layers.push_back(std::move(*layer));
    return layers;
}

} // namespace vsmlrt::openvino
