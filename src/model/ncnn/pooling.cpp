// Pooling.
#include "model/ncnn/adaptive_pooling.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/window.h"

namespace vsmlrt::model::ncnn {

namespace {

enum class PadMode { full, valid, same_upper, same_lower };

void convert_window_pooling(Conversion &c, bool average) {
    const auto &p = c.parameters;
    WindowKeys keys;
    keys.dilation_w = keys.dilation_h = -1;
    keys.stride_w = 2;
    keys.pad_left = 3;
    keys.stride_h = 12;
    keys.pad_top = 13;
    keys.pad_right = 14;
    keys.pad_bottom = 15;
    auto window = read_window(p, keys);
    const auto mode = static_cast<PadMode>(p.integer(5, 0, 0, 3));
    bool count_pads = p.integer(6, 0) != 0;
    if (mode == PadMode::same_upper || mode == PadMode::same_lower) {
        window.pads = {};
        window.mode = mode == PadMode::same_upper ? Pads::same_upper : Pads::same_lower;
        count_pads = true; // ncnn takes SAME padding for part of the picture
        state_same_pads(window);
    } else if (window.mode != Pads::stated) {
        throw BadModel("padding to SAME is asked for by parameter 5 here");
    }
    for (std::size_t i = 0; i < 4; ++i)
        if (window.pads.at(i) >= window.kernel.at(i % 2))
            throw BadModel("a pad must be smaller than the kernel");
    const bool up = mode == PadMode::full && window.stride != std::array<std::int64_t, 2>{1, 1};
    if (up && average && count_pads)
        throw BadModel("an average that counts the rows that rounding up adds is not supported");

    auto attributes = window.attributes();
    if (up)
        attributes["ceil_mode"] = std::int64_t{1};
    if (average)
        attributes["count_include_pad"] = std::int64_t{count_pads ? 1 : 0};
    const auto sizes = positions(c, window, c.input().shape, up);
    c.result(c.emit(average ? "AveragePool" : "MaxPool", {c.input().value}, std::move(attributes)),
             {{c.input().shape.channels(), sizes[0], sizes[1]}});
}

} // namespace

void convert_pooling(Conversion &c) {
    const auto &p = c.parameters;
    const bool average = p.integer(0, 0, 0, 1) == 1;
    const char *global = average ? "GlobalAveragePool" : "GlobalMaxPool";
    const auto &blob = c.picture();
    if (p.integer(4, 0) != 0) {
        c.result(c.emit(global, {blob.value}), {{blob.shape.channels()}});
        return;
    }
    if (p.integer(7, 0) == 0) {
        convert_window_pooling(c, average);
        return;
    }
    const auto width = p.integer(8, 0);
    const auto height = p.integer(18, width);
    if (width == 1 && height == 1)
        c.result(c.emit(global, {blob.value}),
                 {{blob.shape.channels(), c.sizes.constant(1), c.sizes.constant(1)}});
    else
        convert_adaptive_pooling(c, average, {height, width});
}

} // namespace vsmlrt::model::ncnn
