// DeformableConv2D: offsets of every tap, and perhaps factors, are inputs. It is written as ONNX's
// DeformConv, and that, since the import gives opset 17, at once in what it is made of
// (model/compositions.h).
#include "base/checked.h"

#include "model/ncnn/activation.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/weighted.h"
#include "model/ncnn/window.h"

namespace vsmlrt::model::ncnn {

void convert_deformable_convolution(Conversion &c) {
    const auto &p = c.parameters;
    const auto outputs = p.integer(0, 0, 1, largest_count);
    const auto window = read_window(p);
    if (window.mode != Pads::stated)
        throw BadModel("padding to SAME is not supported");
    const auto elements = p.integer(6, 0);
    const auto outer = checked_mul(outputs, window.kernel[0] * window.kernel[1], "elements of the kernel");
    if (elements <= 0 || elements % outer != 0)
        throw BadModel("a kernel of ", elements, " elements does not fit ", outputs, " outputs of ",
                       window.kernel[1], "x", window.kernel[0]);
    const auto inputs = elements / outer;
    const auto weights = read_kernel(c, {elements, outputs, 1, p.integer(5, 0) != 0});
    c.expect_channels(inputs);
    const auto taps = window.kernel[0] * window.kernel[1];
    c.expect_channels(2 * taps, 1);
    if (c.inputs().size() > 2)
        c.expect_channels(taps, 2);
    auto shape = c.picture().shape;
    const auto sizes = positions(c, window, shape);
    shape.axes = {c.sizes.constant(outputs), sizes[0], sizes[1]};
    std::vector<std::string> operands{
        c.input().value,
        c.constant("weight", {outputs, inputs, window.kernel[0], window.kernel[1]}, weights.kernel),
        c.picture(1).value,
        weights.bias.empty() ? std::string() : c.constant("bias", {outputs}, weights.bias)};
    if (c.inputs().size() > 2)
        operands.push_back(c.picture(2).value);
    c.result(emit_fused_activation(c, c.emit("DeformConv", operands, window.attributes())), std::move(shape));
}

} // namespace vsmlrt::model::ncnn
