// SwinIR and SCUNet as their exports have them: windows by reshapes and transposes, rolls by slices. The
// masks of shifted windows, constants of exports of one size, are left out.
#include "cuda/bench_networks.h"

#include "networks/builder.h"

#include <cmath>

namespace vsmlrt::test {
namespace {

constexpr std::int64_t side = 8; // of a window
constexpr std::int64_t pixels = side * side;

Name reshaped(Builder &b, const Name &x, const Name &dims) {
    return b.node("Reshape", {x, dims});
}
Name transposed(Builder &b, const Name &x, std::vector<std::int64_t> order) {
    return b.node("Transpose", {x}, {{"perm", ints(std::move(order))}});
}
Name joined(Builder &b, const std::vector<Name> &parts, std::int64_t axis) {
    return b.node("Concat", parts, {{"axis", axis}});
}
// Weights of the last layer of a residual: a trained one is small beside what it is added to, and with larger
// ones the picture grows from block to block until float16 overflows.
Name small_weights(Builder &b, const std::vector<std::int64_t> &dims, std::int64_t fan_in) {
    const float most = 0.3F * std::sqrt(3.0F / static_cast<float>(fan_in));
    return b.random(dims, -most, most);
}
Name last_linear(Builder &b, const Name &x, std::int64_t from, std::int64_t to) {
    return b.node("Add",
                  {b.node("MatMul", {x, small_weights(b, {from, to}, from)}), b.random({to}, -0.1F, 0.1F)});
}
Name last_conv(Builder &b, const Name &x, std::int64_t channels, std::int64_t kernel) {
    const std::int64_t pad = kernel / 2;
    return b.node("Conv",
                  {x, small_weights(b, {channels, channels, kernel, kernel}, channels * kernel * kernel)},
                  {{"pads", ints({pad, pad, pad, pad})}});
}
Name linear(Builder &b, const Name &x, std::int64_t from, std::int64_t to) {
    return b.node("Add", {b.node("MatMul", {x, b.weights({from, to})}), b.random({to}, -0.1F, 0.1F)});
}
Name normalized(Builder &b, const Name &x, std::int64_t channels) {
    return b.node("LayerNormalization",
                  {x, b.random({channels}, 0.5F, 1.5F), b.random({channels}, -0.1F, 0.1F)},
                  {{"axis", std::int64_t{-1}}});
}
Name gelu(Builder &b, const Name &x) {
    const Name erf = b.node("Erf", {b.node("Div", {x, b.real(std::sqrt(2.0F))})});
    return b.node("Mul", {b.node("Mul", {x, b.node("Add", {erf, b.real(1)})}), b.real(0.5F)});
}

// Rows and columns of pictures (1, H, W, C), as numbers that the network finds out.
struct Size {
    Name rows, columns, rows_of_windows, columns_of_windows;

    Size(Builder &b, const Name &picture, std::int64_t first_axis) {
        const Name shape = b.node("Shape", {picture});
        const auto size = [&](std::int64_t axis) {
            return b.node("Gather", {shape, b.integers({axis})}, {{"axis", std::int64_t{0}}});
        };
        rows = size(first_axis);
        columns = size(first_axis + 1);
        rows_of_windows = b.node("Div", {rows, b.integers({side})});
        columns_of_windows = b.node("Div", {columns, b.integers({side})});
    }
};

Name rolled(Builder &b, const Name &x, std::int64_t by) {
    Name y = x;
    for (const std::int64_t axis : {1, 2}) {
        const Name end = b.node("Slice", {y, b.integers({by}), b.integers({INT64_MAX}), b.integers({axis})});
        const Name begin = b.node("Slice", {y, b.integers({0}), b.integers({by}), b.integers({axis})});
        y = joined(b, {end, begin}, axis);
    }
    return y;
}

struct Attention {
    std::int64_t channels;
    std::int64_t heads;
    std::int64_t hidden; // of the perceptron
    bool shifted;
};

// Of windows (-1, pixels, channels).
Name attended(Builder &b, const Name &x, const Attention &shape) {
    const std::int64_t own = shape.channels / shape.heads;
    const Name all = reshaped(b, linear(b, x, shape.channels, 3 * shape.channels),
                              b.integers({-1, pixels, 3, shape.heads, own}));
    const Name apart = transposed(b, all, {2, 0, 3, 1, 4});
    const auto part = [&](std::int64_t index) {
        return b.node("Gather", {apart, b.integer(index)}, {{"axis", std::int64_t{0}}});
    };
    const Name queries = b.node("Mul", {part(0), b.real(1 / std::sqrt(static_cast<float>(own)))});
    const Name products = b.node("MatMul", {queries, transposed(b, part(1), {0, 1, 3, 2})});
    const Name biased = b.node("Add", {products, b.random({1, shape.heads, pixels, pixels}, -0.5F, 0.5F)});
    const Name weights = b.node("Softmax", {biased}, {{"axis", std::int64_t{-1}}});
    const Name mixed = transposed(b, b.node("MatMul", {weights, part(2)}), {0, 2, 1, 3});
    return last_linear(b, reshaped(b, mixed, b.integers({-1, pixels, shape.channels})), shape.channels,
                       shape.channels);
}

// A block of a Swin transformer on (1, H, W, C).
Name swin_block(Builder &b, const Name &x, const Size &size, const Attention &shape) {
    const Name one = b.integers({1});
    const Name edge = b.integers({side});
    const Name depth = b.integers({shape.channels});
    Name y = normalized(b, x, shape.channels);
    if (shape.shifted)
        y = rolled(b, y, side / 2);
    y = reshaped(b, y, joined(b, {one, size.rows_of_windows, edge, size.columns_of_windows, edge, depth}, 0));
    y = reshaped(b, transposed(b, y, {0, 1, 3, 2, 4, 5}), b.integers({-1, pixels, shape.channels}));
    y = reshaped(b, attended(b, y, shape),
                 joined(b, {one, size.rows_of_windows, size.columns_of_windows, edge, edge, depth}, 0));
    y = reshaped(b, transposed(b, y, {0, 1, 3, 2, 4, 5}),
                 joined(b, {one, size.rows, size.columns, depth}, 0));
    if (shape.shifted)
        y = rolled(b, y, -side / 2);
    y = b.node("Add", {x, y});
    const Name hidden = gelu(b, linear(b, normalized(b, y, shape.channels), shape.channels, shape.hidden));
    return b.node("Add", {y, last_linear(b, hidden, shape.hidden, shape.channels)});
}

// A block of SCUNet (Zhang et al. 2023): half of the channels through convolutions, half through attention.
Name mixed_block(Builder &b, const Name &x, int channels, bool shifted) {
    const int half = channels / 2;
    const std::vector<Name> halves =
        b.nodes("Split", {b.conv(x, channels, channels, 1), b.integers({half, half})}, 2,
                {{"axis", std::int64_t{1}}});
    const Name inner = b.node("Relu", {b.conv(halves[0], half, half)});
    const Name convolved = b.node("Add", {last_conv(b, inner, half, 3), halves[0]});
    const Name rows = transposed(b, halves[1], {0, 2, 3, 1});
    const Name attended_half = transposed(
        b, swin_block(b, rows, Size(b, rows, 1), {half, half / 32, 4L * half, shifted}), {0, 3, 1, 2});
    return b.node("Add", {last_conv(b, joined(b, {convolved, attended_half}, 1), channels, 1), x});
}

Name mixed_blocks(Builder &b, const Name &x, int channels) {
    Name y = x;
    for (int i = 0; i < 4; ++i)
        y = mixed_block(b, y, channels, i % 2 == 1);
    return y;
}

} // namespace

model::Network bench_swinir() {
    Builder b;
    constexpr int features = 60;
    const Name shallow = b.conv(b.input(3), 3, features);
    const Size size(b, shallow, 2);
    Name y = normalized(b, transposed(b, shallow, {0, 2, 3, 1}), features);
    for (int group = 0; group < 4; ++group) {
        Name z = y;
        for (int block = 0; block < 6; ++block)
            z = swin_block(b, z, size, {features, 6, 2 * features, block % 2 == 1});
        const Name convolved = b.conv(transposed(b, z, {0, 3, 1, 2}), features, features);
        y = b.node("Add", {y, transposed(b, convolved, {0, 2, 3, 1})});
    }
    const Name deep = transposed(b, normalized(b, y, features), {0, 3, 1, 2});
    const Name sum = b.node("Add", {b.conv(deep, features, features), shallow});
    return b
        .output(b.node("DepthToSpace", {b.conv(sum, features, 12)},
                       {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}}))
        .network();
}

model::Network bench_scunet() {
    Builder b;
    const int channels[] = {64, 128, 256, 512};
    Name y = b.conv(b.input(3), 3, 64);
    std::vector<Name> skips{y};
    for (int level = 0; level < 3; ++level) {
        y = b.conv(mixed_blocks(b, y, channels[level]), channels[level], channels[level + 1], 2, 2, 0);
        skips.push_back(y);
    }
    y = mixed_blocks(b, y, 512);
    for (std::size_t level = 3; level-- > 0;) {
        const Name up = b.node(
            "ConvTranspose",
            {b.node("Add", {y, skips[level + 1]}), b.weights({channels[level + 1], channels[level], 2, 2})},
            {{"strides", ints({2, 2})}});
        y = mixed_blocks(b, up, channels[level]);
    }
    return b.output(b.conv(b.node("Add", {y, skips[0]}), 64, 3)).network();
}

} // namespace vsmlrt::test
