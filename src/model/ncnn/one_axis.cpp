// Convolution1D and ConvolutionDepthWise1D: rows of the blob are channels, and the window slides along them.
#include "base/checked.h"

#include "model/ncnn/activation.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/weighted.h"
#include "model/ncnn/window.h"

namespace vsmlrt::model::ncnn {

namespace {} // namespace

void convert_convolution_1d(Conversion &c) {
    const auto &p = c.parameters;
    p.must_be(19, 0, "a kernel that is an input");
    if (p.real(18, 0) != 0)
        throw BadModel("padding with a value other than 0 is not supported");
    const auto picture = rows_as_picture(c);
    const auto outputs = p.integer(0, 0, 1, largest_count);
    const auto groups = p.integer(7, 1, 1, outputs);
    // Read as a square window; what counts is its width.
    const auto square = read_window(p, {.pad_top = 31, .pad_bottom = 31});
    if (square.mode != Pads::stated)
        throw BadModel("padding to SAME is not supported");
    const auto window = along_rows(square);
    const auto elements = p.integer(6, 0);
    const auto outer = checked_mul(outputs, window.kernel[0], "elements of the kernel");
    if (elements <= 0 || elements % outer != 0 || outputs % groups != 0)
        throw BadModel("a kernel of ", elements, " elements does not fit ", outputs, " outputs of ",
                       window.kernel[0], " in ", groups, groups == 1 ? " group" : " groups");
    const auto inputs_each = elements / outer;
    const auto weights = read_kernel(c, {elements, outputs, groups, p.integer(5, 0) != 0});
    c.expect_channels(checked_mul(inputs_each, groups, "input channels"));
    std::vector<std::string> operands{
        c.input().value, c.constant("weight", {outputs, inputs_each, window.kernel[0], 1}, weights.kernel)};
    if (!weights.bias.empty())
        operands.push_back(c.constant("bias", {outputs}, weights.bias));
    auto attributes = window.attributes();
    if (groups != 1)
        attributes["group"] = std::int64_t{groups};
    c.result(emit_fused_activation(c, c.emit("Conv", operands, std::move(attributes))),
             {{c.sizes.constant(outputs), positions(c, window, picture)[0]}});
}

} // namespace vsmlrt::model::ncnn
