// 3x3 convolutions and what follows them, gathered into chains that our own kernels compute.
#include "backends/openvino/rewrite_convolutions.h"

#include "backends/openvino/convolution_chain.h"

#include <algorithm>
#include <map>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/depth_to_space.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/prelu.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/relu.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/transpose.hpp>
#include <optional>
#include <set>

namespace vsmlrt::openvino {
namespace {

using ov::op::v0::Constant;
using Node = std::shared_ptr<ov::Node>;
using Value = ov::Output<ov::Node>;

// A convolution and the operators that it takes with it; the last of them makes its result.
struct Layer {
    Value input;
    std::vector<float> weights;
    std::vector<float> bias;
    std::vector<float> slopes;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    cpu::Pads pads = {};
    std::optional<Value> added_before;
    std::optional<Value> added_after;
    std::int64_t shuffle = 0; // see cpu::ConvolutionStepDesc
    Value result;

    [[nodiscard]] std::vector<Value> sources() const {
        std::vector<Value> all = {input};
        for (const auto &added : {added_before, added_after})
            if (added)
                all.push_back(*added);
        return all;
    }
    [[nodiscard]] cpu::ConvolutionDesc desc() const { return {inputs, outputs, pads, weights, bias, slopes}; }
};

bool has_fixed_channels(const Value &value) {
    const ov::PartialShape &shape = value.get_partial_shape();
    return shape.rank().is_static() && shape.size() == 4 && shape[0] == 1 && shape[1].is_static() &&
           value.get_element_type() == ov::element::f32;
}

// A constant that is one number, or one for each channel: of a shape that is the channels at axis 1 and
// else 1.
std::vector<float> per_channel(const Value &value, std::int64_t channels, bool slopes = false) {
    const auto constant = ov::as_type_ptr<Constant>(value.get_node_shared_ptr());
    if (!constant || constant->get_element_type() != ov::element::f32)
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

std::optional<Layer> bare(ov::op::v1::Convolution &node) {
    const auto weights = ov::as_type_ptr<Constant>(node.get_input_node_shared_ptr(1));
    if (!weights || weights->get_element_type() != ov::element::f32 ||
        !has_fixed_channels(node.input_value(0)) || !has_fixed_channels(node.output(0)))
        return {};
    const ov::Shape shape = weights->get_shape();
    const auto &begin = node.get_pads_begin();
    const auto &end = node.get_pads_end();
    const auto few = [](const ov::CoordinateDiff &pads) {
        return std::all_of(pads.begin(), pads.end(), [](auto pad) { return pad >= 0 && pad <= 2; });
    };
    const ov::Strides ones = {1, 1};
    if (shape[2] != 3 || shape[3] != 3 || node.get_strides() != ones || node.get_dilations() != ones ||
        (node.get_auto_pad() != ov::op::PadType::EXPLICIT &&
         node.get_auto_pad() != ov::op::PadType::NOTSET) ||
        !few(begin) || !few(end))
        return {};
    Layer layer;
    layer.input = node.input_value(0);
    layer.weights = weights->cast_vector<float>();
    layer.outputs = static_cast<std::int64_t>(shape[0]);
    layer.inputs = static_cast<std::int64_t>(shape[1]);
    layer.bias.assign(shape[0], 0.F);
    layer.pads = {begin[0], begin[1], end[0], end[1]};
    return layer;
}

void scale(Layer &layer, const std::vector<float> &by) {
    const auto filter = static_cast<std::size_t>(layer.inputs) * 9;
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
        layer.weights[i] *= by[i / filter];
    for (std::size_t i = 0; i < layer.bias.size(); ++i)
        layer.bias[i] *= by[i];
}

bool take_sum(Layer &layer, const Value &other) {
    if (const auto bias = per_channel(other, layer.outputs); !bias.empty()) {
        if (!layer.slopes.empty())
            return false;
        for (std::size_t i = 0; i < bias.size(); ++i)
            layer.bias[i] += bias[i];
        return true;
    }
    auto &added = layer.slopes.empty() && !layer.added_before ? layer.added_before : layer.added_after;
    if (added || ov::is_type<Constant>(other.get_node()) || !has_fixed_channels(other) ||
        other.get_partial_shape() != layer.result.get_partial_shape() ||
        !other.get_partial_shape().is_static())
        return false;
    added = other;
    return true;
}

// Whether the layer takes the operator that alone reads its result; then the operator's is its result.
bool take(Layer &layer, const Node &node) {
    const auto other = [&] { return node->input_value(node->input_value(0) == layer.result ? 1 : 0); };
    if (ov::is_type<ov::op::v1::Add>(node))
        return take_sum(layer, other());
    const bool linear = layer.slopes.empty() && !layer.added_before && !layer.added_after;
    if (ov::is_type<ov::op::v1::Multiply>(node)) {
        const auto by = per_channel(other(), layer.outputs);
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

Node only_reader(const Value &value) {
    const auto readers = value.get_target_inputs();
    return readers.size() == 1 ? readers.begin()->get_node()->shared_from_this() : nullptr;
}

template <typename Operator>
std::shared_ptr<Operator> only_reader(const Node &node) {
    return node ? ov::as_type_ptr<Operator>(only_reader(node->output(0))) : nullptr;
}

// What a picture that is repeated over blocks looks like after add_before_shuffle: reshaped to [1, colors, 1,
// pixels].
std::optional<Value> repeated(const Value &value, const ov::PartialShape &blocks) {
    const auto reshape = ov::as_type_ptr<ov::op::v1::Reshape>(value.get_node_shared_ptr());
    if (!reshape || !has_fixed_channels(reshape->input_value(0)) ||
        reshape->get_output_partial_shape(0) != ov::PartialShape{1, blocks[1], 1, blocks[3]})
        return {};
    return reshape->input_value(0);
}

// Takes the shuffle that makes a picture of the layer's result, and what add_before_shuffle put before it.
void take_shuffle(Layer &layer) {
    using ov::op::v1::Add;
    using ov::op::v1::Reshape;
    if (layer.added_after || layer.result.get_partial_shape().is_dynamic())
        return;
    Node before = layer.result.get_node_shared_ptr();
    std::optional<Value> base;
    if (const auto blocks = only_reader<Reshape>(before)) {
        const auto sum = only_reader<Add>(blocks);
        if (!sum)
            return;
        const Value other = sum->input_value(sum->input_value(0) == blocks->output(0) ? 1 : 0);
        base = repeated(other, blocks->get_output_partial_shape(0));
        before = only_reader<Reshape>(sum);
        if (!base || !before || before->get_output_partial_shape(0) != layer.result.get_partial_shape())
            return;
    }
    const auto shuffle = only_reader<ov::op::v0::DepthToSpace>(before);
    if (!shuffle || shuffle->get_mode() != ov::op::v0::DepthToSpace::DepthToSpaceMode::DEPTH_FIRST ||
        shuffle->get_output_element_type(0) != ov::element::f32)
        return;
    layer.shuffle = static_cast<std::int64_t>(shuffle->get_block_size());
    layer.added_after = base;
    layer.result = shuffle->output(0);
}

std::optional<Layer> layer_at(const Node &node) {
    const auto convolution = ov::as_type_ptr<ov::op::v1::Convolution>(node);
    auto layer = convolution ? bare(*convolution) : std::nullopt;
    if (!layer)
        return {};
    layer->result = node->output(0);
    for (;;) {
        const Node reader = only_reader(layer->result);
        if (!reader ||
            !has_fixed_channels(reader->get_output_size() == 1 ? reader->output(0) : layer->result) ||
            !take(*layer, reader)) {
            take_shuffle(*layer);
            return layer;
        }
        layer->result = reader->output(0);
    }
}

// Layers in chains. A layer joins the chain of one of its sources unless another of them depends on that
// chain by a way around it: a chain is computed in one piece.
class Chains {
public:
    explicit Chains(const ov::Model &model) {
        std::map<Value, std::size_t> chain_of;
        std::map<const ov::Node *, std::set<std::size_t>> before; // chains that a node outside of them reads
        std::map<const ov::Node *, Layer> ends = find(model);
        for (const Node &node : model.get_ordered_ops()) {
            const auto end = ends.find(node.get());
            if (end == ends.end()) {
                auto &all = before[node.get()];
                for (const Value &source : node->input_values())
                    all.merge(chains_at(source, chain_of, before));
                continue;
            }
            const std::size_t chain = join(end->second, chain_of, before);
            // A picture is not what a chain goes on with.
            if (end->second.shuffle > 0)
                before[node.get()] = {chain};
            else
                chain_of[end->second.result] = chain;
            layers_[chain].push_back(std::move(end->second));
        }
    }

    [[nodiscard]] const std::vector<std::vector<Layer>> &layers() const { return layers_; }

private:
    using ChainOf = std::map<Value, std::size_t>;
    using Before = std::map<const ov::Node *, std::set<std::size_t>>;

    // By the last node of each.
    static std::map<const ov::Node *, Layer> find(const ov::Model &model) {
        std::map<const ov::Node *, Layer> ends;
        for (const Node &node : model.get_ordered_ops())
            if (auto layer = layer_at(node))
                ends.emplace(layer->result.get_node(), std::move(*layer));
        return ends;
    }

    static std::set<std::size_t> chains_at(const Value &value, const ChainOf &chain_of,
                                           const Before &before) {
        if (const auto chain = chain_of.find(value); chain != chain_of.end())
            return {chain->second};
        const auto found = before.find(value.get_node());
        return found == before.end() ? std::set<std::size_t>{} : found->second;
    }

    [[nodiscard]] bool depends(std::size_t chain, std::size_t on) const {
        std::vector<std::size_t> open = {chain};
        std::set<std::size_t> seen;
        while (!open.empty()) {
            const std::size_t at = open.back();
            open.pop_back();
            if (at == on)
                return true;
            if (seen.insert(at).second)
                open.insert(open.end(), needs_[at].begin(), needs_[at].end());
        }
        return false;
    }

    std::size_t join(const Layer &layer, const ChainOf &chain_of, const Before &before) {
        const auto sources = layer.sources();
        std::size_t joined = layers_.size();
        for (const Value &source : sources) {
            const auto candidate = chain_of.find(source);
            if (candidate == chain_of.end())
                continue;
            const bool around = std::any_of(sources.begin(), sources.end(), [&](const Value &other) {
                const auto own = chain_of.find(other);
                if (own != chain_of.end() && own->second == candidate->second)
                    return false;
                const auto reached = chains_at(other, chain_of, before);
                return std::any_of(reached.begin(), reached.end(),
                                   [&](std::size_t chain) { return depends(chain, candidate->second); });
            });
            if (!around) {
                joined = candidate->second;
                break;
            }
        }
        if (joined == layers_.size()) {
            layers_.emplace_back();
            needs_.emplace_back();
        }
        for (const Value &source : sources)
            for (const std::size_t chain : chains_at(source, chain_of, before))
                if (chain != joined)
                    needs_[joined].insert(chain);
        return joined;
    }

    std::vector<std::vector<Layer>> layers_;
    std::vector<std::set<std::size_t>> needs_;
};

// One chain as it will stand in the graph.
struct Piece {
    cpu::ConvolutionChainDesc desc;
    ov::OutputVector inputs;
    ov::OutputVector outputs;
};

Piece piece(const std::vector<Layer> &layers) {
    Piece made;
    std::map<Value, std::int64_t> inputs;
    std::map<Value, std::int64_t> results;
    for (const Layer &layer : layers)
        if (layer.shuffle == 0)
            results[layer.result] = 0;
    for (const Layer &layer : layers)
        for (const Value &source : layer.sources())
            if (!results.contains(source) && inputs.emplace(source, made.inputs.size()).second) {
                made.inputs.push_back(source);
                made.desc.inputs.push_back(source.get_partial_shape()[1].get_length());
            }
    std::map<Value, std::int64_t> readers; // inside, of each value
    auto next = static_cast<std::int64_t>(made.inputs.size());
    for (const Layer &layer : layers) {
        const auto number = [&](const std::optional<Value> &value) -> std::int64_t {
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
    for (const Layer &layer : layers)
        if (layer.shuffle > 0 ||
            static_cast<std::int64_t>(layer.result.get_target_inputs().size()) > readers[layer.result]) {
            made.outputs.push_back(layer.result);
            made.desc.outputs.push_back(results[layer.result]);
        }
    return made;
}

// Cycles a pixel of the result, measured on Zen 4: what a layer of ours saves beside OpenVINO's.
double saved(const cpu::ConvolutionStepDesc &step, const ov::PartialShape &result, cpu::Storage storage) {
    const double direct = storage == cpu::Storage::bf16 ? 9 / (32 * 0.9) : 9 / (16 * 0.94);
    const auto inputs = static_cast<double>(step.layer.inputs);
    const auto outputs = static_cast<double>(step.layer.outputs);
    double cycles = 2.25 / 16 * inputs * outputs + 2 * inputs + 1.5 * outputs;
    if (!cpu::keeps_transformed(step.layer) && result.is_static()) {
        const auto pixels = static_cast<double>(result[2].get_length() * result[3].get_length());
        cycles += 7 * inputs * outputs * (2 / pixels + 1 / (192.0 * 16));
    }
    return direct * inputs * outputs - cycles;
}

bool is_worth_it(const Piece &piece, const std::vector<Layer> &layers, cpu::Storage storage) {
    double gain = 0;
    for (std::size_t i = 0; i < layers.size(); ++i)
        gain += saved(piece.desc.steps[i], layers[i].result.get_partial_shape(), storage);
    // Bringing what goes in and out into the chain's layout: OpenVINO copies bf16 that comes out, and of
    // sizes that are not fixed it does the transpositions.
    const bool fixed = layers.front().input.get_partial_shape().is_static();
    const double in = fixed ? 1 : 30;
    const double fixed_out = storage == cpu::Storage::bf16 ? 2.5 : 1;
    const double out = fixed ? fixed_out : 30;
    double boundary = 0;
    for (const Value &input : piece.inputs)
        boundary += in * static_cast<double>(input.get_partial_shape()[1].get_length());
    for (const Layer &layer : layers)
        if (layer.shuffle == 0 &&
            std::find(piece.outputs.begin(), piece.outputs.end(), layer.result) != piece.outputs.end())
            boundary += out * static_cast<double>(layer.outputs);
    return gain > boundary;
}

// The graph's values that chains have taken over, in the layout of the chains.
using Known = std::map<Value, Value>;

const std::vector<std::int64_t> to_nhwc = {0, 2, 3, 1};
const std::vector<std::int64_t> to_nchw = {0, 3, 1, 2};

Value transposed(const Value &value, const std::vector<std::int64_t> &order) {
    return std::make_shared<ov::op::v1::Transpose>(value,
                                                   Constant::create(ov::element::i64, ov::Shape{4}, order));
}

Value converted(const Value &value, const ov::element::Type &type) {
    return value.get_element_type() == type ? value : std::make_shared<ov::op::v0::Convert>(value, type);
}

// The axes of an operator that names them, where they lie in NHWC; empty unless they are height and width.
std::vector<std::int64_t> moved_axes(const Value &axes) {
    const auto constant = ov::as_type_ptr<Constant>(axes.get_node_shared_ptr());
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

bool is_one_pixel(const Value &value) {
    const ov::PartialShape &shape = value.get_partial_shape();
    return shape.rank().is_static() && shape.size() == 4 && shape.is_static() && shape[2] == 1 &&
           shape[3] == 1;
}

// The same operator on the value in NHWC, in which `value` is its input 0; null where there is none.
Node in_nhwc(const Node &node, const Value &value, const Value &nhwc) {
    const auto list = [](const std::vector<std::int64_t> &values) {
        return Constant::create(ov::element::i64, ov::Shape{values.size()}, values);
    };
    if (const auto slice = ov::as_type_ptr<ov::op::v8::Slice>(node); slice && slice->get_input_size() == 5) {
        const auto axes = moved_axes(slice->input_value(4));
        return axes.empty()
                   ? nullptr
                   : std::make_shared<ov::op::v8::Slice>(nhwc, slice->input_value(1), slice->input_value(2),
                                                         slice->input_value(3), list(axes));
    }
    if (const auto mean = ov::as_type_ptr<ov::op::v1::ReduceMean>(node); mean && mean->get_keep_dims()) {
        const auto axes = moved_axes(mean->input_value(1));
        return axes.empty() ? nullptr : std::make_shared<ov::op::v1::ReduceMean>(nhwc, list(axes), true);
    }
    if (ov::is_type<ov::op::v1::Multiply>(node)) {
        const Value other = node->input_value(node->input_value(0) == value ? 1 : 0);
        if (is_one_pixel(other))
            return std::make_shared<ov::op::v1::Multiply>(nhwc, transposed(other, to_nhwc));
    }
    return nullptr;
}

// Gives the readers of `value` the same in NHWC: as it is to those that can take it so, and to the others
// transposed. OpenVINO's convolutions hold it so, and leave out a transposition before them; but done it is
// slow.
void hand_over(const Value &value, const Value &nhwc, Known &known) {
    known[value] = nhwc;
    std::vector<ov::Input<ov::Node>> others;
    for (const ov::Input<ov::Node> &reader : value.get_target_inputs()) {
        const Node node = reader.get_node()->shared_from_this();
        if (const Node same = in_nhwc(node, value, nhwc)) {
            same->set_friendly_name(node->get_friendly_name());
            hand_over(node->output(0), same->output(0), known);
        } else {
            others.push_back(reader);
        }
    }
    if (others.empty())
        return;
    const Value back = transposed(nhwc, to_nchw);
    for (ov::Input<ov::Node> &reader : others)
        reader.replace_source_output(back);
}

void replace(const Piece &piece, const std::shared_ptr<const cpu::ConvolutionChain> &chain,
             const std::shared_ptr<Workspaces> &workspaces, Known &known) {
    const ov::element::Type type = ConvolutionChain::type_of(*chain);
    ov::OutputVector inputs;
    for (const Value &input : piece.inputs) {
        const auto found = known.find(input);
        const Value nhwc = found != known.end() ? found->second : transposed(input, to_nhwc);
        // Pictures keep what bf16 would round away.
        inputs.push_back(input.get_partial_shape()[1].get_length() <= 4 ? nhwc : converted(nhwc, type));
    }
    const auto node = std::make_shared<ConvolutionChain>(inputs, chain, workspaces);
    node->set_friendly_name(piece.outputs.front().get_node()->get_friendly_name());
    for (std::size_t i = 0; i < piece.outputs.size(); ++i) {
        Value old = piece.outputs[i];
        if (chain->shuffle(piece.desc.outputs[i]) > 0)
            old.replace(node->output(i));
        else
            hand_over(old, converted(node->output(i), ov::element::f32), known);
    }
}

} // namespace

bool compute_convolutions(const ov::Model &model, const cpu::Kernels &kernels, cpu::Storage storage,
                          const std::shared_ptr<Workspaces> &workspaces) {
    bool any = false;
    Known known;
    const Chains chains(model);
    for (const auto &layers : chains.layers()) {
        const Piece made = piece(layers);
        if (made.outputs.empty() || !is_worth_it(made, layers, storage))
            continue;
        replace(made, std::make_shared<const cpu::ConvolutionChain>(made.desc, kernels, storage), workspaces,
                known);
        any = true;
    }
    return any;
}

} // namespace vsmlrt::openvino
