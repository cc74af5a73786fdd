#include "networks/builder.h"
#include "networks/families.h"

#include <cmath>

namespace vsmlrt::test {
namespace {

constexpr std::int64_t window = 4;
constexpr std::int64_t pixels = window * window; // of a window
constexpr std::int64_t features = 8;
constexpr std::int64_t heads = 2;

Name reshaped(Builder &b, const Name &x, const Name &dims) {
    return b.node("Reshape", {x, dims});
}

Name transposed(Builder &b, const Name &x, std::vector<std::int64_t> order) {
    return b.node("Transpose", {x}, {{"perm", ints(std::move(order))}});
}

Name stacked(Builder &b, const std::vector<Name> &parts) {
    return b.node("Concat", parts, {{"axis", std::int64_t{0}}});
}

Name linear(Builder &b, const Name &x, std::int64_t from, std::int64_t to) {
    return b.node("Add", {b.node("MatMul", {x, b.weights({from, to})}), b.random({to}, -0.1F, 0.1F)});
}

Name normalized(Builder &b, const Name &x) {
    return b.node("LayerNormalization",
                  {x, b.random({features}, 0.5F, 1.5F), b.random({features}, -0.1F, 0.1F)},
                  {{"axis", std::int64_t{-1}}});
}

// Gelu as exporters write it out.
Name gelu(Builder &b, const Name &x) {
    const Name erf = b.node("Erf", {b.node("Div", {x, b.real(std::sqrt(2.0F))})});
    const Name sum = b.node("Add", {erf, b.real(1)});
    return b.node("Mul", {b.node("Mul", {x, sum}), b.real(0.5F)});
}

Name attention(Builder &b, const Name &x) {
    const auto split = [&](std::vector<std::int64_t> order) {
        const Name all = linear(b, x, features, features);
        return transposed(b, reshaped(b, all, b.integers({-1, pixels, heads, features / heads})),
                          std::move(order));
    };
    const Name queries = b.node("Mul", {split({0, 2, 1, 3}), b.real(0.5F)});
    const Name products = b.node("MatMul", {queries, split({0, 2, 3, 1})});
    const Name biased = b.node("Add", {products, b.random({1, heads, pixels, pixels}, -0.5F, 0.5F)});
    const Name weights = b.node("Softmax", {biased}, {{"axis", std::int64_t{-1}}});
    const Name mixed = transposed(b, b.node("MatMul", {weights, split({0, 2, 1, 3})}), {0, 2, 1, 3});
    return linear(b, reshaped(b, mixed, b.integers({-1, pixels, features})), features, features);
}

} // namespace

model::Network swin() {
    Builder b;
    const Name shallow = b.conv(b.input(3), 3, features);
    const Name shape = b.node("Shape", {shallow});
    const auto size = [&](std::int64_t axis) {
        return b.node("Gather", {shape, b.integers({axis})}, {{"axis", std::int64_t{0}}});
    };
    const auto windows = [&](std::int64_t axis) { return b.node("Div", {size(axis), b.integers({window})}); };
    const Name one = b.integers({1});
    const Name side = b.integers({window});
    const Name depth = b.integers({features});
    const Name rows = reshaped(b, transposed(b, shallow, {0, 2, 3, 1}),
                               stacked(b, {one, windows(2), side, windows(3), side, depth}));
    Name x = reshaped(b, transposed(b, rows, {0, 1, 3, 2, 4, 5}), b.integers({-1, pixels, features}));
    x = b.node("Add", {x, attention(b, normalized(b, x))});
    const Name hidden = gelu(b, linear(b, normalized(b, x), features, 2 * features));
    x = b.node("Add", {x, linear(b, hidden, 2 * features, features)});
    const Name apart = reshaped(b, x, stacked(b, {one, windows(2), windows(3), side, side, depth}));
    const Name whole =
        reshaped(b, transposed(b, apart, {0, 1, 3, 2, 4, 5}), stacked(b, {one, size(2), size(3), depth}));
    const Name deep = b.conv(transposed(b, whole, {0, 3, 1, 2}), features, features);
    const Name grown = b.conv(b.node("Add", {deep, shallow}), features, 12);
    return b
        .output(
            b.node("DepthToSpace", {grown}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}}))
        .network();
}

} // namespace vsmlrt::test
