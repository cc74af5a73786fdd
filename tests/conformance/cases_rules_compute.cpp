// Every attribute of the operators that compute, in every opset that has it.
#include "conformance/rules.h"

#include <limits>

namespace vsmlrt::test {
namespace {

Case reduced(const std::string &op, const std::string &name, std::int64_t opset,
             const std::vector<std::int64_t> &axes, Attributes attributes = {}, bool empty_list = false) {
    return rule(op + "_" + name, opset, [&](Builder &b) {
        // Logarithms want what is positive.
        std::vector<Name> inputs{b.node("Add", {b.node("Abs", {b.input(3)}), b.real(0.1F)})};
        const bool operand = opset >= (op == "ReduceSum" ? 13 : 18);
        Attributes all = attributes;
        if (operand && (!axes.empty() || empty_list))
            inputs.push_back(b.integers(axes));
        else if (!axes.empty())
            all["axes"] = ints(axes);
        const Name result = b.node(op, inputs, all);
        // Without dimensions there is no picture.
        return b.node("Add", {result, b.constant({1, 1, 1, 1}, {0})});
    });
}

std::vector<Case> reductions() {
    std::vector<Case> cases;
    const Attributes dropped{{"keepdims", whole(0)}};
    const Attributes noop{{"noop_with_empty_axes", whole(1)}};
    for (const char *op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                           "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"}) {
        const std::string name = op;
        cases.push_back(reduced(op, "11", 11, {1, -1}));
        cases.push_back(reduced(op, "13", 13, {-2, 1}));
        cases.push_back(reduced(op, "18", 18, {2, -3}));
        cases.push_back(reduced(op, "dropped_11", 11, {-1}, dropped));
        cases.push_back(reduced(op, "dropped_18", 18, {1, 2}, dropped));
        if (name != "ReduceProd") { // of a whole picture: too small for a float
            cases.push_back(reduced(op, "all_11", 11, {}));
            cases.push_back(reduced(op, "all_18", 18, {}));
            cases.push_back(reduced(op, "all_dropped", 18, {}, dropped));
            cases.push_back(reduced(op, "all_empty_list", 18, {}, {}, true));
        }
        cases.push_back(reduced(op, "noop", 18, {}, noop));
        cases.push_back(reduced(op, "noop_empty_list", 18, {}, noop, true));
        cases.push_back(reduced(op, "noop_with_axes", 18, {1}, noop));
    }
    for (const char *op : {"ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceSum"})
        cases.push_back(rule(std::string(op) + "_noop_signed", 18, op, 2, noop));
    cases.push_back(reduced("ReduceSum", "noop_13", 13, {}, noop));
    return cases;
}

Case normalized(const std::string &op, const std::string &name, std::int64_t opset,
                const Attributes &attributes, const std::vector<std::vector<std::int64_t>> &parameters) {
    return rule(op + "_" + name, opset, [&](Builder &b) {
        std::vector<Name> inputs{b.input(4)};
        for (const std::vector<std::int64_t> &dims : parameters)
            inputs.push_back(b.random(dims, 0.5F, 1.5F));
        return b.node(op, inputs, attributes);
    });
}

// Over the axes from `axis` on, of a picture of one size.
Case layer(const std::string &name, std::int64_t axis, const std::vector<std::int64_t> &scale, bool bias,
           Attributes attributes) {
    attributes["axis"] = axis;
    std::vector<std::vector<std::int64_t>> parameters{scale};
    if (bias)
        parameters.push_back(scale);
    Case entry = normalized("LayerNormalization", name, 17, attributes, parameters);
    entry.extents = {{8, 9}};
    return entry;
}

std::vector<Case> normalizations() {
    std::vector<Case> cases;
    const model::Attribute much = 0.1F;
    const std::vector<std::int64_t> each{4};
    for (const std::int64_t opset : {9, 14, 15}) {
        const std::string name = std::to_string(opset);
        cases.push_back(normalized("BatchNormalization", name, opset, {}, {each, each, each, each}));
        cases.push_back(normalized("BatchNormalization", "epsilon_" + name, opset,
                                   {{"epsilon", much}, {"momentum", 0.5F}}, {each, each, each, each}));
    }
    cases.push_back(normalized("BatchNormalization", "no_training", 15, {{"training_mode", whole(0)}},
                               {each, each, each, each}));
    cases.push_back(normalized("InstanceNormalization", "9", 9, {}, {each, each}));
    cases.push_back(normalized("InstanceNormalization", "epsilon", 17, {{"epsilon", much}}, {each, each}));
    cases.push_back(normalized("InstanceNormalization", "22", 22, {{"epsilon", much}}, {each, each}));
    for (const std::int64_t groups : {1, 2, 4}) {
        const Attributes attributes{{"num_groups", groups}, {"epsilon", much}};
        const std::string name = std::to_string(groups);
        cases.push_back(normalized("GroupNormalization", "18_" + name, 18, attributes, {{groups}, {groups}}));
        cases.push_back(normalized("GroupNormalization", "21_" + name, 21, attributes, {each, each}));
    }
    cases.push_back(normalized("GroupNormalization", "stash", 21,
                               {{"num_groups", whole(2)}, {"stash_type", whole(1)}}, {each, each}));
    cases.push_back(layer("last", -1, {8}, true, {}));
    cases.push_back(layer("without_bias", -1, {8}, false, {{"epsilon", much}}));
    cases.push_back(layer("two_axes", 2, {9, 8}, true, {{"epsilon", much}}));
    cases.push_back(layer("three_axes", -3, {4, 9, 8}, true, {}));
    cases.push_back(layer("broadcast", -2, {8}, true, {}));
    cases.push_back(layer("one_scale", 1, {1}, false, {}));
    cases.push_back(layer("stash", -1, {8}, true, {{"stash_type", whole(1)}}));
    return cases;
}

std::vector<Case> softmaxes() {
    std::vector<Case> cases;
    for (const char *op : {"Softmax", "LogSoftmax"})
        for (const std::int64_t opset : {9, 11, 12, 13}) {
            const std::string name = std::string(op) + "_" + std::to_string(opset);
            cases.push_back(rule(name, opset, op, 3, {}));
            for (const std::int64_t axis : {0, 1, 2, 3, -1, -2, -3})
                if (axis >= 0 || opset >= 11)
                    cases.push_back(
                        rule(name + "_axis_" + std::to_string(axis), opset, op, 3, {{"axis", axis}}));
        }
    return cases;
}

Case product(const std::string &name, std::int64_t opset, const Attributes &attributes,
             const std::vector<std::int64_t> &b_dims, const std::vector<std::int64_t> &c_dims) {
    return rule("Gemm_" + name, opset, [&](Builder &b) {
        Name mean = b.node("Flatten", {b.node("GlobalAveragePool", {b.input(4)})}, {{"axis", whole(1)}});
        if (attributes.contains("transA"))
            mean = b.node("Transpose", {mean}, {{"perm", ints({1, 0})}});
        std::vector<Name> inputs{mean, b.weights(b_dims)};
        if (!c_dims.empty())
            inputs.push_back(b.random(c_dims, -1, 1));
        return b.node("Gemm", inputs, attributes);
    });
}

std::vector<Case> products() {
    return {product("bias_9", 9, {}, {4, 6}, {6}),
            product("without_bias", 11, {{"alpha", 0.5F}}, {4, 6}, {}),
            product("transA", 13, {{"transA", whole(1)}}, {4, 6}, {1, 6}),
            product("both", 13, {{"transA", whole(1)}, {"transB", whole(1)}, {"beta", 0.25F}}, {6, 4}, {1}),
            product("alpha_beta", 13, {{"alpha", -2.0F}, {"beta", 0.5F}}, {4, 6}, {1, 1}),
            product("beta_0", 13, {{"beta", 0.0F}}, {4, 6}, {6})};
}

Case grid(const std::string &mode, const std::string &padding, bool corners, std::int64_t opset,
          float reach) {
    return rule("GridSample_" + mode + "_" + padding + (corners ? "_corners_" : "_") + std::to_string(opset) +
                    (reach > 2 ? "_far" : ""),
                opset, [&](Builder &b) {
                    const Name x = b.input(2);
                    const Name points = b.node("Transpose", {b.input(2)}, {{"perm", ints({0, 2, 3, 1})}});
                    Attributes attributes{{"mode", mode}, {"padding_mode", padding}};
                    attributes["align_corners"] = whole(corners ? 1 : 0);
                    return b.node("GridSample", {x, b.node("Mul", {points, b.real(reach)})}, attributes);
                });
}

std::vector<Case> grids() {
    std::vector<Case> cases;
    const std::vector<std::pair<std::int64_t, std::vector<const char *>>> names{
        {16, {"bilinear", "nearest", "bicubic"}}, {20, {"linear", "nearest", "cubic"}}, {22, {"linear"}}};
    for (const auto &[opset, modes] : names)
        for (const char *mode : modes)
            for (const char *padding : {"zeros", "border", "reflection"})
                for (const bool corners : {false, true})
                    for (const float reach : {1.3F, 7.0F})
                        if (opset == 16 || reach < 2)
                            cases.push_back(grid(mode, padding, corners, opset, reach));
    for (const std::int64_t opset : {16, 20})
        cases.push_back(rule("GridSample_default_" + std::to_string(opset), opset, [](Builder &b) {
            const Name x = b.input(2);
            return b.node("GridSample",
                          {x, b.node("Transpose", {b.input(2)}, {{"perm", ints({0, 2, 3, 1})}})});
        }));
    return cases;
}

// f(scale * x) with attributes.
Case unary(const std::string &op, const std::string &name, std::int64_t opset, const Attributes &attributes) {
    return rule(op + "_" + name, opset, [&](Builder &b) {
        return b.node(op, {b.node("Mul", {b.input(2), b.real(3)})}, attributes);
    });
}

std::vector<Case> activations() {
    const Attributes alpha{{"alpha", 0.3F}};
    const Attributes negative{{"alpha", -0.5F}};
    return {unary("LeakyRelu", "alpha_16", 16, alpha),
            unary("LeakyRelu", "negative", 16, negative),
            unary("Elu", "alpha", 13, alpha),
            unary("Elu", "alpha_22", 22, {{"alpha", 2.0F}}),
            unary("Celu", "alpha", 12, alpha),
            unary("Celu", "large", 13, {{"alpha", 2.0F}}),
            unary("Selu", "alpha", 13, alpha),
            unary("Selu", "gamma", 13, {{"gamma", 0.7F}}),
            unary("Selu", "both", 13, {{"alpha", 1.5F}, {"gamma", 0.7F}}),
            unary("HardSigmoid", "alpha", 13, {{"alpha", 0.4F}}),
            unary("HardSigmoid", "beta", 13, {{"beta", 0.1F}}),
            unary("HardSigmoid", "22", 22, {{"alpha", 0.5F}, {"beta", 0.6F}}),
            unary("ThresholdedRelu", "alpha", 13, alpha),
            unary("ThresholdedRelu", "negative", 13, negative),
            unary("Gelu", "none", 20, {{"approximate", word("none")}}),
            unary("Gelu", "tanh", 20, {{"approximate", word("tanh")}}),
            unary("HardSwish", "14", 14, {}),
            unary("HardSwish", "22", 22, {}),
            rule("PRelu_one", 16,
                 [](Builder &b) {
                     return b.node("PRelu", {b.input(2), b.constant({1}, {-0.25F})});
                 }),
            rule("Round_halves", 11, [](Builder &b) {
                const Name x = b.node("Round", {b.node("Mul", {b.input(2), b.real(6)})});
                return b.node("Round", {b.node("Div", {x, b.real(2)})});
            })};
}

Case clipped(const std::string &name, std::int64_t opset, std::optional<float> low,
             std::optional<float> high) {
    return rule("Clip_" + name, opset, [&](Builder &b) {
        std::vector<Name> inputs{b.input(2)};
        Attributes attributes;
        if (opset < 11) {
            if (low)
                attributes["min"] = *low;
            if (high)
                attributes["max"] = *high;
        } else {
            inputs.push_back(low ? b.real(*low) : Name{});
            inputs.push_back(high ? b.real(*high) : Name{});
        }
        return b.node("Clip", inputs, attributes);
    });
}

std::vector<Case> clips() {
    std::vector<Case> cases;
    for (const std::int64_t opset : {9, 11, 12, 13}) {
        const std::string name = std::to_string(opset);
        if (opset > 9) // libraries refuse it there
            cases.push_back(clipped("crossed_" + name, opset, 0.5F, -0.5F));
        cases.push_back(clipped("low_" + name, opset, 0.25F, std::nullopt));
        cases.push_back(clipped("high_" + name, opset, std::nullopt, 0.25F));
        cases.push_back(clipped("none_" + name, opset, std::nullopt, std::nullopt));
        cases.push_back(clipped("both_" + name, opset, -0.5F, 0.5F));
    }
    return cases;
}

// a OP b on whole numbers of a type, from -6 to 6 and not 0 in b.
Case integers(const std::string &op, const std::string &name, std::int64_t type,
              const Attributes &attributes) {
    return rule(op + "_" + name, 13, [&](Builder &b) {
        const Name x = b.node("Round", {b.node("Mul", {b.input(2), b.real(6)})});
        const Name a = b.node("Cast", {x}, {{"to", type}});
        const Name divisor = b.node("Cast", {b.constant({2, 1, 1}, {-3, 4})}, {{"to", type}});
        return b.node("Cast", {b.node(op, {a, divisor}, attributes)}, {{"to", whole(1)}});
    });
}

std::vector<Case> remainders() {
    std::vector<Case> cases;
    for (const std::int64_t type : {6, 7})
        for (const std::int64_t fmod : {0, 1})
            cases.push_back(
                integers("Mod", std::to_string(type) + (fmod == 1 ? "_fmod" : ""), type, {{"fmod", fmod}}));
    cases.push_back(integers("Div", "int32", 6, {}));
    cases.push_back(integers("Div", "int64", 7, {}));
    for (const float divisor : {0.3F, -0.3F})
        cases.push_back(rule(divisor < 0 ? "Mod_real_negative" : "Mod_real", 13, [&](Builder &b) {
            return b.node("Mod", {b.input(2), b.real(divisor)}, {{"fmod", whole(1)}});
        }));
    return cases;
}

// float -> type -> float; floats are cut towards zero.
Case cast(const std::string &name, std::int64_t type, float scale, std::int64_t opset = 13) {
    return rule("Cast_" + name, opset, [&](Builder &b) {
        const Name x = b.node("Mul", {b.input(2), b.real(scale)});
        return b.node("Cast", {b.node("Cast", {x}, {{"to", type}})}, {{"to", whole(1)}});
    });
}

std::vector<Case> casts() {
    Case half = cast("float16", 10, 2);
    half.tolerance = 5e-4; // a backend may keep more digits than the network does
    return {half,
            cast("int32", 6, 6),
            cast("int64", 7, 6),
            cast("int64_9", 7, 6, 9),
            cast("int8", 3, 6),
            cast("int16", 5, 600),
            cast("bool", 9, 2),
            cast("double", 11, 2),
            rule("Cast_uint8", 13, [](Builder &b) {
                const Name x = b.node("Mul", {b.node("Abs", {b.input(2)}), b.real(200)});
                return b.node("Cast", {b.node("Cast", {x}, {{"to", whole(2)}})}, {{"to", whole(1)}});
            })};
}

// Dropout does nothing, in every form that it has.
std::vector<Case> dropouts() {
    std::vector<Case> cases;
    for (const std::int64_t opset : {9, 10})
        cases.push_back(rule("Dropout_" + std::to_string(opset), opset, "Dropout", 2, {{"ratio", 0.5F}}));
    cases.push_back(rule("Dropout_13", 13, [](Builder &b) {
        return b.node("Dropout", {b.input(2), b.real(0.5F)}, {{"seed", whole(3)}});
    }));
    cases.push_back(rule("Dropout_training_no", 13, [](Builder &b) {
        return b.node("Dropout", {b.input(2), b.real(0.5F), b.truths({}, {0})});
    }));
    return cases;
}

} // namespace

std::vector<Case> compute_rules() {
    std::vector<Case> cases = reductions();
    for (auto *const part :
         {normalizations, softmaxes, products, grids, activations, clips, remainders, casts, dropouts})
        for (Case &entry : part())
            cases.push_back(std::move(entry));
    return cases;
}

} // namespace vsmlrt::test
