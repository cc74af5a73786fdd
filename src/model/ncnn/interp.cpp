// Interp and PixelShuffle: pictures of another size.
#include "model/ncnn/converters.h"

#include <array>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int most_pixels = 1 << 24; // on one axis
constexpr float most_scale = 4096;

enum class Filter { none, nearest, bilinear, bicubic };

// ncnn takes the pixel at floor(x / factor) for nearest, and for the others the centres of pixels (or the
// corners), with the border repeated and Keys' cubic at -0.75.
Attributes resize_attributes(Filter filter, bool align_corners) {
    using namespace std::string_literals;
    if (filter == Filter::nearest)
        return {{"mode", "nearest"s},
                {"coordinate_transformation_mode", "asymmetric"s},
                {"nearest_mode", "floor"s}};
    const auto places = align_corners ? "align_corners"s : "half_pixel"s;
    if (filter == Filter::bilinear)
        return {{"mode", "linear"s}, {"coordinate_transformation_mode", places}};
    return {{"mode", "cubic"s}, {"coordinate_transformation_mode", places}, {"cubic_coeff_a", -0.75F}};
}

std::string to_sizes(Conversion &c, const std::string &sizes, Attributes attributes) {
    return c.emit("Resize", {c.input().value, "", "", sizes}, std::move(attributes));
}

// The size of the second input.
void resize_like(Conversion &c, Attributes attributes) {
    const auto &like = c.picture(1);
    const auto part = [&](std::size_t blob, std::int64_t begin) {
        const auto shape = c.emit("Shape", {c.input(blob).value});
        return c.emit("Slice", {shape, c.integers("begin", {begin}), c.integers("end", {begin + 2})});
    };
    const auto sizes = c.emit("Concat", {part(0, 0), part(1, 2)}, {{"axis", std::int64_t{0}}});
    c.result(to_sizes(c, sizes, std::move(attributes)),
             {{c.input().shape.channels(), like.shape.height(), like.shape.width()}});
}

float read_scale(const Parameters &p, int key) {
    const float scale = p.real(key, 1);
    if (!(scale > 1 / most_scale && scale < most_scale))
        throw BadModel("a scale of ", scale, " is outside 1/", most_scale, "..", most_scale);
    return scale;
}

} // namespace

void convert_interp(Conversion &c) {
    const auto &p = c.parameters;
    if (p.has(9))
        throw BadModel("parameter 9: a size that is an expression is not supported");
    auto filter = static_cast<Filter>(p.integer(0, 0, 1, 3));
    const auto height = p.integer(3, 0, 0, most_pixels);
    const auto width = p.integer(4, 0, 0, most_pixels);
    const bool like = p.integer(5, 0) != 0;
    if (like != (c.inputs().size() == 2))
        throw BadModel("has ", c.inputs().size(), " inputs, and parameter 5 asks for ", like ? 2 : 1);
    auto shape = c.input().shape;
    if (shape.rank() == 2)
        throw BadModel("a blob of two axes cannot be resized");
    if (shape.rank() == 1) {
        filter = Filter::nearest; // the vector fills a picture
        shape.axes.resize(3, c.sizes.constant(1));
    }
    auto attributes = resize_attributes(filter, p.integer(6, 0) != 0);
    if (like) {
        resize_like(c, std::move(attributes));
        return;
    }
    if (height != 0 && width != 0) {
        const auto sizes = c.integers("sizes", {1, c.channels(), height, width});
        c.result(to_sizes(c, sizes, std::move(attributes)),
                 {{shape.channels(), c.sizes.constant(height), c.sizes.constant(width)}});
        return;
    }
    const std::array<float, 4> scales{1, 1, read_scale(p, 1), read_scale(p, 2)};
    shape.axes[1] = c.sizes.scale(shape.axes[1], scales[2]);
    shape.axes[2] = c.sizes.scale(shape.axes[2], scales[3]);
    if (scales[2] == 1 && scales[3] == 1) {
        c.result(c.input().value, std::move(shape));
        return;
    }
    c.result(
        c.emit("Resize", {c.input().value, "", c.constant("scales", {4}, scales)}, std::move(attributes)),
        std::move(shape));
}

void convert_pixel_shuffle(Conversion &c) {
    const auto factor = c.parameters.integer(0, 1, 1, 256);
    const bool colours_last = c.parameters.integer(1, 0, 0, 1) == 0;
    auto shape = c.picture().shape;
    const auto channels = c.channels();
    if (channels % (std::int64_t{factor} * factor) != 0)
        throw BadModel(channels, " channels cannot be shuffled by ", factor);
    shape.axes = {c.sizes.constant(channels / factor / factor), c.sizes.multiply(shape.height(), factor),
                  c.sizes.multiply(shape.width(), factor)};
    c.result(
        c.emit("DepthToSpace", {c.input().value},
               {{"blocksize", std::int64_t{factor}}, {"mode", std::string(colours_last ? "CRD" : "DCR")}}),
        std::move(shape));
}

} // namespace vsmlrt::model::ncnn
