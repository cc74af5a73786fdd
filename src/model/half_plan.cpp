// fp16 holds whole numbers up to 2048 only, so whatever computes coordinates has to
// be found: forward from where they are made, and backward from where they are used.
#include "model/half_plan.h"

#include "model/subgraph.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::model {
namespace {

using Operators = std::set<std::string, std::less<>>;

// Arithmetic and data movement: coordinates pass through them and stay coordinates.
const Operators carriers = {"Abs",       "Add",          "Ceil",         "Clip",        "Concat",
                            "Cos",       "DepthToSpace", "Div",          "Equal",       "Exp",
                            "Expand",    "Flatten",      "Floor",        "Gather",      "GatherElements",
                            "GatherND",  "Greater",      "Identity",     "Less",        "Log",
                            "Max",       "Min",          "Mod",          "Mul",         "Neg",
                            "Pad",       "Pow",          "Relu",         "Reshape",     "Reciprocal",
                            "Resize",    "Round",        "Sigmoid",      "Sign",        "Sin",
                            "Slice",     "Split",        "SpaceToDepth", "Sqrt",        "Squeeze",
                            "Sub",       "Sum",          "Tanh",         "Tile",        "Transpose",
                            "Unsqueeze", "Upsample",     "Where",        "LessOrEqual", "GreaterOrEqual"};

// Operators without float16, at least below some opset, and those whose type an attribute fixes.
const Operators full_only = {"Bernoulli",     "BlackmanWindow",    "Celu",         "EyeLike",
                             "HammingWindow", "HannWindow",        "IsInf",        "MelWeightMatrix",
                             "Multinomial",   "NonMaxSuppression", "RandomNormal", "RandomNormalLike",
                             "RandomUniform", "RandomUniformLike", "Range",        "CumSum"};

bool overflows(const Tensor &tensor) {
    const auto values = tensor.as<float>();
    return std::any_of(values.begin(), values.end(), [](float value) {
        return std::isfinite(value) && !std::isfinite(half_to_float(float_to_half(value)));
    });
}

bool changes(const Tensor &tensor) {
    const auto values = tensor.as<float>();
    return std::any_of(values.begin(), values.end(),
                       [](float value) { return half_to_float(float_to_half(value)) != value; });
}

class Planner {
public:
    Planner(const Network &network, const Types &types, const Literals &literals, const HalfOptions &options)
        : network_(network), types_(types), literals_(literals), keep_(options.keep),
          plan_(network.nodes.size(), Precision::half) {}

    std::vector<Precision> run() && {
        for (std::size_t i = 0; i < plan_.size(); ++i)
            if (must_be_full(network_.nodes[i]))
                plan_[i] = Precision::full;
        for (std::size_t i = 0; i < plan_.size(); ++i)
            follow_coordinates(i);
        for (std::size_t i = plan_.size(); i-- > 0;)
            trace_coordinates(i);
        return std::move(plan_);
    }

private:
    [[nodiscard]] bool is_float(const std::string &name) const {
        const auto found = types_.find(name);
        return found != types_.end() && found->second == Element::f32;
    }

    [[nodiscard]] Element type_of(const std::string &name) const {
        const auto found = types_.find(name);
        return found == types_.end() ? Element::string : found->second;
    }

    [[nodiscard]] bool has_large_constant(const Node &node) const {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const auto literal = literals_.find(node.inputs[i]);
            // A Clip bound that becomes infinite bounds fp16 values just as well.
            const bool counts = input_rule(node, i) == InputRule::planned && !(node.op == "Clip" && i > 0);
            if (literal != literals_.end() && counts && overflows(literal->second))
                return true;
        }
        return false;
    }

    [[nodiscard]] bool must_be_full(const Node &node) const {
        if (node.op == "Cast" || node.op == "Constant")
            return true; // as they are: casts.h joins the Casts that meet here
        if (node.op == "ConstantOfShape") {
            const Tensor *value = node.tensor("value");
            return value && value->type == Element::f32 && changes(*value);
        }
        return !node.domain.empty() || full_only.contains(node.op) || keep_.contains(node.op) ||
               has_subgraph(node) || has_large_constant(node);
    }

    // Coordinates start at conversions of integers; booleans are 0 and 1 in any precision.
    [[nodiscard]] bool starts_coordinates(const Node &node) const {
        if (!keep_.contains(node.op) || node.inputs.empty() || node.outputs.empty() ||
            !is_float(node.outputs[0]))
            return false;
        const Element from = type_of(node.inputs[0]);
        return node.op == "Range" || (node.op == "Cast" && !is_floating(from) && from != Element::boolean);
    }

    // Forward: what is made of nothing but coordinates and constants.
    void follow_coordinates(std::size_t index) {
        const Node &node = network_.nodes[index];
        bool derived = starts_coordinates(node);
        if (!derived && carriers.contains(node.op) && node.domain.empty()) {
            bool pure = true;
            for (const std::string &input : node.inputs) {
                if (!is_float(input) || literals_.contains(input))
                    continue;
                derived = derived || coordinates_.contains(input);
                pure = pure && coordinates_.contains(input);
            }
            derived = derived && pure;
        }
        if (!derived)
            return;
        plan_[index] = Precision::full;
        coordinates_.insert(node.outputs.begin(), node.outputs.end());
    }

    // Backward: what ends up as coordinates.
    void trace_coordinates(std::size_t index) {
        const Node &node = network_.nodes[index];
        if (keep_.contains(node.op) && node.op == "GridSample" && node.inputs.size() > 1)
            wanted_.insert(node.inputs[1]);
        const bool to_integer = node.op == "Cast" && keep_.contains(node.op) && !node.outputs.empty() &&
                                !is_floating(type_of(node.outputs[0])) &&
                                type_of(node.outputs[0]) != Element::boolean;
        const bool is_wanted =
            carriers.contains(node.op) && node.domain.empty() &&
            std::any_of(node.outputs.begin(), node.outputs.end(),
                        [&](const std::string &output) { return wanted_.contains(output); });
        if (is_wanted)
            plan_[index] = Precision::full;
        if (is_wanted || to_integer)
            wanted_.insert(node.inputs.begin(), node.inputs.end());
    }

    const Network &network_;
    const Types &types_;
    const Literals &literals_;
    const std::set<std::string> &keep_;
    std::vector<Precision> plan_;
    std::set<std::string> coordinates_;
    std::set<std::string> wanted_;
};

} // namespace

std::vector<Precision> plan_half(const Network &network, const Types &types, const Literals &literals,
                                 const HalfOptions &options) {
    return Planner(network, types, literals, options).run();
}

InputRule input_rule(const Node &node, std::size_t index) {
    if ((node.op == "Resize" || node.op == "Upsample") && index > 0)
        return InputRule::full; // roi and scales
    if (node.op == "Cast" || node.op == "Shape" || node.op == "Size" || (node.op == "CastLike" && index == 0))
        return InputRule::either;
    return InputRule::planned;
}

Literals find_literals(const Network &network) {
    Literals literals;
    for (const auto &[name, tensor] : network.initializers)
        if (tensor.type == Element::f32)
            literals.emplace(name, tensor);
    for (const Node &node : network.nodes) {
        if (node.op != "Constant" || !node.domain.empty() || node.outputs.size() != 1)
            continue;
        const std::string &name = node.outputs[0];
        for (const auto &[attribute, value] : node.attributes) {
            if (const auto *tensor = std::get_if<Tensor>(&value); tensor && tensor->type == Element::f32)
                literals.emplace(name, Tensor{name, tensor->type, tensor->dims, tensor->bytes});
            else if (const auto *real = std::get_if<float>(&value))
                literals.emplace(name, make_tensor(name, {}, std::span(real, 1)));
            else if (const auto *reals = std::get_if<std::vector<float>>(&value))
                literals.emplace(name, make_tensor(name, {static_cast<std::int64_t>(reals->size())},
                                                   std::span<const float>(*reals)));
        }
    }
    return literals;
}

} // namespace vsmlrt::model
