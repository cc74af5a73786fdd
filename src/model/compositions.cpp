// These operators have no code in a backend of this project: networks that need one of them still run on each
// device, and what they are made of is fused like anything else. A rule that does not know a node's form
// leaves the node alone, so that whoever compiles the network names it.
#include "model/compositions.h"

#include "model/composer.h"

#include <algorithm>
#include <limits>

namespace vsmlrt::model {
namespace {

constexpr std::int64_t most_axes = 16;

std::string times(Composer &c, const std::string &a, const std::string &b) {
    return c.emit("Mul", {a, b});
}

// A number of the operand's type.
std::string number(Composer &c, float value) {
    return c.real(value, c.type(c.input(0)));
}

bool compose_shrink(Composer &c) {
    const std::string x = c.input(0);
    const float edge = c.node().real("lambd", 0.5f);
    const std::string bias = number(c, c.node().real("bias", 0));
    const std::string above = c.emit("Greater", {x, number(c, edge)});
    const std::string below = c.emit("Less", {x, number(c, -edge)});
    const std::string rest = c.emit("Where", {below, c.emit("Add", {x, bias}), number(c, 0)});
    c.result("Where", {above, c.emit("Sub", {x, bias}), rest});
    return true;
}

bool compose_swish(Composer &c) {
    const std::string x = c.input(0);
    const float alpha = c.node().real("alpha", 1);
    c.result("Mul", {x, c.emit("Sigmoid", {alpha == 1 ? x : times(c, x, number(c, alpha))})});
    return true;
}

bool compose_is_infinite(Composer &c) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const bool positive = c.node().integer("detect_positive", 1) != 0;
    const bool negative = c.node().integer("detect_negative", 1) != 0;
    if (!positive && !negative)
        return false;
    const std::string x = positive && negative ? c.emit("Abs", {c.input(0)}) : c.input(0);
    c.result("Equal", {x, number(c, positive ? infinity : -infinity)});
    return true;
}

// A vector of length 0 stays 0.
bool compose_lp_normalization(Composer &c) {
    const std::int64_t p = c.node().integer("p", 2);
    if (p != 1 && p != 2)
        return false;
    const std::string x = c.input(0);
    const std::string length = c.reduced(p == 1 ? "ReduceL1" : "ReduceL2", x, {c.node().integer("axis", -1)});
    const std::string none = c.emit("Equal", {length, number(c, 0)});
    c.result("Div", {x, c.emit("Where", {none, number(c, 1), length})});
    return true;
}

bool compose_mean_variance_normalization(Composer &c) {
    const Integers axes = c.node().integers("axes", {0, 2, 3});
    const std::string x = c.input(0);
    const std::string rest = c.emit("Sub", {x, c.reduced("ReduceMean", x, axes)});
    const std::string variance = c.reduced("ReduceMean", times(c, rest, rest), axes);
    c.result("Div", {rest, c.emit("Add", {c.emit("Sqrt", {variance}), number(c, 1e-9f)})});
    return true;
}

// Axes from the front are not known to be how many.
bool compose_rms_normalization(Composer &c) {
    const std::int64_t axis = c.node().integer("axis", -1);
    if (axis >= 0 || axis < -most_axes)
        return false;
    Integers axes;
    for (std::int64_t i = axis; i < 0; ++i)
        axes.push_back(i);
    const Element type = c.type(c.input(0));
    const std::string x = c.cast(c.input(0), Element::f32);
    const std::string mean = c.reduced("ReduceMean", times(c, x, x), axes);
    const std::string epsilon = c.real(c.node().real("epsilon", 1e-5f), Element::f32);
    const std::string root = c.emit("Sqrt", {c.emit("Add", {mean, epsilon})});
    const std::string normal = c.emit("Div", {x, root});
    c.result("Mul", {type == Element::f32 ? normal : c.cast(normal, type), c.input(1)});
    return true;
}

// Rows and columns by their numbers; k is added to those of rows.
bool compose_triangle(Composer &c) {
    const std::string x = c.input(0);
    const auto numbers = [&](std::int64_t axis, const Integers &more) {
        const std::string size = c.emit("Gather", {c.sizes(x), c.integer(axis)});
        return c.with_axes(c.emit("Range", {c.integer(0), size, c.integer(1)}), more);
    };
    std::string rows = numbers(-2, {1});
    const std::string columns = numbers(-1, {0});
    if (const std::string k = c.input(1); !k.empty())
        rows = c.emit("Add", {rows, k});
    const bool upper = c.node().integer("upper", 1) != 0;
    const std::string kept =
        upper ? c.emit("LessOrEqual", {rows, columns}) : c.emit("GreaterOrEqual", {rows, columns});
    c.result("Where", {kept, x, number(c, 0)});
    return true;
}

// One scale and zero an element along `axis`, as a value that spreads over `x`; empty where they are not
// known.
std::string along_axis(Composer &c, const std::string &value, const std::string &x) {
    const Tensor *const known = c.constant_of(value);
    if (!known || known->dims.size() > 1)
        return {};
    if (known->count() == 1)
        return c.emit("Reshape", {value, c.integers({1})});
    const Tensor *const weights = c.constant_of(x);
    std::int64_t axis = c.node().integer("axis", 1);
    if (weights && axis >= 0)
        axis -= static_cast<std::int64_t>(weights->dims.size());
    if (axis >= 0 && axis < most_axes) { // of how many is known to whoever compiles the network
        const std::string behind = c.emit("Sub", {c.sizes(c.sizes(x)), c.integers({axis + 1})});
        return c.emit("Reshape", {value, c.joined({c.integers({-1}), c.ones(behind)})});
    }
    if (axis >= 0 || axis < -most_axes)
        return {};
    Integers dims(static_cast<std::size_t>(-axis), 1);
    dims.front() = -1;
    return c.emit("Reshape", {value, c.integers(dims)});
}

bool compose_dequantize(Composer &c) {
    const Tensor *const scales = c.constant_of(c.input(1));
    if (!scales || c.node().integer("block_size", 0) != 0 || c.node().attributes.contains("output_dtype"))
        return false;
    const Element type = scales->type;
    const std::string scale = along_axis(c, c.input(1), c.input(0));
    const std::string zero = c.input(2).empty() ? scale : along_axis(c, c.input(2), c.input(0));
    if (scale.empty() || zero.empty())
        return false;
    std::string x = c.cast(c.input(0), type);
    if (!c.input(2).empty())
        x = c.emit("Sub", {x, c.cast(zero, type)});
    c.result("Mul", {x, scale});
    return true;
}

struct Limits {
    float least = 0;
    float most = 0;
};

Limits limits_of(Element type) {
    switch (type) {
    case Element::u8:
        return {0, 255};
    case Element::i8:
        return {-128, 127};
    case Element::u16:
        return {0, 65535};
    case Element::i16:
        return {-32768, 32767};
    default:
        return {};
    }
}

bool compose_quantize(Composer &c) {
    const Tensor *const scales = c.constant_of(c.input(1));
    const Tensor *const zeros = c.constant_of(c.input(2));
    if (!scales || (!zeros && !c.input(2).empty()) || c.node().integer("block_size", 0) != 0 ||
        c.node().attributes.contains("output_dtype") || scales->type != c.type(c.input(0)))
        return false;
    const Element to = zeros ? zeros->type : Element::u8;
    const Limits limits = limits_of(to);
    const std::string scale = along_axis(c, c.input(1), c.input(0));
    const std::string zero = zeros ? along_axis(c, c.input(2), c.input(0)) : scale;
    if (scale.empty() || zero.empty() || limits.most == 0)
        return false;
    std::string x = c.emit("Round", {c.emit("Div", {c.input(0), scale})});
    if (zeros)
        x = c.emit("Add", {x, c.cast(zero, scales->type)});
    x = c.emit("Clip", {x, number(c, limits.least), number(c, limits.most)});
    c.result("Cast", {x}, {{"to", static_cast<std::int64_t>(to)}});
    return true;
}

// A row of pixels is a picture one pixel high.
bool compose_one_axis(Composer &c) {
    const Node &node = c.node();
    Attributes attributes = node.attributes;
    std::vector<std::string> inputs{c.with_axes(c.input(0), {2})};
    if (const Tensor *const weights = c.constant_of(c.input(1))) {
        Tensor wide = *weights;
        wide.dims.insert(wide.dims.begin() + 2, 1);
        inputs.push_back(c.add_constant(std::move(wide)));
        if (const std::string bias = c.input(2); !bias.empty())
            inputs.push_back(bias);
    }
    const auto widen = [&](const char *name, const Integers &first) {
        const auto found = attributes.find(name);
        if (found == attributes.end())
            return;
        if (auto *const list = std::get_if<Integers>(&found->second))
            list->insert(list->begin(), first.begin(), first.end());
    };
    for (const char *const name : {"kernel_shape", "strides", "dilations", "output_shape"})
        widen(name, {1});
    widen("output_padding", {0});
    if (const Integers pads = node.integers("pads"); pads.size() == 2)
        attributes["pads"] = Integers{0, pads[0], 0, pads[1]};
    const std::string rows = c.emit(node.op.c_str(), inputs, attributes);
    c.result("Squeeze",
             c.opset() < 13 ? std::vector<std::string>{rows}
                            : std::vector<std::string>{rows, c.integers({2})},
             c.opset() < 13 ? Attributes{{"axes", Integers{2}}} : Attributes{});
    return true;
}

// What ONNX Runtime's optimizer writes into files (its documentation: ContribOperators.md).
bool compose_gelu(Composer &c) {
    std::string x = c.input(0);
    if (c.node().op == "BiasGelu")
        x = c.emit("Add", {x, c.input(1)});
    if (c.node().op == "QuickGelu") {
        const std::string inner = times(c, x, number(c, c.node().real("alpha", 1.702f)));
        c.result("Mul", {x, c.emit("Sigmoid", {inner})});
        return true;
    }
    const std::string share = c.emit("Erf", {times(c, x, number(c, 0.70710678f))});
    const std::string weight = c.emit("Add", {share, number(c, 1)});
    c.result("Mul", {times(c, x, weight), number(c, 0.5f)});
    return true;
}

bool compose_fused_convolution(Composer &c) {
    Attributes attributes = c.node().attributes;
    attributes.erase("activation");
    attributes.erase("activation_params");
    const std::string activation = c.node().string("activation", "");
    const std::vector<float> given = c.node().reals("activation_params");
    const auto parameter = [&](std::size_t index, float fallback) {
        return index < given.size() ? given[index] : fallback;
    };
    std::vector<std::string> inputs = c.node().inputs;
    std::string added;
    if (inputs.size() > 3) { // what is added before the activation
        added = inputs[3];
        inputs.resize(3);
    }
    if (activation != "Relu" && activation != "Tanh" && activation != "Sigmoid" &&
        activation != "LeakyRelu" && activation != "Clip" && activation != "HardSigmoid")
        return false;
    std::string sum = c.emit("Conv", inputs, attributes);
    if (!added.empty())
        sum = c.emit("Add", {sum, added});
    if (activation == "Clip")
        c.result("Clip", {sum, number(c, parameter(0, -3.4e38f)), number(c, parameter(1, 3.4e38f))});
    else if (activation == "LeakyRelu")
        c.result("LeakyRelu", {sum}, {{"alpha", parameter(0, 0.01f)}});
    else if (activation == "HardSigmoid")
        c.result("HardSigmoid", {sum}, {{"alpha", parameter(0, 0.2f)}, {"beta", parameter(1, 0.5f)}});
    else
        c.result(activation.c_str(), {sum});
    return true;
}

struct Rule {
    std::string_view op;
    bool (*compose)(Composer &c);
    std::string_view domain = {};
};

constexpr Rule rules[] = {
    {"Attention", compose_attention},
    {"AveragePool", compose_one_axis},
    {"Conv", compose_one_axis},
    {"ConvTranspose", compose_one_axis},
    {"DeformConv", compose_deformable_convolution},
    {"DequantizeLinear", compose_dequantize},
    {"Einsum", compose_einsum},
    {"IsInf", compose_is_infinite},
    {"LpNormalization", compose_lp_normalization},
    {"MaxPool", compose_one_axis},
    {"MeanVarianceNormalization", compose_mean_variance_normalization},
    {"QuantizeLinear", compose_quantize},
    {"RMSNormalization", compose_rms_normalization},
    {"Shrink", compose_shrink},
    {"Swish", compose_swish},
    {"Trilu", compose_triangle},
    {"BiasGelu", compose_gelu, "com.microsoft"},
    {"FusedConv", compose_fused_convolution, "com.microsoft"},
    {"Gelu", compose_gelu, "com.microsoft"},
    {"QuickGelu", compose_gelu, "com.microsoft"},
};

const Rule *find_rule(std::string_view op, std::string_view domain) {
    const auto *const found = std::find_if(std::begin(rules), std::end(rules), [&](const Rule &rule) {
        return rule.op == op && rule.domain == domain;
    });
    return found == std::end(rules) ? nullptr : found;
}

// Windows along one axis, which weights or attribute show.
bool is_of_one_axis(const Network &network, const Node &node) {
    const auto weights =
        node.inputs.size() > 1 ? network.initializers.find(node.inputs[1]) : network.initializers.end();
    if (weights != network.initializers.end())
        return weights->second.dims.size() == 3;
    return node.inputs.size() == 1 && node.outputs.size() == 1 && node.integers("kernel_shape").size() == 1;
}

} // namespace

Network compose(const Network &network, const std::function<bool(const Node &node)> &chosen) {
    const auto rule_of = [&](const Node &node) -> const Rule * {
        if (node.outputs.empty() || node.inputs.empty() || !chosen(node))
            return nullptr;
        const Rule *const rule = find_rule(node.op, node.domain == "ai.onnx" ? std::string() : node.domain);
        return rule && (rule->compose != compose_one_axis || is_of_one_axis(network, node)) ? rule : nullptr;
    };
    if (std::none_of(network.nodes.begin(), network.nodes.end(), rule_of))
        return network;
    Composer composer(network);
    for (const Node &node : network.nodes) {
        composer.next(node);
        const Rule *const rule = rule_of(node);
        if (!rule || !rule->compose(composer))
            composer.keep();
    }
    return composer.finish();
}

} // namespace vsmlrt::model
