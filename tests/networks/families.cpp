#include "networks/families.h"

#include "networks/builder.h"

namespace vsmlrt::test {
namespace {

Name enlarged(Builder &b, const Name &x, float factor) {
    return b.node("Resize", {x, "", b.constant({4}, {1, 1, factor, factor})},
                  {{"mode", std::string("nearest")},
                   {"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("floor")}});
}

// `amount` off every side, counted from the far end as exporters do.
Name cropped(Builder &b, const Name &x, std::int64_t amount) {
    return b.node("Slice",
                  {x, b.integers({amount, amount}), b.integers({-amount, -amount}), b.integers({2, 3})});
}

Name transposed(Builder &b, const Name &x, int from, int to, int kernel, int stride, int pad) {
    return b.node("ConvTranspose", {x, b.weights({from, to, kernel, kernel}), b.random({to}, -0.1F, 0.1F)},
                  {{"strides", ints({stride, stride})}, {"pads", ints({pad, pad, pad, pad})}});
}

Name squeeze_excite(Builder &b, const Name &x, int channels) {
    const Name mean = b.node("GlobalAveragePool", {x});
    const Name hidden = b.node("Relu", {b.conv(mean, channels, channels / 4, 1)});
    const Name gate = b.node("Sigmoid", {b.conv(hidden, channels / 4, channels, 1)});
    return b.node("Mul", {x, gate});
}

Name valid_pair(Builder &b, const Name &x, int from, int middle, int to, bool excite) {
    const Name first = b.leaky(b.conv(x, from, middle, 3, 1, 0));
    const Name second = b.leaky(b.conv(first, middle, to, 3, 1, 0));
    return excite ? squeeze_excite(b, second, to) : second;
}

Name residual(Builder &b, const Name &x, int channels) {
    const Name hidden = b.node("Relu", {b.conv(x, channels, channels)});
    return b.node("Add", {x, b.conv(hidden, channels, channels)});
}

Name dense_block(Builder &b, const Name &x, int features, int growth) {
    std::vector<Name> all{x};
    int channels = features;
    for (int i = 0; i < 3; ++i, channels += growth) {
        const Name joined = all.size() == 1 ? x : b.node("Concat", all, {{"axis", std::int64_t{1}}});
        all.push_back(b.leaky(b.conv(joined, channels, growth), 0.2F));
    }
    const Name last = b.conv(b.node("Concat", all, {{"axis", std::int64_t{1}}}), channels, features);
    return b.node("Add", {b.node("Mul", {last, b.real(0.2F)}), x});
}

} // namespace

model::Network srvgg(int features, int convs) {
    Builder b;
    const Name x = b.input(3);
    Name y = x;
    for (int i = 0; i + 1 < convs; ++i) {
        y = b.conv(y, i == 0 ? 3 : features, features);
        y = b.node("PRelu", {y, b.random({features, 1, 1}, 0.05F, 0.3F)});
    }
    y = b.conv(y, features, 48);
    y = b.node("DepthToSpace", {y}, {{"blocksize", std::int64_t{4}}, {"mode", std::string("CRD")}});
    return b.output(b.node("Add", {y, enlarged(b, x, 4)})).network();
}

model::Network upconv7() {
    Builder b;
    Name y = b.input(3);
    const int channels[] = {3, 16, 16, 32, 32, 32, 48};
    for (int i = 0; i < 6; ++i)
        y = b.leaky(b.conv(y, channels[i], channels[i + 1], 3, 1, 0));
    return b.output(transposed(b, y, 48, 3, 4, 2, 3)).network();
}

model::Network cunet() {
    Builder b;
    const Name x = b.input(3);
    const Name top = valid_pair(b, x, 3, 16, 16, false);
    const Name down = b.leaky(b.conv(top, 16, 16, 2, 2, 0));
    const Name bottom = valid_pair(b, down, 16, 32, 16, true);
    const Name up = b.leaky(transposed(b, bottom, 16, 16, 2, 2, 0));
    const Name joined = b.node("Add", {cropped(b, top, 4), up});
    const Name last = b.leaky(b.conv(joined, 16, 16, 3, 1, 0));
    return b.output(transposed(b, last, 16, 3, 4, 2, 3)).network();
}

model::Network chain(const std::vector<int> &channels, bool ends_in_relu) {
    Builder b;
    Name y = b.input(channels[0]);
    for (std::size_t i = 1; i < channels.size(); ++i) {
        y = b.conv(y, channels[i - 1], channels[i]);
        if (ends_in_relu || i + 1 < channels.size())
            y = b.node("Relu", {y});
    }
    return b.output(y).network();
}

model::Network pairs() {
    Builder b;
    const auto relu = [&](const Name &x) { return b.node("Relu", {x}); };
    const auto add = [&](const Name &x, const Name &y) { return b.node("Add", {x, y}); };
    // As large as before, with few channels.
    Name thin = b.leaky(b.conv(b.leaky(b.conv(b.input(3), 3, 16, 3, 1, 2)), 16, 32, 3, 1, 0));
    thin = residual(b, b.leaky(b.conv(relu(b.conv(thin, 32, 8, 3, 1, 0)), 8, 24, 3, 1, 2)), 24);
    const Name x = relu(b.conv(b.leaky(b.conv(thin, 24, 32)), 32, 64));
    Name y = residual(b, x, 64);
    y = b.leaky(b.conv(b.leaky(b.conv(y, 64, 48, 3, 1, 0)), 48, 56, 3, 1, 2)); // as large as before
    y = b.conv(b.node("PRelu", {b.conv(y, 56, 64, 3, 1, 2), b.random({64, 1, 1}, 0.05F, 0.3F)}), 64, 64, 3, 1,
               0);
    y = relu(add(residual(b, y, 64), x)); // two residuals
    const Name twice = b.leaky(b.conv(y, 64, 64));
    y = add(b.conv(twice, 64, 64), twice);
    return b.output(b.conv(y, 64, 3)).network();
}

model::Network own_residuals() {
    Builder b;
    const auto scaled = [&](const Name &x, int channels, int kernel) {
        const Name y = b.node("Mul", {b.conv(x, channels, channels, kernel, 1, kernel / 2),
                                      b.random({1, channels, 1, 1}, 0.2F, 0.4F)});
        return b.leaky(b.node("Add", {y, x}), 0.2F);
    };
    Name y = b.leaky(b.conv(b.input(3), 3, 64));
    for (int i = 0; i < 3; ++i)
        y = scaled(y, 64, 3);
    y = scaled(scaled(b.leaky(b.conv(y, 64, 24)), 24, 3), 24, 5);
    y = scaled(scaled(b.leaky(b.conv(y, 24, 16)), 16, 3), 16, 1);
    return b.output(b.conv(y, 16, 3)).network();
}

model::Network transposed_tail(int middle) {
    Builder b;
    const Name x = b.leaky(b.conv(b.input(3), 3, 96));
    return b.output(transposed(b, b.leaky(b.conv(x, 96, middle, 3, 1, 0)), middle, 3, 4, 2, 1)).network();
}

model::Network straight_tail() {
    Builder b;
    const Name x = b.input(3);
    const Name y = b.leaky(b.conv(b.leaky(b.conv(x, 3, 56)), 56, 128));
    return b.output(b.node("Add", {b.conv(y, 128, 3), x})).network();
}

model::Network thin_tails(const ThinTails &shape) {
    Builder b;
    const auto [first, second, transposing, last] = shape.pads;
    const int few = shape.few;
    const Name x = b.leaky(b.conv(b.input(3), 3, 64));
    const Name y = transposed(b, b.leaky(b.conv(x, 64, shape.middle, 3, 1, first)), shape.middle, few, 4, 2,
                              transposing);
    const Name z = b.leaky(b.conv(b.leaky(b.conv(y, few, 48)), 48, 64, 3, 1, second));
    const Name thin = b.conv(z, 64, few, 3, 1, last);
    return b.output(second + last == 2 ? b.node("Add", {thin, y}) : thin).network();
}

model::Network enlarging(int from, int to) {
    Builder b;
    const Name x = b.leaky(b.conv(b.input(3), 3, from));
    const Name y = b.node("Relu", {transposed(b, x, from, to, 2, 2, 0)});
    return b.output(b.conv(b.node("Add", {b.leaky(transposed(b, x, from, to, 2, 2, 0)), y}), to, 3))
        .network();
}

model::Network down_and_up() {
    Builder b;
    const Name top = b.leaky(b.conv(b.leaky(b.conv(b.input(3), 3, 32)), 32, 64));
    const Name down = b.leaky(b.conv(top, 64, 64, 2, 2, 0));
    const Name bottom = squeeze_excite(b, b.leaky(b.conv(down, 64, 64)), 64);
    const Name up = b.leaky(transposed(b, bottom, 64, 64, 2, 2, 0));
    return b.output(b.conv(b.leaky(b.conv(b.node("Add", {top, up}), 64, 64)), 64, 3)).network();
}

model::Network transposed_in_place() {
    Builder b;
    const Name x = b.leaky(b.conv(b.leaky(b.conv(b.input(3), 3, 64)), 64, 64));
    return b.output(transposed(b, x, 64, 3, 3, 1, 1)).network();
}

model::Network drunet() {
    Builder b;
    const int channels[] = {8, 12, 16, 24};
    Name y = b.conv(b.input(4), 4, channels[0]);
    std::vector<Name> skips{y};
    for (int level = 0; level < 3; ++level) {
        y = residual(b, y, channels[level]);
        y = b.conv(y, channels[level], channels[level + 1], 2, 2, 0);
        skips.push_back(y);
    }
    y = residual(b, y, channels[3]);
    for (int level = 3; level-- > 0;) {
        y = b.node("Add", {y, skips[static_cast<std::size_t>(level) + 1]});
        y = transposed(b, y, channels[level + 1], channels[level], 2, 2, 0);
        y = residual(b, y, channels[level]);
    }
    return b.output(b.conv(b.node("Add", {y, skips[0]}), channels[0], 3)).network();
}

model::Network rrdb() {
    Builder b;
    constexpr int features = 16;
    const Name first = b.conv(b.input(3), 3, features);
    Name y = first;
    for (int block = 0; block < 2; ++block) {
        const Name inner = dense_block(b, dense_block(b, y, features, 8), features, 8);
        y = b.node("Add", {b.node("Mul", {inner, b.real(0.2F)}), y});
    }
    y = b.node("Add", {first, b.conv(y, features, features)});
    for (int times = 0; times < 2; ++times)
        y = b.leaky(b.conv(enlarged(b, y, 2), features, features), 0.2F);
    return b.output(b.conv(b.leaky(b.conv(y, features, features), 0.2F), features, 3)).network();
}

model::Network computed_sizes() {
    Builder b;
    const Name x = b.input(3);
    const Name y = b.node("Relu", {b.conv(x, 3, 8)});
    const Name half = b.node("MaxPool", {y}, {{"kernel_shape", ints({2, 2})}, {"strides", ints({2, 2})}});
    const auto size = [&](std::int64_t axis) {
        const Name one =
            b.node("Gather", {b.node("Shape", {y}), b.integer(axis)}, {{"axis", std::int64_t{0}}});
        const Name real = b.node("Cast", {one}, {{"to", std::int64_t{1}}});
        const Name whole = b.node("Floor", {b.node("Mul", {real, b.real(1)})});
        const Name integer = b.node("Cast", {whole}, {{"to", std::int64_t{7}}});
        return b.node("Unsqueeze", {integer, b.integers({0})});
    };
    const Name lead =
        b.node("Slice", {b.node("Shape", {half}), b.integers({0}), b.integers({2}), b.integers({0})});
    const Name sizes = b.node("Concat", {lead, size(2), size(3)}, {{"axis", std::int64_t{0}}});
    const Name back = b.node("Resize", {half, "", "", sizes}, {{"mode", std::string("linear")}});
    return b.output(b.conv(b.node("Add", {back, y}), 8, 3)).network();
}

} // namespace vsmlrt::test
