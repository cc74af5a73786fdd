#include "backends/onnxruntime/precision_probe.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vsmlrt::ort {
namespace {

constexpr std::size_t channels = 16;
constexpr std::size_t pixels = picture_elements / channels;
constexpr std::array bits = {6, 9, 16};

// Channels of the picture: 1 twice, 1 + 2^-k for each k, and 2^-30.
constexpr std::size_t one = 0;
constexpr std::size_t other_one = 1;
constexpr std::size_t first_more = 2;
constexpr std::size_t tiny = 5;
// Channels of the results: 2^-k by the picture, by the weights, by what lies between the layers, and 2^-30.
constexpr std::size_t by_picture = 0;
constexpr std::size_t by_weights = 3;
constexpr std::size_t by_layer = 6;
constexpr std::size_t layer_one = 9;
constexpr std::size_t kept_tiny = 10;

float more(std::size_t i) {
    return 1 + std::ldexp(1.0F, -bits[i]);
}

// Rows are channels of the result, columns those of what is read.
using Matrix = std::array<std::array<float, channels>, channels>;

Matrix first_layer() {
    Matrix weights = {};
    for (std::size_t i = 0; i < bits.size(); ++i) {
        weights[by_picture + i][first_more + i] = 1;
        weights[by_picture + i][one] = -1;
        weights[by_weights + i][one] = more(i);
        weights[by_weights + i][other_one] = -1;
        weights[by_layer + i][first_more + i] = 1;
    }
    weights[layer_one][one] = 1;
    weights[kept_tiny][tiny] = 1;
    return weights;
}

Matrix second_layer() {
    Matrix weights = {};
    for (std::size_t i = 0; i < channels; ++i)
        weights[i][i] = 1;
    for (std::size_t i = 0; i < bits.size(); ++i)
        weights[by_layer + i][layer_one] = -1;
    return weights;
}

// 3x3 filters of which only the middle is not zero.
model::Tensor filters(const std::string &name, const Matrix &weights) {
    std::vector<float> values(channels * channels * 9);
    for (std::size_t to = 0; to < channels; ++to)
        for (std::size_t from = 0; from < channels; ++from)
            values[(to * channels + from) * 9 + 4] = weights[to][from];
    return model::make_tensor(name, {channels, channels, 3, 3}, values);
}

model::Tensor factors(const std::string &name, const Matrix &weights) {
    std::vector<float> values(channels * channels);
    for (std::size_t to = 0; to < channels; ++to)
        for (std::size_t from = 0; from < channels; ++from)
            values[from * channels + to] = weights[to][from];
    return model::make_tensor(name, {channels, channels}, values);
}

model::Node node(const char *op, std::vector<std::string> inputs, const char *output) {
    model::Node made;
    made.name = output;
    made.op = op;
    made.inputs = std::move(inputs);
    made.outputs = {output};
    return made;
}

model::Node convolution(const char *input, const char *weights, const char *output) {
    model::Node made = node("Conv", {input, weights}, output);
    made.attributes["pads"] = std::vector<std::int64_t>{1, 1, 1, 1};
    return made;
}

model::Node transposition(const char *input, const char *output, std::vector<std::int64_t> order) {
    model::Node made = node("Transpose", {input}, output);
    made.attributes["perm"] = std::move(order);
    return made;
}

model::Value picture(const char *name) {
    model::Value value;
    value.name = name;
    value.has_shape = true;
    for (const std::int64_t dim : picture_dims)
        value.dims.push_back({dim, {}});
    return value;
}

// Whether every pixel of the channel is about the number; what transforms of fast convolutions add is less
// than half of 2^-16.
bool is(std::span<const float> result, std::size_t channel, float number) {
    const auto plane = result.subspan(channel * pixels, pixels);
    return std::all_of(plane.begin(), plane.end(),
                       [&](float value) { return std::abs(value - number) < number / 2; });
}

bool keeps(std::span<const float> result, std::size_t i) {
    const float number = std::ldexp(1.0F, -bits[i]);
    return is(result, by_picture + i, number) && is(result, by_weights + i, number) &&
           is(result, by_layer + i, number);
}

} // namespace

model::Network probe_network() {
    model::Network network;
    network.inputs = {picture("picture")};
    network.outputs = {picture("convolved"), picture("multiplied")};
    for (model::Tensor &tensor : std::vector{filters("f1", first_layer()), filters("f2", second_layer()),
                                             factors("m1", first_layer()), factors("m2", second_layer())})
        network.initializers[tensor.name] = std::move(tensor);
    // The Relus change nothing and keep the layers apart.
    network.nodes = {convolution("picture", "f1", "c1"),   node("Relu", {"c1"}, "c2"),
                     convolution("c2", "f2", "convolved"), transposition("picture", "rows", {0, 2, 3, 1}),
                     node("MatMul", {"rows", "m1"}, "r1"), node("Relu", {"r1"}, "r2"),
                     node("MatMul", {"r2", "m2"}, "r3"),   transposition("r3", "multiplied", {0, 3, 1, 2})};
    return network;
}

std::vector<float> probe_picture() {
    std::vector<float> values(picture_elements);
    const auto fill = [&](std::size_t channel, float value) {
        std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(channel * pixels), pixels, value);
    };
    fill(one, 1);
    fill(other_one, 1);
    for (std::size_t i = 0; i < bits.size(); ++i)
        fill(first_more + i, more(i));
    fill(tiny, 0x1p-30F);
    return values;
}

vsmlrt_precision judge_probe(std::span<const float> convolved, std::span<const float> multiplied) {
    const auto both = [&](const auto &holds) { return holds(convolved) && holds(multiplied); };
    const auto keep = [&](std::size_t i) {
        return both([&](std::span<const float> result) { return keeps(result, i); });
    };
    if (!keep(0) || !keep(1))
        return VSMLRT_PRECISION_BF16;
    if (keep(2))
        return VSMLRT_PRECISION_FP32;
    return both([](std::span<const float> result) { return is(result, kept_tiny, 0x1p-30F); })
               ? VSMLRT_PRECISION_TF32
               : VSMLRT_PRECISION_FP16;
}

} // namespace vsmlrt::ort
