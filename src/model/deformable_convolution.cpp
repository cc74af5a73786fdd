// DeformConv as one GridSample of the places of all taps, and a convolution of 1x1 over channels and taps.
//
// Source: ONNX's operator documentation (DeformConv, opset 19); Dai et al., "Deformable Convolutional
// Networks", and Zhu et al. for the mask. A tap that lies between pixels is their bilinear mean, and what
// lies outside of the picture counts as 0: GridSample's rule with padding_mode zeros.
#include "model/composer.h"

#include <optional>

namespace vsmlrt::model {
namespace {

struct Window {
    Integers kernel;
    Integers strides;
    Integers dilations;
    Integers pads;
    std::int64_t group;
    std::int64_t offset_group;
    std::int64_t channels;
    std::int64_t results;
    [[nodiscard]] std::int64_t taps() const { return kernel[0] * kernel[1]; }
};

// Nothing where the file leaves open what is needed here, or states it wrongly.
std::optional<Window> read_window(const Composer &c) {
    const Node &node = c.node();
    const Tensor *const weights = c.constant_of(c.input(1));
    constexpr std::int64_t most_groups = 1 << 20;
    if (!weights || weights->dims.size() != 4 || weights->count() < 1 ||
        node.integer("group", 1) > most_groups)
        return std::nullopt;
    const Integers kernel{weights->dims[2], weights->dims[3]};
    Window window{node.integers("kernel_shape", kernel),
                  node.integers("strides", {1, 1}),
                  node.integers("dilations", {1, 1}),
                  node.integers("pads", {0, 0, 0, 0}),
                  node.integer("group", 1),
                  node.integer("offset_group", 1),
                  0,
                  weights->dims[0]};
    window.channels = weights->dims[1] * window.group;
    const bool fits = window.kernel == kernel && window.strides.size() == 2 && window.dilations.size() == 2 &&
                      window.pads.size() == 4 && window.group > 0 && window.offset_group > 0 &&
                      window.channels > 0 && window.channels % window.offset_group == 0 && kernel[0] > 0 &&
                      kernel[1] > 0;
    return fits ? std::optional(window) : std::nullopt;
}

class DeformableConvolution {
public:
    DeformableConvolution(Composer &c, const Window &window) : c_(c), w_(window) {}

    void compose() {
        const Element type = c_.type(c_.input(0));
        const std::string offset = c_.cast(c_.input(2), Element::f32);
        area_ = c_.sizes(offset, {{"start", std::int64_t{2}}});
        // Groups of offsets are as pictures of their own.
        const std::string pairs =
            reshaped(offset, {c_.integers({-1, w_.taps(), 2}), area_}); // vertical, horizontal
        const std::string grid = c_.joined({places(pairs, 1), places(pairs, 0)}, -1);
        const std::string rows = c_.emit("Mul", {part(area_, 0), c_.integers({w_.taps()})});
        const std::string flat = reshaped(grid, {c_.integers({-1}), rows, part(area_, 1), c_.integers({2})});
        std::string picture = c_.cast(c_.input(0), Element::f32);
        const std::int64_t depth = w_.channels / w_.offset_group;
        if (w_.offset_group > 1)
            picture = reshaped(picture, {c_.integers({-1, depth}), picture_area()});
        const std::string sampled = c_.emit("GridSample", {picture, flat},
                                            {{"mode", std::string(c_.opset() < 20 ? "bilinear" : "linear")},
                                             {"padding_mode", std::string("zeros")}});
        std::string taps = reshaped(sampled, {c_.integers({-1, depth, w_.taps()}), area_});
        if (const std::string mask = c_.input(4); !mask.empty())
            taps = c_.emit("Mul", {taps, reshaped(c_.cast(mask, Element::f32),
                                                  {c_.integers({-1, 1, w_.taps()}), area_})});
        taps = reshaped(taps, {c_.integers({-1, w_.channels * w_.taps()}), area_});
        convolved(taps, type);
    }

private:
    std::string reshaped(const std::string &value, const std::vector<std::string> &dims) {
        return c_.emit("Reshape", {value, c_.joined(dims)});
    }

    std::string part(const std::string &sizes, std::int64_t at) {
        return c_.emit("Gather", {sizes, c_.integers({at})});
    }

    std::string picture_area() { return c_.sizes(c_.input(0), {{"start", std::int64_t{2}}}); }

    // Coordinates along one axis (0: vertical) in GridSample's terms, with an axis of 1 behind:
    // offset + result * stride + tap * dilation - pad, as (2 p + 1) / size - 1.
    std::string places(const std::string &pairs, std::int64_t axis) {
        const auto at = static_cast<std::size_t>(axis);
        const std::string count = c_.emit("Squeeze", {part(area_, axis)});
        std::string along = c_.cast(c_.emit("Range", {c_.integer(0), count, c_.integer(1)}), Element::f32);
        along = c_.emit("Mul", {along, c_.real(static_cast<float>(w_.strides[at]), Element::f32)});
        along = c_.with_axes(along, axis == 0 ? Integers{0, 1, 3} : Integers{0, 1, 2});
        const std::string offset = c_.emit("Gather", {pairs, c_.integer(axis)}, {{"axis", std::int64_t{2}}});
        const std::string place = c_.emit("Add", {c_.emit("Add", {offset, along}), tap_places(at)});
        const std::string size = c_.cast(c_.emit("Gather", {picture_area(), c_.integer(axis)}), Element::f32);
        const std::string two = c_.real(2, Element::f32);
        const std::string one = c_.real(1, Element::f32);
        const std::string centre = c_.emit("Add", {c_.emit("Mul", {place, two}), one});
        return c_.with_axes(c_.emit("Sub", {c_.emit("Div", {centre, size}), one}), {4});
    }

    std::string tap_places(std::size_t axis) {
        std::vector<float> values;
        for (std::int64_t y = 0; y < w_.kernel[0]; ++y)
            for (std::int64_t x = 0; x < w_.kernel[1]; ++x)
                values.push_back(
                    static_cast<float>((axis == 0 ? y : x) * w_.dilations[axis] - w_.pads[axis]));
        return c_.add_constant(make_tensor({}, {1, w_.taps(), 1, 1}, values));
    }

    void convolved(const std::string &taps, Element type) {
        const std::string weights =
            c_.emit("Reshape", {c_.cast(c_.input(1), Element::f32),
                                c_.integers({w_.results, w_.channels / w_.group * w_.taps(), 1, 1})});
        std::vector<std::string> inputs{taps, weights};
        if (const std::string bias = c_.input(3); !bias.empty())
            inputs.push_back(c_.cast(bias, Element::f32));
        const Attributes attributes{{"group", w_.group}, {"kernel_shape", Integers{1, 1}}};
        if (type == Element::f32)
            return c_.result("Conv", inputs, attributes);
        c_.result("Cast", {c_.emit("Conv", inputs, attributes)}, {{"to", static_cast<std::int64_t>(type)}});
    }

    Composer &c_;
    const Window &w_;
    std::string area_; // rows and columns of the result
};

} // namespace

bool compose_deformable_convolution(Composer &c) {
    const auto window = read_window(c);
    if (!window)
        return false;
    DeformableConvolution(c, *window).compose();
    return true;
}

} // namespace vsmlrt::model
