// Pooling.
#include "model/ncnn/adaptive_pooling.h"
#include "model/ncnn/converters.h"
#include "model/ncnn/window.h"

namespace vsmlrt::model::ncnn {

namespace {

enum class PadMode { full, valid, same_upper, same_lower };

constexpr WindowKeys keys = {.dilation_w = -1,
                             .stride_w = 2,
                             .pad_left = 3,
                             .dilation_h = -1,
                             .stride_h = 12,
                             .pad_top = 13,
                             .pad_right = 14,
                             .pad_bottom = 15};
// Of Pooling1D, read as a square window.
constexpr WindowKeys row_keys = {.dilation_w = -1,
                                 .stride_w = 2,
                                 .pad_left = 3,
                                 .dilation_h = -1,
                                 .pad_top = 31,
                                 .pad_right = 14,
                                 .pad_bottom = 31};

// The pooled value, and its height and width.
std::pair<std::string, std::array<SymbolicSize, 2>> pooled(Conversion &c, bool average, Window window,
                                                           const Shape &picture) {
    const auto &p = c.parameters;
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
    return {c.emit(average ? "AveragePool" : "MaxPool", {c.input().value}, std::move(attributes)),
            positions(c, window, picture, up)};
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
        const auto [value, sizes] = pooled(c, average, read_window(p, keys), blob.shape);
        c.result(value, {{blob.shape.channels(), sizes[0], sizes[1]}});
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

void convert_pooling_1d(Conversion &c) {
    const auto &p = c.parameters;
    const bool average = p.integer(0, 0, 0, 1) == 1;
    const Shape picture = rows_as_picture(c);
    const auto whole = [&] {
        return c.emit(average ? "GlobalAveragePool" : "GlobalMaxPool", {c.input().value});
    };
    if (p.integer(4, 0) != 0) {
        c.result(whole(), {{picture.channels()}});
    } else if (p.integer(7, 0) == 0) {
        const auto [value, sizes] = pooled(c, average, along_rows(read_window(p, row_keys)), picture);
        c.result(value, {{picture.channels(), sizes[0]}});
    } else {
        p.must_be(8, 1, "adaptive pooling of rows to more than one number");
        c.result(whole(), {{picture.channels(), c.sizes.constant(1)}});
    }
}

} // namespace vsmlrt::model::ncnn
