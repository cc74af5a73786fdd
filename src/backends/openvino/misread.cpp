// A rule looks at one node and says what OpenVINO gets wrong about it, in the words of the refusal; what is
// right has no rule, so that it stays OpenVINO's and fast.
#include "backends/openvino/misread.h"

#include "backends/openvino/substitute.h"
#include "base/error.h"
#include "base/instruction_sets.h"
#include "graph/lower.h"
#include "graph/storage.h"
#include "model/compositions.h"
#include "model/inner_graphs.h"
#include "model/onnx.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace vsmlrt::openvino {
namespace {

// Each says what is misread of a node, or nothing. Found by the conformance suite's tables of rules against
// ONNX Runtime and onnx.reference, with OpenVINO 2026.4.1.
struct Read {
    const model::Network &network;
    const model::Node &node;
    bool on_cpu;

    // The numbers that operand `index` holds, where the network states them.
    [[nodiscard]] std::optional<std::vector<double>> constant(std::size_t index) const {
        const auto found = index < node.inputs.size() ? network.initializers.find(node.inputs[index])
                                                      : network.initializers.end();
        if (found == network.initializers.end())
            return std::nullopt;
        return graph::widen<double>(graph::view_of(found->second));
    }
};

const char *misread_resize(const Read &read) {
    const model::Node &node = read.node;
    const std::string mode = node.string("mode", "nearest");
    const std::string coordinates = node.string("coordinate_transformation_mode", "half_pixel");
    const std::string nearest = node.string("nearest_mode", "round_prefer_floor");
    const std::vector<std::int64_t> axes = node.integers("axes");
    if (node.integer("antialias", 0) != 0)
        return "antialias";
    if (node.integer("exclude_outside", 0) != 0 && mode == "cubic")
        return "exclude_outside";
    if (node.string("keep_aspect_ratio_policy", "stretch") != "stretch")
        return "keep_aspect_ratio_policy";
    if (coordinates == "half_pixel_symmetric")
        return "half_pixel_symmetric coordinates";
    if (coordinates == "tf_crop_and_resize")
        return "tf_crop_and_resize coordinates";
    // Its positions miss pixel centres by fp32's rounding.
    if (coordinates == "align_corners" && mode == "nearest" && nearest != "round_prefer_ceil")
        return "align_corners coordinates to the nearest pixel";
    if (std::any_of(axes.begin(), axes.end(), [](std::int64_t axis) { return axis < 0; }))
        return "negative axes";
    return nullptr;
}

// Whole factors it reads right.
const char *misread_upsample(const Read &read) {
    if (read.node.string("mode", "nearest") != "nearest")
        return nullptr;
    const auto scales = read.constant(1);
    const auto whole = [](double scale) { return scale == std::floor(scale); };
    return scales && std::all_of(scales->begin(), scales->end(), whole)
               ? nullptr
               : "factors that are not whole numbers";
}

// Of a window's last places when the number of windows is rounded up.
bool rounds_up(const model::Node &node) {
    return node.integer("ceil_mode", 0) != 0;
}

std::int64_t entry(const model::Node &node, const char *attribute, std::size_t index, std::int64_t fallback) {
    const std::vector<std::int64_t> list = node.integers(attribute);
    return index < list.size() ? list[index] : fallback;
}

// It counts windows that begin in the padding behind the picture.
const char *misread_max_pool(const Read &read) {
    const model::Node &node = read.node;
    if (!rounds_up(node))
        return nullptr;
    for (const std::size_t axis : {0U, 1U}) {
        const std::int64_t reach =
            (entry(node, "kernel_shape", axis, 1) - 1) * entry(node, "dilations", axis, 1) + 1;
        if (entry(node, "strides", axis, 1) + entry(node, "pads", axis + 2, 0) > reach)
            return "ceil_mode and windows that begin behind the picture";
    }
    return nullptr;
}

// It divides by what lies beyond the padding, too.
const char *misread_average_pool(const Read &read) {
    const std::vector<std::int64_t> pads = read.node.integers("pads");
    const bool padded = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; });
    return rounds_up(read.node) && padded && read.node.integer("count_include_pad", 0) != 0
               ? "ceil_mode and count_include_pad"
               : nullptr;
}

const char *misread_conv_transpose(const Read &read) {
    return read.node.integers("output_shape").empty() ? nullptr : "output_shape";
}

const char *misread_pad(const Read &read) {
    return read.node.string("mode", "constant") == "wrap" ? "mode wrap" : nullptr;
}

const char *misread_split(const Read &read) {
    return read.node.attributes.contains("num_outputs") && read.node.integer("axis", 0) < 0
               ? "num_outputs and a negative axis"
               : nullptr;
}

// It wants as many numbers as it normalises over.
const char *misread_layer_normalization(const Read &read) {
    const std::int64_t axis = read.node.integer("axis", -1);
    for (const std::size_t operand : {1U, 2U}) {
        if (operand >= read.node.inputs.size())
            break;
        const auto found = read.network.initializers.find(read.node.inputs[operand]);
        if (found == read.network.initializers.end())
            continue;
        const std::vector<std::int64_t> &dims = found->second.dims;
        if ((axis < 0 && static_cast<std::int64_t>(dims.size()) != -axis) ||
            std::find(dims.begin(), dims.end(), 1) != dims.end())
            return "a scale or bias that is broadcast";
    }
    return nullptr;
}

// With nothing to sum over, it leaves out what is done to each element, too.
const char *misread_reduction(const Read &read) {
    const auto axes = read.constant(1);
    const bool none = axes ? axes->empty() : read.node.inputs.size() < 2 || read.node.inputs[1].empty();
    return none && read.node.integer("noop_with_empty_axes", 0) != 0 && read.node.integers("axes").empty()
               ? "noop_with_empty_axes"
               : nullptr;
}

// Its result has an axis more than ONNX's.
const char *misread_fourier(const Read &read) {
    return read.node.integer("onesided", 0) != 0 ? "onesided" : nullptr;
}

// Its code for processors that have no AVX2 is wrong, or is not there (docs/decisions/0021).
const char *misread_without_avx2(const Read &read) {
    return read.on_cpu && !may_use(InstructionSet::avx2) ? "vectors of SSE4.1" : nullptr;
}

struct Rule {
    const char *operator_name;
    const char *(*misread)(const Read &read);
};

constexpr Rule rules[] = {{"Resize", misread_resize},
                          {"Upsample", misread_upsample},
                          {"MaxPool", misread_max_pool},
                          {"AveragePool", misread_average_pool},
                          {"ConvTranspose", misread_conv_transpose},
                          {"DFT", misread_fourier},
                          {"Pad", misread_pad},
                          {"Split", misread_split},
                          {"LayerNormalization", misread_layer_normalization},
                          {"GroupNormalization", misread_without_avx2},
                          {"Softsign", misread_without_avx2},
                          {"ReduceL1", misread_reduction},
                          {"ReduceL2", misread_reduction},
                          {"ReduceLogSum", misread_reduction},
                          {"ReduceLogSumExp", misread_reduction},
                          {"ReduceSumSquare", misread_reduction}};

const char *what_is_misread(const model::Network &network, const model::Node &node, bool on_cpu) {
    if (!node.domain.empty() && node.domain != "ai.onnx")
        return nullptr;
    for (const Rule &rule : rules)
        if (node.op == rule.operator_name)
            return rule.misread({network, node, on_cpu});
    return nullptr;
}

// OpenVINO leaves out in silence what it does not know. What lies outside of the IR is for it to judge.
// Returns whether this project computes the node.
bool check_attributes(const model::Node &node, std::int64_t opset) {
    try {
        graph::check(node, opset);
        return true;
    } catch (const Unsupported &) {
        return false;
    }
}

model::Network read(std::span<const std::byte> onnx) {
    try {
        return model::read_onnx(onnx);
    } catch (const BadModel &) {
        return {}; // OpenVINO says why it cannot read it either
    }
}

// Operators of ours have their place in the network itself. Inside of control flow what is misread is
// refused.
void refuse_misread_inside(const model::Network &network, bool on_cpu) {
    for (const model::InnerGraph &inner : model::inner_graphs(network))
        for (const model::Node &node : inner.graph.nodes) {
            check_attributes(node, inner.graph.opset);
            if (const char *const what = what_is_misread(inner.graph, node, on_cpu))
                throw Unsupported(
                    node.label(), " ", inner.where, ": OpenVINO does not compute ", node.op, " with ", what,
                    " as ONNX states it, and this project computes it by itself only outside of "
                    "control flow");
        }
}

// What OpenVINO has no operator for (DeformConv), may compute wrongly (IsInf of a quotient) or leaves out
// (rounding to 16 bits), and this project writes in operators that it has.
bool is_unknown(const model::Network &network, const model::Node &node) {
    if (node.op != "QuantizeLinear" || node.inputs.size() < 3)
        return node.op == "DeformConv" || node.op == "IsInf";
    const auto zero = network.initializers.find(node.inputs[2]);
    return zero != network.initializers.end() &&
           (zero->second.type == Element::u16 || zero->second.type == Element::i16);
}

NodesByOperator nodes_by_operator(const model::Network &network) {
    NodesByOperator nodes;
    const auto add = [&](const model::Node &node, const std::string &where) {
        nodes.emplace(node.domain.empty() ? node.op : node.domain + "." + node.op, node.label() + where);
    };
    for (const model::Node &node : network.nodes)
        add(node, {});
    for (const model::InnerGraph &inner : model::inner_graphs(network))
        for (const model::Node &node : inner.graph.nodes)
            add(node, " " + inner.where);
    return nodes;
}

} // namespace

std::vector<std::byte> replace_misread(std::span<const std::byte> onnx, const std::string &device,
                                       NodesByOperator *nodes) {
    model::Network network = read(onnx);
    if (nodes)
        *nodes = nodes_by_operator(network);
    const bool on_cpu = device == "CPU";
    refuse_misread_inside(network, on_cpu);
    const auto unknown = [&network](const model::Node &node) { return is_unknown(network, node); };
    bool any = std::any_of(network.nodes.begin(), network.nodes.end(), unknown);
    if (any)
        network = model::compose(network, unknown);
    for (model::Node &node : network.nodes) {
        const bool ours = check_attributes(node, network.opset);
        const char *const what = what_is_misread(network, node, on_cpu);
        if (!what)
            continue;
        if (!ours)
            throw Unsupported(node.label(), ": OpenVINO does not compute ", node.op, " with ", what,
                              " as ONNX states it");
        if (!on_cpu)
            throw Unsupported(node.label(), ": OpenVINO does not compute ", node.op, " with ", what,
                              " as ONNX states it on device ", device, "; its device CPU does");
        node = substitute_node(node, network.opset);
        any = true;
    }
    if (!any)
        return {};
    network.domains[substitute_domain] = 1;
    return model::write_onnx(network);
}

} // namespace vsmlrt::openvino
