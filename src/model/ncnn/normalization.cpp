// InstanceNorm, GroupNorm, LayerNorm, RMSNorm, LRN, Softmax, MVN, Normalize.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::model::ncnn {

namespace {

struct Affine {
    std::vector<float> gamma;
    std::vector<float> beta;
};

Affine read_affine(Conversion &c, std::int64_t count, bool stored) {
    if (stored) {
        auto gamma = c.weights.raw(count);
        return {std::move(gamma), c.weights.raw(count)};
    }
    const auto size = static_cast<std::size_t>(count);
    return {std::vector<float>(size, 1), std::vector<float>(size, 0)};
}

// The axes that LayerNorm and RMSNorm go over, counted in the ONNX value, and the dimensions of their
// weights: rows, or where the number of weights says so the whole plane of a channel.
struct Normalized {
    std::int64_t axis = 1;
    std::vector<std::int64_t> dims;
};

Normalized normalized_axes(Conversion &c, std::int64_t count) {
    const auto &axes = c.input().shape.axes;
    if (axes.size() < 3) {
        c.sizes.must_equal(axes.back(), c.sizes.constant(count), "a row and the weights");
        return axes.size() == 1 ? Normalized{1, {count, 1, 1}} : Normalized{2, {count, 1}};
    }
    const auto height = c.sizes.value(axes[1]);
    const auto width = c.sizes.value(axes[2]);
    if (height && width && *width != count) {
        if (*height * *width != count)
            throw BadModel("has ", count, " weights for a picture of ", *width, "x", *height);
        return {2, {*height, *width}};
    }
    c.sizes.must_equal(axes[2], c.sizes.constant(count), "a row and the weights");
    return {3, {count}};
}

} // namespace

void convert_instance_norm(Conversion &c) {
    const auto stated = c.parameters.integer(0, 0, 0, largest_count);
    const float epsilon = c.parameters.real(1, 0.001F);
    const bool affine = c.parameters.integer(2, 1) != 0;
    const auto &blob = c.picture();
    if (affine)
        c.expect_channels(stated);
    const auto channels = affine ? stated : c.channels();
    const auto [gamma, beta] = read_affine(c, channels, affine);
    c.result_like_input(
        c.emit("InstanceNormalization",
               {blob.value, c.constant("gamma", {channels}, gamma), c.constant("beta", {channels}, beta)},
               {{"epsilon", epsilon}}));
}

void convert_group_norm(Conversion &c) {
    const auto groups = c.parameters.integer(0, 1, 1, largest_count);
    const auto channels = c.parameters.integer(1, 0, 1, largest_count);
    const float epsilon = c.parameters.real(2, 0.001F);
    const bool affine = c.parameters.integer(3, 1) != 0;
    if (channels % groups != 0)
        throw BadModel(channels, " channels do not make ", groups, " groups");
    c.expect_channels(channels);
    const auto &x = c.input().value;
    const std::vector<float> ones(static_cast<std::size_t>(groups), 1);
    const std::vector<float> zeros(static_cast<std::size_t>(groups), 0);
    const auto grouped = c.emit("Reshape", {x, c.integers("groups", {1, groups, -1, 1})});
    const auto normalized =
        c.emit("InstanceNormalization",
               {grouped, c.constant("one", {groups}, ones), c.constant("zero", {groups}, zeros)},
               {{"epsilon", epsilon}});
    auto value = c.emit("Reshape", {normalized, c.emit("Shape", {x})});
    if (affine) {
        const auto [gamma, beta] = read_affine(c, channels, true);
        value = c.emit("Mul", {value, c.per_channel("gamma", gamma)});
        value = c.emit("Add", {value, c.per_channel("beta", beta)});
    }
    c.result_like_input(value);
}

void convert_layer_norm(Conversion &c) {
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    const float epsilon = c.parameters.real(1, 0.001F);
    const auto [gamma, beta] = read_affine(c, count, c.parameters.integer(2, 1) != 0);
    const auto [axis, dims] = normalized_axes(c, count);
    c.result_like_input(
        c.emit("LayerNormalization",
               {c.input().value, c.constant("gamma", dims, gamma), c.constant("beta", dims, beta)},
               {{"axis", axis}, {"epsilon", epsilon}}));
}

void convert_rms_norm(Conversion &c) {
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    const float epsilon = c.parameters.real(1, 0.001F);
    const bool affine = c.parameters.integer(2, 1) != 0;
    const auto [axis, dims] = normalized_axes(c, count);
    std::vector<std::int64_t> axes;
    for (std::int64_t i = axis; i < 4; ++i)
        axes.push_back(i);
    const auto &x = c.input().value;
    const auto mean =
        c.emit("ReduceMean", {c.emit("Mul", {x, x})}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
    const auto root = c.emit("Sqrt", {c.emit("Add", {mean, c.scalar("epsilon", epsilon)})});
    auto value = c.emit("Div", {x, root});
    if (affine)
        value = c.emit("Mul", {value, c.constant("gamma", dims, c.weights.raw(count))});
    c.result_like_input(value);
}

// Sums of squares over neighbouring channels are a convolution with ones; over neighbouring pixels, a
// pooling.
void convert_lrn(Conversion &c) {
    const auto region = c.parameters.integer(0, 0, 0, 1);
    const std::int64_t size = c.parameters.integer(1, 5, 1, 1 << 12);
    const float alpha = c.parameters.real(2, 1);
    const float beta = c.parameters.real(3, 0.75F);
    const float bias = c.parameters.real(4, 1);
    const auto &x = c.picture().value;
    const auto squares = c.emit("Mul", {x, x});
    std::string mean;
    const std::int64_t before = size / 2;
    if (region == 0) {
        const auto channels = c.channels();
        constexpr std::int64_t most = 1 << 12; // the band's width and height
        if (channels > most)
            throw BadModel("has ", channels, " channels, and up to ", most, " are supported");
        std::vector<float> band(static_cast<std::size_t>(channels * channels), 0);
        for (std::int64_t to = 0; to < channels; ++to)
            for (std::int64_t from = std::max<std::int64_t>(to - before, 0);
                 from < std::min(to - before + size, channels); ++from)
                band[static_cast<std::size_t>(to * channels + from)] = 1 / static_cast<float>(size);
        mean = c.emit("Conv", {squares, c.constant("band", {channels, channels, 1, 1}, band)});
    } else {
        const std::int64_t after = size - before - 1;
        mean = c.emit("AveragePool", {squares},
                      {{"kernel_shape", std::vector<std::int64_t>{size, size}},
                       {"pads", std::vector<std::int64_t>{before, before, after, after}},
                       {"count_include_pad", std::int64_t{1}}});
    }
    const auto sum = c.emit("Add", {c.emit("Mul", {mean, c.scalar("alpha", alpha)}), c.scalar("bias", bias)});
    c.result_like_input(c.emit("Mul", {x, c.emit("Pow", {sum, c.scalar("minus_beta", -beta)})}));
}

void convert_softmax(Conversion &c) {
    const auto rank = static_cast<std::int32_t>(c.input().shape.rank());
    const auto stated = c.parameters.integer(0, 0, -rank, rank - 1);
    // ncnn refuses these files as well: their axis meant another one.
    if (stated != 0 && c.parameters.integer(1, 0) == 0)
        throw BadModel(
            "parameter 1: the axis of a file this old has another meaning; convert the network again");
    const std::int64_t axis = stated < 0 ? stated + rank : stated;
    c.result_like_input(c.emit("Softmax", {c.input().value}, {{"axis", axis + 1}}));
}

// Mean and variance of each channel, or of all of them.
void convert_mvn(Conversion &c) {
    const bool variance = c.parameters.integer(0, 0) != 0;
    const bool all = c.parameters.integer(1, 0) != 0;
    const float epsilon = c.parameters.real(2, 0.0001F);
    const Attributes over{
        {"axes", all ? std::vector<std::int64_t>{1, 2, 3} : std::vector<std::int64_t>{2, 3}},
        {"keepdims", std::int64_t{1}}};
    const auto &x = c.picture().value;
    auto value = c.emit("Sub", {x, c.emit("ReduceMean", {x}, over)});
    if (variance) {
        const auto mean = c.emit("ReduceMean", {c.emit("Mul", {value, value})}, over);
        value = c.emit("Div", {value, c.emit("Add", {c.emit("Sqrt", {mean}), c.scalar("epsilon", epsilon)})});
    }
    c.result_like_input(value);
}

// A picture over the length of its pixels (across channels), of its channels (across the plane), or of
// itself.
void convert_normalize(Conversion &c) {
    const auto &p = c.parameters;
    const bool across_plane = p.integer(0, 0) != 0;
    const bool across_channels = p.integer(4, 1) != 0;
    const bool shared = p.integer(1, 0) != 0;
    const float epsilon = p.real(2, 0.0001F);
    const auto count = p.integer(3, 0, 0, largest_count);
    const auto mode = p.integer(9, 0, 0, 2);
    const auto factors = c.weights.raw(count);
    const auto &x = c.picture().value;
    std::vector<std::int64_t> axes;
    if (across_channels)
        axes.push_back(1);
    if (across_plane)
        axes.insert(axes.end(), {2, 3});
    if (axes.empty())
        throw BadModel("is asked to be normalized over nothing");
    const auto square = c.emit("Mul", {x, x});
    auto length = c.emit("ReduceSum", {square, c.integers("axes", axes)}, {{"keepdims", std::int64_t{1}}});
    const auto small = c.scalar("epsilon", epsilon);
    if (mode != 1)
        length = c.emit(mode == 0 ? "Add" : "Max", {length, small});
    length = c.emit("Sqrt", {length});
    if (mode == 1)
        length = c.emit("Max", {length, small});
    auto value = c.emit("Div", {x, length});
    if (shared && count != 1)
        throw BadModel("has ", count, " factors, and one is for all channels");
    if (!shared)
        c.expect_channels(count);
    value = c.emit("Mul",
                   {value, shared ? c.scalar("factor", factors.front()) : c.per_channel("factor", factors)});
    c.result_like_input(value);
}

} // namespace vsmlrt::model::ncnn
