// A value may be wanted in both precisions, by readers of either: each form gets a name
// when it is first asked for, so that no Cast is written twice and none that nobody reads.
#include "tensor/half.h"
#include "base/error.h"
#include "model/casts.h"
#include "model/edit.h"
#include "model/half_plan.h"
#include "model/names.h"

#include <algorithm>
#include <cstring>

namespace vsmlrt::model {
namespace {

// Networks of reduced precision are taken as they are.
bool is_reduced(const Network &network, const Types &types) {
    const bool has_half = std::any_of(types.begin(), types.end(), [](const auto &value) {
        return value.second == Element::f16 || value.second == Element::bf16;
    });
    return has_half || std::any_of(network.nodes.begin(), network.nodes.end(), [](const Node &node) {
               return node.op == "QuantizeLinear" || node.op == "DequantizeLinear" ||
                      node.op == "DynamicQuantizeLinear" || node.op == "ConvInteger" ||
                      node.op == "MatMulInteger" || node.op.starts_with("QLinear");
           });
}

void check_no_sequences(const Network &network) {
    for (const Node &node : network.nodes)
        if (node.op.find("Sequence") != std::string::npos || node.op.starts_with("Optional"))
            throw Unsupported(node.label(),
                              ": networks with sequences cannot be rewritten to fp16; use fp32");
}

Tensor to_half_tensor(const Tensor &tensor, std::string name) {
    const auto values = tensor.as<float>();
    std::vector<std::byte> bytes(values.size() * sizeof(std::uint16_t));
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint16_t half = float_to_half(values[i]);
        // A lone number that vanishes is the epsilon of a division: it stays the smallest that fp16 has.
        if (values.size() == 1 && values[i] != 0 && half_to_float(half) == 0)
            half |= 1;
        std::memcpy(bytes.data() + i * sizeof half, &half, sizeof half);
    }
    return {std::move(name), Element::f16, tensor.dims,
            std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
}

class HalfRewrite {
public:
    HalfRewrite(const Network &network, Types types, const HalfOptions &options)
        : source_(network), types_(std::move(types)), literals_(find_literals(network)),
          plan_(plan_half(network, types_, literals_, options)), fresh_(network), result_(network) {
        pinned_ = captured_names(network);
        pinned_.merge(output_names(network));
        result_.nodes.clear();
        for (const auto &[name, tensor] : literals_)
            result_.initializers.emplace(name, tensor);
        for (const auto &[name, type] : types_)
            if (type == Element::f32)
                values_[name].full = name;
    }

    Network run() && {
        for (std::size_t i = 0; i < source_.nodes.size(); ++i)
            if (!is_literal(source_.nodes[i]))
                rewrite(source_.nodes[i], plan_[i]);
        remove_unused_literals();
        simplify_casts(result_);
        return std::move(result_);
    }

private:
    // The names of one fp32 value of the source in each precision; empty where it does not exist (yet).
    struct Forms {
        std::string full;
        std::string half;
    };

    // Constant nodes of fp32 become initializers.
    [[nodiscard]] bool is_literal(const Node &node) const {
        return node.op == "Constant" && node.outputs.size() == 1 && literals_.contains(node.outputs[0]);
    }

    void rewrite(Node node, Precision precision) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const auto value = values_.find(node.inputs[i]);
            if (value != values_.end())
                node.inputs[i] = take(value->first, value->second, input_rule(node, i), precision);
        }
        if (precision == Precision::half && node.op == "ConstantOfShape")
            halve_fill(node);
        std::vector<Node> casts;
        if (precision == Precision::half)
            for (std::string &output : node.outputs)
                if (const auto value = values_.find(output); value != values_.end())
                    output = give_half(value->first, value->second, casts);
        result_.nodes.push_back(std::move(node));
        std::move(casts.begin(), casts.end(), std::back_inserter(result_.nodes));
    }

    // The name under which a node finds a value in the precision that it wants.
    std::string take(const std::string &name, Forms &forms, InputRule rule, Precision precision) {
        if (rule == InputRule::either)
            return forms.full.empty() ? forms.half : forms.full;
        const bool half = rule == InputRule::planned && precision == Precision::half;
        std::string &wanted = half ? forms.half : forms.full;
        if (!wanted.empty())
            return wanted;
        wanted = fresh_.make(name + (half ? "_float16" : "_float32"));
        if (const auto literal = literals_.find(name); literal != literals_.end())
            result_.initializers.emplace(wanted, to_half_tensor(literal->second, wanted));
        else
            result_.nodes.push_back(
                make_cast(half ? forms.full : forms.half, wanted, half ? Element::f16 : Element::f32));
        return wanted;
    }

    // The name under which a node gives its half result; a value that must exist in fp32 under its own name
    // is cast.
    std::string give_half(const std::string &name, Forms &forms, std::vector<Node> &casts) {
        forms = {};
        if (!pinned_.contains(name))
            return forms.half = name;
        forms = {name, fresh_.make(name + "_float16")};
        casts.push_back(make_cast(forms.half, name, Element::f32));
        return forms.half;
    }

    static void halve_fill(Node &node) {
        constexpr float zero = 0;
        const Tensor *value = node.tensor("value");
        if (!value || value->type == Element::f32)
            node.attributes["value"] =
                to_half_tensor(value ? *value : make_tensor("", {1}, std::span(&zero, 1)), "");
    }

    void remove_unused_literals() {
        std::set<std::string, std::less<>> used = pinned_;
        for (const Node &node : result_.nodes)
            used.insert(node.inputs.begin(), node.inputs.end());
        for (const auto &[name, tensor] : literals_)
            if (!used.contains(name))
                result_.initializers.erase(name);
    }

    const Network &source_;
    Types types_;
    Literals literals_;
    std::vector<Precision> plan_;
    FreshNames fresh_;
    Names pinned_; // network outputs and values captured by subgraphs
    Network result_;
    std::map<std::string, Forms, std::less<>> values_;
};

} // namespace

std::set<std::string> HalfOptions::default_keep() {
    return {// Coordinates and counting: fp16 holds integers up to 2048 only.
            "AffineGrid", "Cast", "CumSum", "GridSample", "NonZero", "Range",
            // Sums over many values.
            "GlobalAveragePool", "GlobalLpPool", "GroupNormalization", "InstanceNormalization",
            "LayerNormalization", "LogSoftmax", "LpNormalization", "MeanVarianceNormalization",
            "RMSNormalization", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMean",
            "ReduceProd", "ReduceSum", "ReduceSumSquare", "Softmax"};
}

Network to_half(const Network &network, const HalfOptions &options) {
    Types types = infer_types(network);
    if (is_reduced(network, types))
        return network;
    check_no_sequences(network);
    return HalfRewrite(network, std::move(types), options).run();
}

} // namespace vsmlrt::model
