// Operators that this project writes in others (model/compositions.h).
#include "conformance/cases.h"

namespace vsmlrt::test {
namespace {

Case on_picture(const std::string &name, const std::string &op, std::int64_t opset,
                const Attributes &attributes, int channels = 3) {
    Builder b(opset);
    b.output(b.node(op, {b.input(channels)}, attributes));
    return {name, b.network()};
}

// Of a picture and weights, or another picture made of it.
Case einsum(const std::string &name, const std::string &equation, const std::vector<std::int64_t> &weights) {
    Builder b;
    const Name x = b.input(4);
    const Name second = weights.empty() ? b.conv(x, 4, 4) : b.weights(weights);
    const Name product = b.node("Einsum", {x, second}, {{"equation", equation}});
    b.output(product);
    return {"Einsum_" + name, b.network(), {{9, 7}, {8, 5}}};
}

// Channels with channels: a matrix that is applied to the picture.
Case einsum_of_channels() {
    Builder b;
    const Name x = b.input(4);
    const Name scores =
        b.node("Einsum", {x, b.conv(x, 4, 4)}, {{"equation", std::string("bchw, bdhw -> bcd")}});
    const Name weights = b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    b.output(b.node("Einsum", {weights, x}, {{"equation", std::string("bcd,bdhw->bchw")}}));
    return {"Einsum_channels", b.network(), {{9, 7}, {8, 5}}};
}

// Of sums along rows and along columns.
Case einsum_of_sums() {
    Builder b;
    const Name x = b.input(3);
    const Name rows = b.node("Einsum", {x}, {{"equation", std::string("bchw->bch")}});
    const Name columns = b.node("Einsum", {x}, {{"equation", std::string("bchw->wcb")}});
    b.output(b.node("Einsum", {rows, columns}, {{"equation", std::string("bch,wcb->bchw")}}));
    return {"Einsum_sums", b.network()};
}

Case einsum_of_three() {
    Builder b;
    const Name x = b.input(4);
    b.output(b.node("Einsum", {x, b.weights({5, 4}), b.weights({3, 5})},
                    {{"equation", std::string("bchw,dc,ed")}}));
    return {"Einsum_three", b.network()};
}

struct Deformed {
    std::string name;
    std::int64_t groups = 1;
    std::int64_t offset_groups = 1;
    int stride = 1;
    int dilation = 1;
    int pad = 1;
    bool mask = false;
};

Case deformed(const Deformed &given) {
    Builder b(19);
    const Name x = b.input(4);
    const int taps = 9 * static_cast<int>(given.offset_groups);
    const Name offset = b.node("Mul", {b.conv(x, 4, 2 * taps, 3, given.stride), b.real(3)});
    std::vector<Name> inputs{x, b.weights({6, 4 / given.groups, 3, 3}), offset};
    if (given.mask) {
        inputs.push_back(b.random({6}, -1, 1));
        inputs.push_back(b.node("Sigmoid", {b.conv(x, 4, taps, 3, given.stride)}));
    }
    const std::int64_t s = given.stride;
    const std::int64_t d = given.dilation;
    const std::int64_t p = given.pad;
    b.output(b.node("DeformConv", inputs,
                    {{"group", given.groups},
                     {"offset_group", given.offset_groups},
                     {"strides", ints({s, s})},
                     {"dilations", ints({d, d})},
                     {"pads", ints({p, p, p, p})}}));
    Case made{"DeformConv_" + given.name, b.network(), {{23, 17}, {9, 7}}};
    made.tolerance = 1e-4; // places are fractions of the picture
    return made;
}

Case attention(bool heads, bool mask) {
    Builder b(23);
    const Name x = b.input(4);
    const Name flat = b.node("Reshape", {x, b.integers({1, 4, -1})});
    const Name tokens = b.node("Transpose", {flat}, {{"perm", ints({0, 2, 1})}});
    const Name keys = b.node("MatMul", {tokens, b.weights({4, 4})});
    Name out;
    if (heads) {
        out = b.node("Attention", {tokens, keys, tokens},
                     {{"q_num_heads", std::int64_t{2}}, {"kv_num_heads", std::int64_t{2}}});
    } else {
        const auto batched = [&](const Name &y) { return b.node("Unsqueeze", {y, b.integers({1})}); };
        std::vector<Name> inputs{batched(tokens), batched(keys), batched(tokens)};
        if (mask)
            inputs.push_back(b.node("MatMul", {tokens, flat}));
        out = b.node("Squeeze", {b.node("Attention", inputs, {{"scale", 0.4F}}), b.integers({1})});
    }
    const Name back = b.node("Transpose", {out}, {{"perm", ints({0, 2, 1})}});
    b.output(b.node("Reshape", {back, b.node("Shape", {x})}));
    return {std::string("Attention_23") + (heads ? "_heads" : "") + (mask ? "_mask" : ""),
            b.network(),
            {{9, 7}, {8, 5}}};
}

Case rms_normalization() {
    Builder b(23);
    const Name last = b.node("Transpose", {b.input(6)}, {{"perm", ints({0, 2, 3, 1})}});
    const Name normal = b.node("RMSNormalization", {last, b.random({6}, 0.5F, 1.5F)});
    b.output(b.node("Transpose", {normal}, {{"perm", ints({0, 3, 1, 2})}}));
    return {"RMSNormalization", b.network()};
}

Case triangle(bool upper, std::int64_t k) {
    Builder b;
    b.output(b.node("Trilu", {b.input(2), b.integer(k)}, {{"upper", std::int64_t{upper}}}));
    return {std::string("Trilu_") + (upper ? "upper" : "lower"), b.network()};
}

Case infinite() {
    Builder b(20);
    const Name x = b.input(3);
    const Name large = b.node("Div", {x, b.node("Relu", {x})});
    b.output(b.node("Where", {b.node("IsInf", {large}), b.real(1), x}));
    return {"IsInf", b.network()};
}

Case along_one_axis(const std::string &op) {
    Builder b;
    const Name x = b.input(3);
    const Name row = b.node("Reshape", {x, b.integers({1, 3, -1})});
    Name out;
    if (op == "Conv")
        out = b.node(op, {row, b.weights({3, 3, 5}), b.random({3}, -1, 1)}, {{"pads", ints({2, 2})}});
    else if (op == "ConvTranspose")
        out = b.node(op, {row, b.weights({3, 3, 3})}, {{"pads", ints({1, 1})}});
    else
        out = b.node(op, {row}, {{"kernel_shape", ints({3})}, {"pads", ints({1, 1})}});
    b.output(b.node("Reshape", {out, b.node("Shape", {x})}));
    return {op + "_one_axis", b.network()};
}

} // namespace

std::vector<Case> composed_cases() {
    std::vector<Case> cases;
    cases.push_back(einsum("weights", "bchw,oc->bohw", {5, 4}));
    cases.push_back(einsum("pointwise", "bchw,bchw->bwhc", {}));
    cases.push_back(einsum("spread", "bchw,c->bchw", {4}));
    cases.push_back(einsum_of_channels());
    cases.push_back(einsum_of_sums());
    cases.push_back(einsum_of_three());
    cases.push_back(deformed({.name = "plain"}));
    cases.push_back(deformed({.name = "mask", .mask = true}));
    cases.push_back(deformed({.name = "groups", .groups = 2, .offset_groups = 2, .mask = true}));
    cases.push_back(deformed({.name = "strides", .stride = 2, .mask = true}));
    cases.push_back(deformed({.name = "dilations", .dilation = 2, .pad = 2}));
    cases.push_back(attention(false, false));
    cases.push_back(attention(true, false));
    cases.push_back(attention(false, true));
    for (const std::int64_t p : {1, 2})
        cases.push_back(on_picture("LpNormalization_" + std::to_string(p), "LpNormalization", 17,
                                   {{"axis", std::int64_t{1}}, {"p", p}}));
    cases.push_back(on_picture("MeanVarianceNormalization", "MeanVarianceNormalization", 13, {}));
    cases.push_back(rms_normalization());
    cases.push_back(on_picture("Shrink", "Shrink", 9, {{"lambd", 0.3F}, {"bias", 0.1F}}));
    cases.push_back(on_picture("Swish", "Swish", 24, {{"alpha", 1.5F}}));
    cases.push_back(triangle(true, -2));
    cases.push_back(triangle(false, 1));
    cases.push_back(infinite());
    for (const char *op : {"Conv", "ConvTranspose", "MaxPool", "AveragePool"})
        cases.push_back(along_one_axis(op));
    return cases;
}

} // namespace vsmlrt::test
