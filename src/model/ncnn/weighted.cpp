#include "model/ncnn/weighted.h"

#include "base/checked.h"

#include "model/ncnn/converters.h"

#include <cmath>

namespace vsmlrt::model::ncnn {

namespace {

// Scale terms above 100 add a scale for the layer's output; a last digit of 2 is one scale for all groups.
std::vector<float> read_scales(Conversion &c, const KernelLayout &layout) {
    const int term = layout.int8_scale_term;
    const auto kernel_scales = !layout.grouped_scales ? layout.outputs : term % 100 == 2 ? 1 : layout.groups;
    auto scales = c.weights.raw(kernel_scales);
    static_cast<void>(c.weights.raw(term > 100 ? 2 : 1)); // of the layer's input and output
    for (const float scale : scales)
        if (!std::isfinite(scale))
            throw BadModel("an int8 scale is not a finite number");
    return scales;
}

} // namespace

KernelWeights read_kernel(Conversion &c, const KernelLayout &layout) {
    auto stored = c.weights.tagged(layout.size);
    KernelWeights weights;
    weights.kernel = std::move(stored.values);
    if (layout.bias)
        weights.bias = c.weights.raw(layout.outputs);
    if (layout.int8_scale_term == 0) {
        if (stored.int8)
            throw BadModel("int8 weights need scales, and parameter 8 says there are none");
        return weights;
    }
    const auto scales = read_scales(c, layout);
    if (!stored.int8)
        return weights;
    // A scale of 0 is what a kernel of zeros is given.
    const auto each = weights.kernel.size() / scales.size();
    for (std::size_t i = 0; i < weights.kernel.size(); ++i) {
        const float scale = scales[i / each];
        weights.kernel[i] = scale == 0 ? 0 : weights.kernel[i] / scale;
    }
    return weights;
}

void convert_prelu(Conversion &c) {
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    const auto slopes = c.weights.raw(count);
    if (count > 1)
        c.expect_channels(count);
    c.result_like_input(c.emit("PRelu", {c.input().value, c.constant("slope", {count, 1, 1}, slopes)}));
}

void convert_scale(Conversion &c) {
    constexpr int from_blob = -233;
    const bool bias = c.parameters.integer(1, 0) != 0;
    if (c.parameters.integer(0, 0) == from_blob) {
        if (c.inputs().size() != 2 || c.input(1).shape.rank() != 1 || bias)
            throw BadModel("a scale from a blob needs a vector as second input, and takes no bias");
        c.sizes.must_equal(c.input(0).shape.channels(), c.input(1).shape.channels(), "channels and scales");
        c.result_like_input(c.emit("Mul", {c.input(0).value, c.input(1).value}));
        return;
    }
    if (c.inputs().size() != 1)
        throw BadModel("a scale from weights takes one input");
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    c.expect_channels(count);
    auto value = c.emit("Mul", {c.input().value, c.per_channel("scale", c.weights.raw(count))});
    if (bias)
        value = c.emit("Add", {value, c.per_channel("bias", c.weights.raw(count))});
    c.result_like_input(value);
}

void convert_batch_norm(Conversion &c) {
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    const auto epsilon = c.parameters.real(1, 0);
    c.expect_channels(count);
    auto factor = c.weights.raw(count);
    const auto mean = c.weights.raw(count);
    const auto variance = c.weights.raw(count);
    auto offset = c.weights.raw(count);
    for (std::size_t i = 0; i < factor.size(); ++i) {
        factor[i] /= std::sqrt(variance[i] + epsilon);
        offset[i] -= factor[i] * mean[i];
    }
    const auto scaled = c.emit("Mul", {c.input().value, c.per_channel("factor", factor)});
    c.result_like_input(c.emit("Add", {scaled, c.per_channel("offset", offset)}));
}

void convert_memory_data(Conversion &c) {
    c.parameters.must_be(11, 0, "a blob of four axes");
    Shape shape;
    std::vector<std::int64_t> dims{1};
    std::int64_t count = 1;
    for (const int key : {2, 1, 0}) { // channels, height, width
        const auto size = c.parameters.integer(key, 0, 0, largest_count);
        if (size == 0 && dims.size() == 1 && key != 0)
            continue;
        dims.push_back(size);
        shape.axes.push_back(c.sizes.constant(size));
        count = checked_mul(count, size, "elements");
    }
    dims.resize(4, 1);
    const auto values =
        c.parameters.integer(21, 1, 0, 1) == 1 ? c.weights.raw(count) : c.weights.tagged(count).values;
    c.result(c.constant("data", dims, values), std::move(shape));
}

} // namespace vsmlrt::model::ncnn
