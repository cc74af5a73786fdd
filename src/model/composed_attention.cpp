// Attention (opset 23) as its two products and a softmax.
//
// Source: ONNX's operator documentation (Attention). What remembers former keys (past_key, past_value) and
// heads that share keys stay as they are.
#include "model/composer.h"

namespace vsmlrt::model {
namespace {

// batch, heads, length, width; from batch, length, heads * width where the node states how many heads.
std::string by_heads(Composer &c, const std::string &value, std::int64_t heads) {
    if (heads == 0)
        return value;
    const std::string parts = c.emit("Reshape", {value, c.integers({0, 0, heads, -1})});
    return c.emit("Transpose", {parts}, {{"perm", Integers{0, 2, 1, 3}}});
}

std::string scaled(Composer &c, const std::string &queries, Element type) {
    if (c.node().attributes.contains("scale"))
        return c.emit("Mul", {queries, c.real(c.node().real("scale", 1), type)});
    const std::string width = c.emit("Gather", {c.sizes(queries), c.integer(-1)});
    return c.emit("Div", {queries, c.cast(c.emit("Sqrt", {c.cast(width, Element::f32)}), type)});
}

// Summands of the scores: a mask of truths says which keys count.
std::string summand(Composer &c, const std::string &mask, Element type) {
    if (c.type(mask) != Element::boolean)
        return mask;
    // As small as float16 can say, so that a row without a key stays a number.
    return c.emit("Where", {mask, c.real(0, type), c.real(-65504, type)});
}

bool is_readable(const Node &node) {
    for (std::size_t i = 4; i < node.inputs.size(); ++i)
        if (!node.inputs[i].empty())
            return false;
    for (std::size_t i = 1; i < node.outputs.size(); ++i)
        if (!node.outputs[i].empty())
            return false;
    return node.integer("is_causal", 0) == 0 && node.real("softcap", 0) == 0 &&
           node.integer("q_num_heads", 0) == node.integer("kv_num_heads", 0) && node.inputs.size() >= 3;
}

} // namespace

bool compose_attention(Composer &c) {
    if (!is_readable(c.node()))
        return false;
    const Element type = c.type(c.input(0));
    const std::int64_t heads = c.node().integer("q_num_heads", 0);
    const std::string queries = scaled(c, by_heads(c, c.input(0), heads), type);
    const std::string keys =
        c.emit("Transpose", {by_heads(c, c.input(1), heads)}, {{"perm", Integers{0, 1, 3, 2}}});
    std::string scores = c.emit("MatMul", {queries, keys});
    if (const std::string mask = c.input(3); !mask.empty())
        scores = c.emit("Add", {scores, summand(c, mask, type)});
    const std::string shares = c.emit("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    const std::string values = by_heads(c, c.input(2), heads);
    if (heads == 0) {
        c.result("MatMul", {shares, values});
        return true;
    }
    const std::string mixed =
        c.emit("Transpose", {c.emit("MatMul", {shares, values})}, {{"perm", Integers{0, 2, 1, 3}}});
    c.result("Reshape", {mixed, c.integers({0, 0, -1})});
    return true;
}

} // namespace vsmlrt::model
