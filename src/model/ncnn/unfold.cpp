// Unfold and Fold: windows of a picture as columns, and pictures that columns add up to. A kernel with a
// single 1 takes one element of each window, so that both are convolutions.
#include "base/checked.h"

#include "model/ncnn/converters.h"
#include "model/ncnn/window.h"

namespace vsmlrt::model::ncnn {

namespace {

// channels * area kernels, one for each element of the window of each channel.
std::string single_ones(Conversion &c, const Window &window, std::int64_t channels) {
    const std::int64_t area = window.kernel[0] * window.kernel[1];
    const std::int64_t columns = checked_mul(channels, area, "rows of an unfolded picture");
    if (checked_mul(columns, area, "elements of a kernel") > largest_count)
        throw BadModel("windows of ", window.kernel[1], "x", window.kernel[0], " of ", channels,
                       " channels are too many");
    std::vector<float> kernel(static_cast<std::size_t>(columns * area), 0);
    for (std::int64_t i = 0; i < columns; ++i)
        kernel[static_cast<std::size_t>(i * area + i % area)] = 1;
    return c.constant("single_ones", {columns, 1, window.kernel[0], window.kernel[1]}, kernel);
}

Window read_stated_window(Conversion &c) {
    const Window window = read_window(c.parameters);
    if (window.mode != Pads::stated)
        throw BadModel("padding to SAME is not supported");
    return window;
}

} // namespace

void convert_unfold(Conversion &c) {
    if (c.parameters.real(18, 0) != 0)
        throw BadModel("padding with a value other than 0 is not supported");
    const Window window = read_stated_window(c);
    const std::int64_t channels = (static_cast<void>(c.picture()), c.channels());
    const std::int64_t area = window.kernel[0] * window.kernel[1];
    const auto sizes = positions(c, window, c.picture().shape);
    auto attributes = window.attributes();
    attributes["group"] = channels;
    const auto columns =
        c.emit("Conv", {c.input().value, single_ones(c, window, channels)}, std::move(attributes));
    const auto flat = c.emit("Reshape", {columns, c.integers("flat", {1, channels * area, -1, 1})});
    c.result(flat, {{c.sizes.constant(channels * area), c.sizes.multiply(sizes[0], sizes[1])}});
}

void convert_fold(Conversion &c) {
    const Window window = read_stated_window(c);
    const auto width = c.parameters.integer(20, 0, 1, largest_count);
    const auto height = c.parameters.integer(21, width, 1, largest_count);
    const std::int64_t area = window.kernel[0] * window.kernel[1];
    if (c.input().shape.rank() != 2)
        throw BadModel("takes a matrix of columns");
    const std::int64_t rows = c.channels();
    if (rows % area != 0)
        throw BadModel(rows, " rows are not windows of ", window.kernel[1], "x", window.kernel[0]);
    const std::int64_t channels = rows / area;
    const Shape picture{{c.sizes.constant(channels), c.sizes.constant(height), c.sizes.constant(width)}};
    const auto sizes = positions(c, window, picture);
    const std::array<std::int64_t, 2> across{c.fixed(sizes[0], "windows"), c.fixed(sizes[1], "windows")};
    if (across[0] < 1 || across[1] < 1)
        throw BadModel("a window does not fit into ", width, "x", height);
    c.sizes.must_equal(c.input().shape.axes[1], c.sizes.constant(across[0] * across[1]),
                       "columns of the input and windows of the picture");
    const auto apart =
        c.emit("Reshape", {c.input().value, c.integers("apart", {1, rows, across[0], across[1]})});
    auto attributes = window.attributes();
    attributes["group"] = channels;
    // What no window reaches at the end stays 0.
    std::vector<std::int64_t> more;
    for (std::size_t axis = 0; axis < 2; ++axis)
        more.push_back((axis == 0 ? height : width) + window.pads[axis] + window.pads[axis + 2] -
                       (across[axis] - 1) * window.stride[axis] - window.extent(axis));
    attributes["output_padding"] = more;
    c.result(c.emit("ConvTranspose", {apart, single_ones(c, window, channels)}, std::move(attributes)),
             picture);
}

} // namespace vsmlrt::model::ncnn
