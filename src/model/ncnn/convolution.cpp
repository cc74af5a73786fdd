// Convolution, ConvolutionDepthWise, InnerProduct.
#include "base/checked.h"

#include "model/ncnn/activation.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/weighted.h"
#include "model/ncnn/window.h"

#include <algorithm>

namespace vsmlrt::model::ncnn {

namespace {

// Padding with a value other than 0 needs a node of its own.
std::string pad_with(Conversion &c, const std::string &value, Window &window, float filler) {
    if (filler == 0 || (window.mode == Pads::stated && !window.padded()))
        return value;
    if (window.mode != Pads::stated)
        throw BadModel("parameter 18: padding to SAME with a value at a stride above 1 is not supported");
    const auto [top, left, bottom, right] = window.pads;
    window.pads = {};
    return c.emit("Pad", {value, c.integers("pads", {0, 0, top, left, 0, 0, bottom, right}),
                          c.scalar("filler", filler)});
}

// A 1x1 convolution of a value N, inputs, X, Y.
std::string emit_dense(Conversion &c, const std::string &value, std::int64_t inputs, std::int64_t outputs,
                       const KernelWeights &weights) {
    std::vector<std::string> operands{value, c.constant("weight", {outputs, inputs, 1, 1}, weights.kernel)};
    if (!weights.bias.empty())
        operands.push_back(c.constant("bias", {outputs}, weights.bias));
    return emit_fused_activation(c, c.emit("Conv", operands));
}

} // namespace

void convert_convolution(Conversion &c) {
    const auto &p = c.parameters;
    p.must_be(19, 0, "a kernel that is an input");
    const auto outputs = p.integer(0, 0, 1, largest_count);
    const auto groups = p.integer(7, 1, 1, outputs);
    auto window = read_window(p);
    const auto elements = p.integer(6, 0);
    const auto outer = checked_mul(outputs, window.kernel[0] * window.kernel[1], "elements of the kernel");
    if (elements <= 0 || elements % outer != 0 || outputs % groups != 0)
        throw BadModel("a kernel of ", elements, " elements does not fit ", outputs, " outputs of ",
                       window.kernel[1], "x", window.kernel[0], " in ", groups,
                       groups == 1 ? " group" : " groups");
    const auto inputs_each = elements / outer;

    KernelLayout layout{elements, outputs, groups, p.integer(5, 0) != 0, p.integer(8, 0, 0, 102)};
    layout.grouped_scales = p.has(7);
    const auto weights = read_kernel(c, layout);
    c.expect_channels(checked_mul(inputs_each, groups, "input channels"));

    // A kernel of 1x1 on a vector is the older way to write InnerProduct.
    const bool vector = c.input().shape.rank() == 1 && outer == outputs && !window.padded();
    state_same_pads(window);
    if (window.mode != Pads::stated && window.dilation != std::array<std::int64_t, 2>{1, 1})
        throw BadModel("padding to SAME with a dilation and a stride above 1 is not supported");
    auto shape = c.input().shape;
    shape.axes[0] = c.sizes.constant(outputs);
    if (!vector) {
        const auto sizes = positions(c, window, c.picture().shape);
        shape.axes[1] = sizes[0];
        shape.axes[2] = sizes[1];
    }
    const auto value = pad_with(c, c.input().value, window, p.real(18, 0));
    std::vector<std::string> operands{
        value,
        c.constant("weight", {outputs, inputs_each, window.kernel[0], window.kernel[1]}, weights.kernel)};
    if (!weights.bias.empty())
        operands.push_back(c.constant("bias", {outputs}, weights.bias));
    auto attributes = window.attributes();
    if (groups != 1)
        attributes["group"] = std::int64_t{groups};
    c.result(emit_fused_activation(c, c.emit("Conv", operands, std::move(attributes))), std::move(shape));
}

void convert_inner_product(Conversion &c) {
    const auto &p = c.parameters;
    const auto outputs = p.integer(0, 0, 1, largest_count);
    const auto elements = p.integer(2, 0);
    if (elements <= 0 || elements % outputs != 0)
        throw BadModel("a matrix of ", elements, " elements does not fit ", outputs, " outputs");
    const auto inputs = elements / outputs;
    const auto weights =
        read_kernel(c, {elements, outputs, 1, p.integer(1, 0) != 0, p.integer(8, 0, 0, 102)});

    const auto &blob = c.input();
    const auto count = c.sizes.constant(inputs);
    const auto dense = [&](const std::string &value) {
        return emit_dense(c, value, inputs, outputs, weights);
    };
    if (blob.shape.rank() == 2 && c.sizes.value(blob.shape.axes[1]) == inputs) {
        // Every row is a vector: rows N, H, W, 1 are turned to N, W, H, 1, and back.
        const Attributes swap{{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}};
        const auto turned = dense(c.emit("Transpose", {blob.value}, swap));
        c.result(c.emit("Transpose", {turned}, swap), {{blob.shape.axes[0], c.sizes.constant(outputs)}});
        return;
    }
    SymbolicSize total = c.sizes.constant(1);
    for (const auto size : blob.shape.axes)
        total = c.sizes.multiply(total, size);
    c.sizes.must_equal(total, count, "elements of the input and of the weights");
    const bool flat = std::all_of(blob.shape.axes.begin() + 1, blob.shape.axes.end(),
                                  [&](SymbolicSize size) { return c.sizes.value(size) == 1; });
    const auto vector =
        flat ? blob.value : c.emit("Reshape", {blob.value, c.integers("flat", {1, inputs, 1, 1})});
    c.result(dense(vector), {{c.sizes.constant(outputs)}});
}

} // namespace vsmlrt::model::ncnn
