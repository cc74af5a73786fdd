// Chains hold pictures as height, width, channel, and the graph around them as channel, height, width. What
// can take the chains' layout gets it: every transposition that is left out is a pass over memory less.
#include "backends/openvino/chain_placement.h"

#include "backends/openvino/convolution_chain.h"

#include <algorithm>
#include <openvino/op/convert.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/transpose.hpp>

namespace vsmlrt::openvino {
namespace {

const std::vector<std::int64_t> to_nhwc = {0, 2, 3, 1};
const std::vector<std::int64_t> to_nchw = {0, 3, 1, 2};

Output transposed(const Output &value, const std::vector<std::int64_t> &order) {
    return std::make_shared<ov::op::v1::Transpose>(value, integers(order));
}

Output converted(const Output &value, const ov::element::Type &type) {
    return value.get_element_type() == type ? value : std::make_shared<ov::op::v0::Convert>(value, type);
}

// The axes of an operator that names them, where they lie in NHWC; empty unless they are height and width.
std::vector<std::int64_t> moved_axes(const Output &axes) {
    const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(axes.get_node_shared_ptr());
    if (!constant)
        return {};
    auto moved = constant->cast_vector<std::int64_t>();
    for (std::int64_t &axis : moved) {
        axis = axis < 0 ? axis + 4 : axis;
        if (axis != 2 && axis != 3)
            return {};
        --axis;
    }
    return moved;
}

bool is_one_pixel(const Output &value) {
    const ov::PartialShape &shape = value.get_partial_shape();
    return shape.rank().is_static() && shape.size() == 4 && shape.is_static() && shape[2] == 1 &&
           shape[3] == 1;
}

// Of a value that is cut out of another one by known rows and columns: what of it, and the other one in place
// of it.
std::optional<ConvolutionChain::Crop> take_crop(Output &nhwc) {
    const auto slice = ov::as_type_ptr<ov::op::v8::Slice>(nhwc.get_node_shared_ptr());
    if (!slice || slice->get_input_size() != 5 || slice->get_input_partial_shape(0).is_dynamic() ||
        slice->get_output_partial_shape(0).is_dynamic())
        return {};
    const auto constant = [&](std::size_t input) {
        const auto found = ov::as_type_ptr<ov::op::v0::Constant>(slice->get_input_node_shared_ptr(input));
        return found ? found->cast_vector<std::int64_t>() : std::vector<std::int64_t>();
    };
    const auto begins = constant(1);
    const auto steps = constant(3);
    const auto axes = constant(4);
    if (begins.size() != axes.size() || steps.size() != axes.size() || axes.empty())
        return {};
    const ov::Shape whole = slice->get_input_shape(0);
    const ov::Shape part = slice->get_output_shape(0);
    ConvolutionChain::Crop crop;
    crop.extent = {static_cast<std::int64_t>(part[1]), static_cast<std::int64_t>(part[2])};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (steps[i] != 1 || axes[i] < 1 || axes[i] > 2)
            return {};
        const auto length = static_cast<std::int64_t>(whole[static_cast<std::size_t>(axes[i])]);
        const std::int64_t begin = begins[i] < 0 ? begins[i] + length : begins[i];
        (axes[i] == 1 ? crop.top : crop.left) = std::clamp<std::int64_t>(begin, 0, length);
    }
    nhwc = slice->input_value(0);
    return crop;
}

// Of a value that is another one times a number for each channel: those numbers, and the other one in place
// of it.
std::optional<Output> take_gate(Output &nhwc) {
    const auto product = ov::as_type_ptr<ov::op::v1::Multiply>(nhwc.get_node_shared_ptr());
    if (!product)
        return {};
    const ov::PartialShape &shape = product->get_output_partial_shape(0);
    const Output gate = product->input_value(1);
    if (shape.rank() != 4 || product->get_input_partial_shape(0) != shape || shape[3].is_dynamic() ||
        gate.get_partial_shape() != ov::PartialShape{1, 1, 1, shape[3]})
        return {};
    nhwc = product->input_value(0);
    return converted(gate, ov::element::f32);
}

// The same operator on the value in NHWC, in which `value` is its input 0; null where there is none.
NodePtr in_nhwc(const NodePtr &node, const Output &value, const Output &nhwc) {
    if (const auto slice = ov::as_type_ptr<ov::op::v8::Slice>(node); slice && slice->get_input_size() == 5) {
        const auto axes = moved_axes(slice->input_value(4));
        return axes.empty()
                   ? nullptr
                   : std::make_shared<ov::op::v8::Slice>(nhwc, slice->input_value(1), slice->input_value(2),
                                                         slice->input_value(3), integers(axes));
    }
    if (const auto mean = ov::as_type_ptr<ov::op::v1::ReduceMean>(node); mean && mean->get_keep_dims()) {
        const auto axes = moved_axes(mean->input_value(1));
        return axes.empty() ? nullptr : std::make_shared<ov::op::v1::ReduceMean>(nhwc, integers(axes), true);
    }
    if (ov::is_type<ov::op::v1::Multiply>(node)) {
        const Output other = other_input(*node, value);
        if (is_one_pixel(other))
            return std::make_shared<ov::op::v1::Multiply>(
                nhwc, converted(transposed(other, to_nhwc), nhwc.get_element_type()));
    }
    return nullptr;
}

// Gives the readers of `mean` what a chain gives in place of it.
void hand_over_mean(const Output &mean, const Output &nhwc, NhwcValues &known) {
    known[mean] = nhwc;
    const Output back = transposed(nhwc, to_nchw);
    for (ov::Input<ov::Node> reader : mean.get_target_inputs())
        reader.replace_source_output(back);
}

// Gives the readers of `value` the same in NHWC: as it is to those that can take it so, and to the others
// transposed and in fp32. OpenVINO's convolutions hold it so, and leave out a transposition before them; but
// done it is slow.
void hand_over(const Output &value, const Output &nhwc, NhwcValues &known) {
    known[value] = nhwc;
    std::vector<ov::Input<ov::Node>> others;
    for (const ov::Input<ov::Node> &reader : value.get_target_inputs()) {
        const NodePtr node = reader.get_node()->shared_from_this();
        if (known.contains(node->output(0)))
            continue; // a mean that the chain gives
        if (const NodePtr same = in_nhwc(node, value, nhwc)) {
            same->set_friendly_name(node->get_friendly_name());
            hand_over(node->output(0), same->output(0), known);
        } else {
            others.push_back(reader);
        }
    }
    if (others.empty())
        return;
    const Output back = transposed(converted(nhwc, ov::element::f32), to_nchw);
    for (ov::Input<ov::Node> &reader : others)
        reader.replace_source_output(back);
}

} // namespace

void place_chain(const PlannedChain &chain, const std::shared_ptr<const cpu::ConvolutionChain> &computed,
                 const std::shared_ptr<Workspaces> &workspaces, NhwcValues &known) {
    const ov::element::Type type = ConvolutionChain::type_of(*computed);
    ov::OutputVector inputs;
    ov::OutputVector gates;
    std::vector<ConvolutionChain::Read> reads;
    for (const Output &input : chain.inputs) {
        const auto found = known.find(input);
        Output nhwc = found != known.end() ? found->second : transposed(input, to_nhwc);
        reads.push_back({take_crop(nhwc), {}});
        if (const auto gate = computed->has_gates() ? take_gate(nhwc) : std::nullopt) {
            reads.back().gate = chain.inputs.size() + gates.size();
            gates.push_back(*gate);
        }
        const std::int64_t channels = input.get_partial_shape()[1].get_length();
        inputs.push_back(ConvolutionChain::is_picture(channels) ? nhwc : converted(nhwc, type));
    }
    inputs.insert(inputs.end(), gates.begin(), gates.end());
    const auto node = std::make_shared<ConvolutionChain>(inputs, reads, computed, workspaces);
    node->set_friendly_name(chain.outputs.front().get_node()->get_friendly_name());
    for (std::size_t i = 0; i < chain.means.size(); ++i)
        hand_over_mean(chain.means[i], node->output(chain.outputs.size() + i), known);
    for (std::size_t i = 0; i < chain.outputs.size(); ++i) {
        Output old = chain.outputs[i];
        if (computed->shuffle(chain.desc.outputs[i]) > 0)
            old.replace(node->output(i));
        else
            hand_over(old, node->output(i), known);
    }
}

} // namespace vsmlrt::openvino
