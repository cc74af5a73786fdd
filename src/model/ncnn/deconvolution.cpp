// Deconvolution, DeconvolutionDepthWise, and those of rows.
#include "base/checked.h"

#include "model/ncnn/activation.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/weighted.h"
#include "model/ncnn/window.h"

#include <algorithm>

namespace vsmlrt::model::ncnn {

namespace {

struct Kernel {
    std::int64_t groups = 1;
    std::int64_t inputs = 0;  // of one group
    std::int64_t outputs = 0; // of one group
    std::int64_t area = 0;
};

// ncnn: group, output, input, kernel. ONNX: group, input, output, kernel.
std::vector<float> inputs_first(const std::vector<float> &kernel, const Kernel &k) {
    std::vector<float> turned(kernel.size());
    std::size_t to = 0;
    for (std::int64_t g = 0; g < k.groups; ++g)
        for (std::int64_t i = 0; i < k.inputs; ++i)
            for (std::int64_t o = 0; o < k.outputs; ++o)
                for (std::int64_t at = 0; at < k.area; ++at)
                    turned[to++] =
                        kernel[static_cast<std::size_t>(((g * k.outputs + o) * k.inputs + i) * k.area + at)];
    return turned;
}

// A stated output size: pads that cut the full size (all that the kernel reaches) down to it.
void cut_to(Conversion &c, Window &window, const std::array<SymbolicSize, 2> &full,
            const std::array<std::int64_t, 2> &size) {
    if (window.mode == Pads::stated)
        throw BadModel("an output size needs pads of -233 or -234");
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const auto cut = c.fixed(full[axis], "the input of a layer with a stated output size") - size[axis];
        if (cut < 0)
            throw BadModel("the stated output size is larger than what the kernel reaches");
        window.pads[axis] = window.mode == Pads::same_upper ? cut / 2 : cut - cut / 2;
        window.pads[axis + 2] = cut - window.pads[axis];
    }
}

void deconvolve(Conversion &c, bool rows) {
    const auto &p = c.parameters;
    p.must_be(28, 0, "a kernel that is an input");
    const auto outputs = p.integer(0, 0, 1, largest_count);
    const auto groups = p.integer(7, 1, 1, outputs);
    auto window = rows ? along_rows(read_window(p, {.pad_top = 31, .pad_bottom = 31})) : read_window(p);
    const auto area = window.kernel[0] * window.kernel[1];
    const auto elements = p.integer(6, 0);
    const auto outer = checked_mul(outputs, area, "elements of the kernel");
    if (elements <= 0 || elements % outer != 0 || outputs % groups != 0)
        throw BadModel("a kernel of ", elements, " elements does not fit ", outputs, " outputs of ",
                       window.kernel[1], "x", window.kernel[0], " in ", groups,
                       groups == 1 ? " group" : " groups");
    const Kernel kernel{groups, elements / outer, outputs / groups, area};
    const auto weights = read_kernel(c, {elements, outputs, groups, p.integer(5, 0) != 0});
    c.expect_channels(checked_mul(kernel.inputs, groups, "input channels"));

    // Rows and columns that only the bias reaches, at the bottom and on the right.
    const auto right = p.integer(18, 0, 0, 1 << 14);
    const auto below = rows ? 0 : p.integer(19, right, 0, 1 << 14);
    const auto more =
        rows ? std::array<std::int64_t, 2>{right, 0} : std::array<std::int64_t, 2>{below, right};
    auto shape = rows ? rows_as_picture(c) : c.picture().shape;
    shape.axes[0] = c.sizes.constant(outputs);
    std::array<SymbolicSize, 2> full;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        if (more[axis] != 0 && more[axis] >= std::max(window.stride[axis], window.dilation[axis]))
            throw BadModel("an output padding of ", more[axis], " must be below stride or dilation");
        const auto steps = c.sizes.multiply(c.sizes.add(shape.axes[axis + 1], -1), window.stride[axis]);
        full[axis] = c.sizes.add(steps, window.extent(axis) + more[axis]);
    }
    const auto width = p.integer(20, 0, 0, 1 << 24);
    const auto height = p.integer(21, width, 0, 1 << 24);
    if (width > 0 && height > 0 && !window.padded())
        cut_to(c, window, full,
               rows ? std::array<std::int64_t, 2>{width, 1} : std::array<std::int64_t, 2>{height, width});
    for (std::size_t axis = 0; axis < 2; ++axis)
        shape.axes[axis + 1] = c.sizes.add(full[axis], -window.pads[axis] - window.pads[axis + 2]);

    window.mode = Pads::stated; // without an output size, SAME cuts nothing
    auto attributes = window.attributes();
    if (more != std::array<std::int64_t, 2>{})
        attributes["output_padding"] = std::vector<std::int64_t>(more.begin(), more.end());
    if (groups != 1)
        attributes["group"] = std::int64_t{groups};
    std::vector<std::string> operands{
        c.input().value,
        c.constant("weight", {kernel.inputs * groups, kernel.outputs, window.kernel[0], window.kernel[1]},
                   inputs_first(weights.kernel, kernel))};
    if (!weights.bias.empty())
        operands.push_back(c.constant("bias", {outputs}, weights.bias));
    if (rows)
        shape.axes.pop_back();
    c.result(emit_fused_activation(c, c.emit("ConvTranspose", operands, std::move(attributes))),
             std::move(shape));
}

} // namespace

void convert_deconvolution(Conversion &c) {
    deconvolve(c, false);
}

void convert_deconvolution_1d(Conversion &c) {
    deconvolve(c, true);
}

} // namespace vsmlrt::model::ncnn
