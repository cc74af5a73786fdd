#include "networks/builder.h"
#include "networks/families.h"

namespace vsmlrt::test {
namespace {

Name sliced(Builder &b, const Name &x, std::int64_t from, std::int64_t to) {
    return b.node("Slice", {x, b.integers({from}), b.integers({to}), b.integers({1})});
}

Name joined(Builder &b, const std::vector<Name> &parts, std::int64_t axis = 1) {
    return b.node("Concat", parts, {{"axis", axis}});
}

Name scaled(Builder &b, const Name &x, float factor) {
    return b.node("Resize", {x, "", b.constant({4}, {1, 1, factor, factor})},
                  {{"mode", std::string("linear")}});
}

// The size along an axis less 1, as a float.
Name last_position(Builder &b, const Name &x, std::int64_t axis) {
    const Name size = b.node("Gather", {b.node("Shape", {x}), b.integer(axis)}, {{"axis", std::int64_t{0}}});
    return b.node("Sub", {b.node("Cast", {size}, {{"to", std::int64_t{1}}}), b.real(1)});
}

// Positions along an axis from -1 to 1, spread over the picture.
Name positions(Builder &b, const Name &picture, std::int64_t axis) {
    const Name last = last_position(b, picture, axis);
    const Name steps = b.node("Range", {b.real(0), b.node("Add", {last, b.real(1)}), b.real(1)});
    const Name along = b.node("Sub", {b.node("Div", {b.node("Mul", {steps, b.real(2)}), last}), b.real(1)});
    const Name shaped = b.node("Unsqueeze", {along, b.integers({0, 1, axis == 3 ? 2 : 3})});
    const Name one_channel = b.node("Slice", {picture, b.integers({0}), b.integers({1}), b.integers({1})});
    return b.node("Expand", {shaped, b.node("Shape", {one_channel})});
}

// `picture` where `flow` (pixels, horizontal and vertical) points to.
Name warped(Builder &b, const Name &picture, const Name &flow) {
    const auto moved = [&](std::int64_t axis, std::int64_t channel) {
        const Name half = b.node("Div", {last_position(b, picture, axis), b.real(2)});
        const Name step = b.node("Div", {sliced(b, flow, channel, channel + 1), half});
        return b.node("Add", {positions(b, picture, axis), step});
    };
    const Name grid = joined(b, {moved(3, 0), moved(2, 1)});
    return b.node("GridSample", {picture, b.node("Transpose", {grid}, {{"perm", ints({0, 2, 3, 1})}})},
                  {{"mode", std::string("bilinear")},
                   {"padding_mode", std::string("border")},
                   {"align_corners", std::int64_t{1}}});
}

// What a block says of flow (4 channels) and mask (1), at 1 / `scale` of the size.
Name block(Builder &b, const Name &x, int channels, float scale) {
    constexpr int features = 12;
    const Name small = scaled(b, x, 1 / scale);
    Name y = b.leaky(b.conv(small, channels, features, 3, 2), 0.2F);
    for (int i = 0; i < 3; ++i) {
        const Name change =
            b.node("Mul", {b.conv(y, features, features), b.random({1, features, 1, 1}, 0.3F, 0.7F)});
        y = b.leaky(b.node("Add", {change, y}), 0.2F);
    }
    const Name grown =
        b.node("ConvTranspose", {y, b.weights({features, 5, 4, 4}), b.random({5}, -0.1F, 0.1F)},
               {{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}});
    return scaled(b, grown, scale);
}

} // namespace

model::Network rife() {
    Builder b(16);
    const Name x = b.input(7);
    const Name first = sliced(b, x, 0, 3);
    const Name second = sliced(b, x, 3, 6);
    Name told = block(b, x, 7, 2);
    const auto warp = [&](std::int64_t channel) {
        return warped(b, channel == 0 ? first : second, sliced(b, told, channel, channel + 2));
    };
    const Name again = joined(b, {warp(0), warp(2), sliced(b, x, 6, 7), told});
    told = b.node("Add", {told, block(b, again, 12, 1)});
    const Name mask = b.node("Sigmoid", {sliced(b, told, 4, 5)});
    const Name other = b.node("Sub", {b.real(1), mask});
    return b.output(b.node("Add", {b.node("Mul", {warp(0), mask}), b.node("Mul", {warp(2), other})}))
        .network();
}

} // namespace vsmlrt::test
