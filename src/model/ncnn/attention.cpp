// MultiHeadAttention (as torch.nn.MultiheadAttention) and SDPA (as torch's scaled_dot_product_attention):
// softmax(scale * q k^T + mask) v, for each head.
#include "model/ncnn/axes.h"

#include "base/checked.h"

#include "model/ncnn/converters.h"

#include <array>
#include <cmath>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int most = 1 << 20;

// Queries, keys and values, and what is added to the products of the first two, where there is such a thing.
struct Inputs {
    std::size_t key = 0;
    std::size_t value = 0;
    std::optional<std::size_t> mask;
};

Inputs read_inputs(Conversion &c) {
    c.parameters.must_be(7, 0, "attention that keeps keys and values");
    c.parameters.must_be(18, 0, "attention in int8");
    const bool masked = c.parameters.integer(5, 0) != 0;
    const auto count = c.inputs().size() - (masked ? 1 : 0);
    if (count < 1 || count > 3)
        throw BadModel("has ", c.inputs().size(), " inputs, and takes 1 to 3, and a mask");
    Inputs inputs;
    inputs.key = count > 1 ? 1 : 0;
    inputs.value = count > 2 ? 2 : inputs.key;
    if (masked)
        inputs.mask = count;
    return inputs;
}

// All three as (1, heads, places, numbers); `turned_keys` as (1, heads, numbers, places).
std::string attend(Conversion &c, const std::string &queries, const std::string &turned_keys,
                   const std::string &values, const Inputs &inputs) {
    auto scores = c.emit("MatMul", {queries, turned_keys});
    if (inputs.mask)
        scores = c.emit("Add", {scores, as_matrices(c, c.input(*inputs.mask))});
    const auto weights = c.emit("Softmax", {scores}, {{"axis", std::int64_t{3}}});
    return c.emit("MatMul", {weights, values});
}

// A mask has a row for each query and a column for each key, for all heads or for each.
void check_mask(Conversion &c, const Inputs &inputs, SymbolicSize queries, SymbolicSize keys,
                SymbolicSize heads) {
    if (!inputs.mask)
        return;
    const auto &axes = c.input(*inputs.mask).shape.axes;
    if (axes.size() < 2)
        throw BadModel("the mask must have rows and columns");
    c.sizes.must_equal(axes[axes.size() - 2], queries, "rows of the mask and queries");
    c.sizes.must_equal(axes.back(), keys, "columns of the mask and keys");
    if (axes.size() == 3 && c.sizes.value(axes[0]) != 1)
        c.sizes.must_equal(axes[0], heads, "masks and heads");
}

// A row of `from` numbers becomes one of `to`, times a factor.
std::string linear(Conversion &c, const char *role, const std::string &rows, std::int64_t from,
                   std::int64_t to, float factor = 1) {
    const auto stored = c.weights.tagged(checked_mul(from, to, "weights"));
    if (stored.int8)
        throw BadModel("int8 weights of attention are not supported");
    std::vector<float> kernel(stored.values.size());
    for (std::int64_t i = 0; i < to; ++i)
        for (std::int64_t j = 0; j < from; ++j)
            kernel[static_cast<std::size_t>(j * to + i)] =
                factor * stored.values[static_cast<std::size_t>(i * from + j)];
    auto bias = c.weights.raw(to);
    for (float &number : bias)
        number *= factor;
    const auto product = c.emit("MatMul", {rows, c.constant(role, {from, to}, kernel)});
    return c.emit("Add", {product, c.constant("bias", {to}, bias)});
}

} // namespace

void convert_multi_head_attention(Conversion &c) {
    const auto &p = c.parameters;
    const std::int64_t embedded = p.integer(0, 0, 1, most);
    const std::int64_t heads = p.integer(1, 1, 1, most);
    const std::int64_t weights = p.integer(2, 0, 1, 1 << 30);
    const std::int64_t key_size = p.integer(3, static_cast<std::int32_t>(embedded), 1, most);
    const std::int64_t value_size = p.integer(4, static_cast<std::int32_t>(embedded), 1, most);
    if (embedded % heads != 0 || weights % embedded != 0)
        throw BadModel(embedded, " numbers do not make ", heads, " heads of ", weights, " weights");
    const std::int64_t each = embedded / heads;
    const std::int64_t query_size = weights / embedded;
    const float scale = p.real(6, 1 / std::sqrt(static_cast<float>(each)));
    const auto inputs = read_inputs(c);
    for (const auto &[index, size] :
         {std::pair{std::size_t{0}, query_size}, {inputs.key, key_size}, {inputs.value, value_size}}) {
        if (c.input(index).shape.rank() != 2)
            throw BadModel("takes rows of numbers, and input ", index, " has ", c.input(index).shape.rank(),
                           " axes");
        c.sizes.must_equal(c.input(index).shape.axes[1], c.sizes.constant(size), "a row and the weights");
    }
    c.sizes.must_equal(c.input(inputs.key).shape.axes[0], c.input(inputs.value).shape.axes[0],
                       "keys and values");

    check_mask(c, inputs, c.input(0).shape.axes[0], c.input(inputs.key).shape.axes[0],
               c.sizes.constant(heads));

    const auto head_by_head = [&](const std::string &rows, std::vector<std::int64_t> perm) {
        const auto parts = c.emit("Reshape", {rows, c.integers("heads", {1, -1, heads, each})});
        return c.emit("Transpose", {parts}, {{"perm", std::move(perm)}});
    };
    const auto rows_of = [&](std::size_t index) { return as_matrices(c, c.input(index)); };
    // In the order in which the file has their weights.
    const auto queries = linear(c, "queries", rows_of(0), query_size, embedded, scale);
    const auto keys = linear(c, "keys", rows_of(inputs.key), key_size, embedded);
    const auto values = linear(c, "values", rows_of(inputs.value), value_size, embedded);
    const auto mixed = attend(c, head_by_head(queries, {0, 2, 1, 3}), head_by_head(keys, {0, 2, 3, 1}),
                              head_by_head(values, {0, 2, 1, 3}), inputs);
    const auto side_by_side = c.emit("Transpose", {mixed}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    const auto rows = c.emit("Reshape", {side_by_side, c.integers("rows", {1, 1, -1, embedded})});
    const auto value = linear(c, "output", rows, embedded, query_size);
    constexpr std::array<std::size_t, 2> places{2, 3};
    c.result(from_axes_at(c, value, places), c.input(0).shape);
}

void convert_sdpa(Conversion &c) {
    const auto inputs = read_inputs(c);
    const auto &query = c.picture(0).shape;
    const auto &key = c.picture(inputs.key).shape;
    const auto &value = c.picture(inputs.value).shape;
    for (const auto *other : {&key, &value})
        c.sizes.must_equal(query.axes[0], other->axes[0], "heads");
    c.sizes.must_equal(query.axes[2], key.axes[2], "numbers of queries and keys");
    c.sizes.must_equal(key.axes[1], value.axes[1], "keys and values");
    check_mask(c, inputs, query.axes[1], key.axes[1], query.axes[0]);
    float scale = c.parameters.real(6, 0);
    if (scale == 0)
        scale = 1 / std::sqrt(static_cast<float>(c.fixed(query.axes[2], "the size of a query")));
    const auto scaled = c.emit("Mul", {c.input(0).value, c.scalar("scale", scale)});
    const auto turned =
        c.emit("Transpose", {c.input(inputs.key).value}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
    c.result(attend(c, scaled, turned, c.input(inputs.value).value, inputs),
             {{query.axes[0], query.axes[1], value.axes[2]}});
}

} // namespace vsmlrt::model::ncnn
