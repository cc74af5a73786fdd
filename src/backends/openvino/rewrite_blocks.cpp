// OpenVINO computes 16 channels of a result at a time: layers with few channels leave
// most of each vector empty, and a block of pixels as so many more channels fills it.
#include "backends/openvino/graph_nodes.h"
#include "backends/openvino/rewrite.h"

#include <array>
#include <limits>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/depth_to_space.hpp>
#include <openvino/op/slice.hpp>
#include <optional>

namespace vsmlrt::openvino {
namespace {

using ov::op::v0::Constant;
using Integer = std::int64_t;
using Pair = std::array<Integer, 2>; // height, width

constexpr Integer vertical = 0;
constexpr Integer horizontal = 1;
// Channels of a result are computed so many at a time; a layer with fewer costs the same.
constexpr Integer lanes = 16;

Integer whole_lanes(Integer channels) {
    return (channels + lanes - 1) / lanes * lanes;
}

// The layer in its new form: a convolution that makes block * block times the channels, and what DepthToSpace
// of them has too much at each side.
struct Blocks {
    Integer block;
    Integer channels; // of the result
    Integer inputs;
    Pair kernel;
    std::vector<float> weights; // [channels * block * block, inputs, kernel]
    Pair stride;
    Pair pads_begin = {0, 0};
    Pair pads_end = {0, 0};
    Pair crop_begin = {0, 0};
    Pair crop_end = {0, 0};

    Blocks(Integer block_, Integer channels_, Integer inputs_, Pair kernel_, Pair stride_)
        : block(block_), channels(channels_), inputs(inputs_), kernel(kernel_),
          weights(static_cast<std::size_t>(channels * block * block * inputs * kernel[0] * kernel[1])),
          stride(stride_) {}

    // The weight by which pixel (y, x) of a block takes input channel i at (v, u) of the window.
    float &weight(Integer channel, Pair pixel, Integer i, Pair at) {
        const Integer row = (channel * block + pixel[vertical]) * block + pixel[horizontal];
        return weights[static_cast<std::size_t>(
            ((row * inputs + i) * kernel[vertical] + at[vertical]) * kernel[horizontal] + at[horizontal])];
    }
};

template <typename Visit>
void each(Pair count, Visit visit) {
    for (Integer y = 0; y < count[vertical]; ++y)
        for (Integer x = 0; x < count[horizontal]; ++x)
            visit(Pair{y, x});
}

template <typename Layer>
bool is_plain(const Layer &layer) {
    return layer.get_auto_pad() == ov::op::PadType::EXPLICIT && layer.get_dilations() == ov::Strides{1, 1} &&
           layer.get_output_element_type(0) == ov::element::f32;
}

// Computed for every phase of the stride: pixel s * q + r of the uncropped result is the sum over j of input
// q - j by tap r + s * j.
std::optional<Blocks> blocks_of(const ov::op::v1::ConvolutionBackpropData &layer) {
    const auto weights = float_constant(layer.input_value(1));
    const ov::Strides &strides = layer.get_strides();
    if (!weights || layer.get_input_size() != 2 || !is_plain(layer) || strides.size() != 2 ||
        strides[0] != strides[1] || strides[0] < 2)
        return {};
    const ov::Shape shape = weights->get_shape();
    const auto s = static_cast<Integer>(strides[0]);
    const auto inputs = static_cast<Integer>(shape[0]);
    const auto channels = static_cast<Integer>(shape[1]);
    const Pair taps = {static_cast<Integer>(shape[2]), static_cast<Integer>(shape[3])};
    const Pair kernel = {(taps[0] + s - 1) / s, (taps[1] + s - 1) / s};
    if (2 * kernel[0] * kernel[1] * whole_lanes(channels * s * s) > taps[0] * taps[1] * whole_lanes(channels))
        return {};

    Blocks blocks(s, channels, inputs, kernel, {1, 1});
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const Integer begin = layer.get_pads_begin()[axis];
        const Integer more = layer.get_output_padding().empty() ? 0 : layer.get_output_padding()[axis];
        // What is behind the last tap, before and after the layer's own cropping.
        const Integer behind = kernel[axis] * s - taps[axis] + layer.get_pads_end()[axis] - more;
        if (begin < 0 || behind < 0 || begin >= kernel[axis] * s || behind >= kernel[axis] * s)
            return {};
        blocks.pads_begin[axis] = kernel[axis] - 1 - begin / s;
        blocks.pads_end[axis] = kernel[axis] - 1 - behind / s;
        blocks.crop_begin[axis] = begin % s;
        blocks.crop_end[axis] = behind % s;
    }
    const float *w = weights->get_data_ptr<float>();
    for (Integer i = 0; i < inputs; ++i)
        for (Integer c = 0; c < channels; ++c)
            each(taps, [&](Pair t) {
                blocks.weight(c, {t[0] % s, t[1] % s}, i,
                              {kernel[0] - 1 - t[0] / s, kernel[1] - 1 - t[1] / s}) =
                    w[((i * channels + c) * taps[0] + t[0]) * taps[1] + t[1]];
            });
    return blocks;
}

// Two by two pixels at a stride of two, from a window that holds the windows of all four.
std::optional<Blocks> blocks_of(const ov::op::v1::Convolution &layer) {
    const auto weights = float_constant(layer.input_value(1));
    const ov::PartialShape &result = layer.get_output_partial_shape(0);
    if (!weights || !is_plain(layer) || layer.get_strides() != ov::Strides{1, 1} || result.is_dynamic() ||
        result[2].get_length() % 2 != 0 || result[3].get_length() % 2 != 0)
        return {};
    const ov::Shape shape = weights->get_shape();
    const auto channels = static_cast<Integer>(shape[0]);
    const auto inputs = static_cast<Integer>(shape[1]);
    const Pair taps = {static_cast<Integer>(shape[2]), static_cast<Integer>(shape[3])};
    const Pair kernel = {taps[0] + 1, taps[1] + 1};
    if (2 * kernel[0] * kernel[1] * whole_lanes(channels * 4) > 4 * taps[0] * taps[1] * whole_lanes(channels))
        return {};

    Blocks blocks(2, channels, inputs, kernel, {2, 2});
    for (std::size_t axis = 0; axis < 2; ++axis) {
        blocks.pads_begin[axis] = layer.get_pads_begin()[axis];
        blocks.pads_end[axis] = layer.get_pads_end()[axis];
    }
    const float *w = weights->get_data_ptr<float>();
    for (Integer c = 0; c < channels; ++c)
        for (Integer i = 0; i < inputs; ++i)
            each(taps, [&](Pair t) {
                const float tap = w[((c * inputs + i) * taps[0] + t[0]) * taps[1] + t[1]];
                each({2, 2}, [&](Pair pixel) {
                    blocks.weight(c, pixel, i, {pixel[0] + t[0], pixel[1] + t[1]}) = tap;
                });
            });
    return blocks;
}

// An addition of one constant a channel.
struct Bias {
    NodePtr add;
    std::shared_ptr<Constant> values;
};

// The one that alone takes the layer's result, if there is such.
std::optional<Bias> bias_of(const ov::Node &layer, Integer channels) {
    const auto users = layer.output(0).get_target_inputs();
    if (users.size() != 1)
        return {};
    const auto add = ov::as_type_ptr<ov::op::v1::Add>(users.begin()->get_node()->shared_from_this());
    if (!add)
        return {};
    const auto values = float_constant(add->input_value(1 - users.begin()->get_index()));
    const ov::Shape per_channel = {1, static_cast<std::size_t>(channels), 1, 1};
    if (!values || values->get_shape() != per_channel)
        return {};
    return Bias{add, values};
}

NodePtr repeated(const Constant &constant, Integer times) {
    std::vector<float> values;
    for (const float value : constant.cast_vector<float>())
        values.insert(values.end(), static_cast<std::size_t>(times), value);
    return Constant::create(ov::element::f32, {1, values.size(), 1, 1}, values);
}

NodePtr cropped(const NodePtr &value, Pair begin, Pair end) {
    if (begin == Pair{} && end == Pair{})
        return value;
    const auto pair = [](Integer y, Integer x) {
        return Constant::create(ov::element::i64, {2}, std::vector<Integer>{y, x});
    };
    const auto stop = [](Integer crop) { return crop == 0 ? std::numeric_limits<Integer>::max() : -crop; };
    return std::make_shared<ov::op::v8::Slice>(value, pair(begin[0], begin[1]),
                                               pair(stop(end[0]), stop(end[1])), pair(1, 1), pair(2, 3));
}

void put(const Blocks &blocks, const NodePtr &layer) {
    const auto size = [](Integer value) { return static_cast<std::size_t>(value); };
    const ov::Shape shape = {size(blocks.channels * blocks.block * blocks.block), size(blocks.inputs),
                             size(blocks.kernel[0]), size(blocks.kernel[1])};
    const auto pads = [](Pair pair) { return ov::CoordinateDiff(pair.begin(), pair.end()); };
    NodePtr made = std::make_shared<ov::op::v1::Convolution>(
        layer->input_value(0), Constant::create(ov::element::f32, shape, blocks.weights),
        ov::Strides{size(blocks.stride[0]), size(blocks.stride[1])}, pads(blocks.pads_begin),
        pads(blocks.pads_end), ov::Strides{1, 1});
    NodePtr replaced = layer;
    if (const auto bias = bias_of(*layer, blocks.channels)) {
        made = std::make_shared<ov::op::v1::Add>(made, repeated(*bias->values, blocks.block * blocks.block));
        replaced = bias->add;
    }
    // Computing in bf16, OpenVINO keeps in fp32 what follows the last convolution, and a convolution's result
    // takes the precision of the last operator fused into it: without one, the picture itself would be
    // rounded to 8 bits. What is not finite passes it, so that it is found.
    constexpr double limit = std::numeric_limits<double>::infinity();
    made = std::make_shared<ov::op::v0::Clamp>(made, -limit, limit);
    made = std::make_shared<ov::op::v0::DepthToSpace>(
        made, ov::op::v0::DepthToSpace::DepthToSpaceMode::DEPTH_FIRST, size(blocks.block));
    made = cropped(made, blocks.crop_begin, blocks.crop_end);
    made->set_friendly_name(replaced->get_friendly_name());
    ov::replace_node(replaced, made);
}

} // namespace

void compute_blocks_of_pixels(ov::Model &model) {
    for (const NodePtr &node : model.get_ordered_ops()) {
        std::optional<Blocks> blocks;
        if (const auto transposed = ov::as_type_ptr<ov::op::v1::ConvolutionBackpropData>(node))
            blocks = blocks_of(*transposed);
        else if (const auto convolution = ov::as_type_ptr<ov::op::v1::Convolution>(node))
            blocks = blocks_of(*convolution);
        if (blocks)
            put(*blocks, node);
    }
}

} // namespace vsmlrt::openvino
