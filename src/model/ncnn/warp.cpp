// GridSample, and rife.Warp, the custom layer of the RIFE networks in ncnn's format: the picture of the first
// input, taken at x + flow_x, y + flow_y (second input, in pixels), bilinearly, with the border repeated.
#include "model/ncnn/converters.h"

#include <array>

namespace vsmlrt::model::ncnn {

namespace {

// One coordinate in GridSample's terms, -1..1 from the centre of the first pixel to that of the last:
// 2 / (size - 1) * (place + flow) - 1. `axis` is that of N, C, H, W.
std::string grid_coordinate(Conversion &c, std::int64_t axis, std::int64_t flow_channel) {
    const auto one = c.scalar("one", 1);
    const auto shape = c.emit("Shape", {c.input(0).value});
    const std::int64_t to_float = 1;
    // A number, not a list of one: of a squeezed list ONNX Runtime mistakes the type once sizes are fixed.
    const auto number = c.emit("Gather", {shape, c.integer("axis", axis)});
    const auto size = c.emit("Cast", {number}, {{"to", to_float}});
    const auto places = c.emit("Range", {c.scalar("zero", 0), size, one});
    const bool rows = axis == 2;
    const auto along = c.emit(
        "Reshape", {places, rows ? c.integers("rows", {1, 1, -1, 1}) : c.integers("columns", {1, 1, 1, -1})});

    const auto flow = c.emit("Slice", {c.input(1).value, c.integers("begin", {flow_channel}),
                                       c.integers("end", {flow_channel + 1}), c.integers("channel", {1})});
    // A picture of one pixel has one place to look at; any finite factor will do.
    const auto last = c.emit("Max", {c.emit("Sub", {size, one}), one});
    const auto factor = c.emit("Div", {c.scalar("two", 2), last});
    return c.emit("Sub", {c.emit("Mul", {c.emit("Add", {flow, along}), factor}), one});
}

} // namespace

void convert_warp(Conversion &c) {
    const auto &image = c.picture(0).shape;
    const auto &flow = c.picture(1).shape;
    c.expect_channels(2, 1);
    c.sizes.must_equal(image.height(), flow.height(), "heights of picture and flow");
    c.sizes.must_equal(image.width(), flow.width(), "widths of picture and flow");
    const auto x = grid_coordinate(c, 3, 0);
    const auto y = grid_coordinate(c, 2, 1);
    const auto grid = c.emit("Concat", {x, y}, {{"axis", std::int64_t{1}}});
    const auto last = c.emit("Transpose", {grid}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
    c.result_like_input(c.emit("GridSample", {c.input(0).value, last},
                               {{"mode", std::string("bilinear")},
                                {"padding_mode", std::string("border")},
                                {"align_corners", std::int64_t{1}}}));
}

// The grid has a row (x, y) for each pixel of the result; where a transposition was folded into the layer, a
// plane of x and one of y.
void convert_grid_sample(Conversion &c) {
    constexpr std::array<const char *, 3> modes{"bilinear", "nearest", "bicubic"};
    constexpr std::array<const char *, 3> borders{"zeros", "border", "reflection"};
    const auto mode = static_cast<std::size_t>(c.parameters.integer(0, 1, 1, 3));
    const auto border = static_cast<std::size_t>(c.parameters.integer(1, 1, 1, 3));
    const std::int64_t corners = c.parameters.integer(2, 0) != 0 ? 1 : 0;
    const bool planes = c.parameters.integer(3, 0) != 0;
    const auto &picture = c.picture(0).shape;
    const auto &grid = c.picture(1);
    c.sizes.must_equal(grid.shape.axes[planes ? 0 : 2], c.sizes.constant(2), "coordinates of a pixel");
    const auto height = grid.shape.axes[planes ? 1 : 0];
    const auto width = grid.shape.axes[planes ? 2 : 1];
    const auto rows =
        planes ? c.emit("Transpose", {grid.value}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}})
               : grid.value;
    c.result(c.emit("GridSample", {c.input(0).value, rows},
                    {{"mode", std::string(modes.at(mode - 1))},
                     {"padding_mode", std::string(borders.at(border - 1))},
                     {"align_corners", corners}}),
             {{picture.channels(), height, width}});
}

} // namespace vsmlrt::model::ncnn
