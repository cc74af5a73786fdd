#include "model/ncnn/window.h"

#include <algorithm>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int same_upper = -233;
constexpr int same_lower = -234;
constexpr int most = 1 << 14; // of a kernel, stride, dilation or pad: more is larger than any picture

} // namespace

Attributes Window::attributes() const {
    Attributes out{{"kernel_shape", std::vector<std::int64_t>(kernel.begin(), kernel.end())},
                   {"strides", std::vector<std::int64_t>(stride.begin(), stride.end())}};
    if (dilation != std::array<std::int64_t, 2>{1, 1})
        out["dilations"] = std::vector<std::int64_t>(dilation.begin(), dilation.end());
    if (mode == Pads::stated)
        out["pads"] = std::vector<std::int64_t>(pads.begin(), pads.end());
    else
        out["auto_pad"] = std::string(mode == Pads::same_upper ? "SAME_UPPER" : "SAME_LOWER");
    return out;
}

Window read_window(const Parameters &parameters, const WindowKeys &keys) {
    const auto positive = [&](int key, std::int32_t fallback) {
        return key < 0 ? 1 : parameters.integer(key, fallback, 1, most);
    };
    Window window;
    const auto width = positive(1, 0);
    window.kernel = {positive(keys.kernel_h, width), width};
    const auto dilation = positive(keys.dilation_w, 1);
    window.dilation = {positive(keys.dilation_h, dilation), dilation};
    const auto stride = positive(keys.stride_w, 1);
    window.stride = {positive(keys.stride_h, stride), stride};

    const auto left = parameters.integer(keys.pad_left, 0);
    const auto right = parameters.integer(keys.pad_right, left);
    const auto top = parameters.integer(keys.pad_top, left);
    const auto bottom = parameters.integer(keys.pad_bottom, top);
    const std::array<std::int64_t, 4> pads{top, left, bottom, right};
    const auto all = [&](int mode) {
        return std::ranges::all_of(pads, [=](auto pad) { return pad == mode; });
    };
    if (all(same_upper))
        window.mode = Pads::same_upper;
    else if (all(same_lower))
        window.mode = Pads::same_lower;
    else if (std::ranges::any_of(pads, [](auto pad) { return pad < 0 || pad > most; }))
        throw BadModel("padding ", top, " ", left, " ", bottom, " ", right, " is outside 0..", most);
    else
        window.pads = pads;
    return window;
}

Window along_rows(const Window &square) {
    Window window;
    window.kernel = {square.kernel[1], 1};
    window.dilation = {square.dilation[1], 1};
    window.stride = {square.stride[1], 1};
    window.pads = {square.pads[1], 0, square.pads[3], 0};
    window.mode = square.mode;
    return window;
}

Shape rows_as_picture(Conversion &c) {
    Shape shape = c.input().shape;
    if (shape.rank() != 2)
        throw BadModel("takes rows of numbers, and its input has ", shape.rank(),
                       shape.rank() == 1 ? " axis" : " axes");
    shape.axes.push_back(c.sizes.constant(1));
    return shape;
}

void state_same_pads(Window &window) {
    if (window.mode == Pads::stated || window.stride != std::array<std::int64_t, 2>{1, 1})
        return;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const auto total = window.extent(axis) - 1;
        const auto less = total / 2;
        const bool upper = window.mode == Pads::same_upper;
        window.pads[axis] = upper ? less : total - less;
        window.pads[axis + 2] = upper ? total - less : less;
    }
    window.mode = Pads::stated;
}

std::array<SymbolicSize, 2> positions(Conversion &c, const Window &window, const Shape &picture, bool up) {
    std::array<SymbolicSize, 2> sizes;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const auto from = picture.axes[axis + 1];
        const auto stride = window.stride[axis];
        const auto beyond = window.mode == Pads::stated ? window.pads[axis] + window.pads[axis + 2] -
                                                              window.extent(axis) + (up ? stride - 1 : 0)
                                                        : -1;
        sizes[axis] = c.sizes.add(c.sizes.divide(c.sizes.add(from, beyond), stride), 1);
    }
    return sizes;
}

} // namespace vsmlrt::model::ncnn
