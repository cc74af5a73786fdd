#include "cuda/bench_networks.h"

#include "networks/builder.h"
#include "networks/families.h"

#include <cmath>
#include <utility>

namespace vsmlrt::test {
namespace {

Name transposed(Builder &b, const Name &x, int from, int to, int kernel, int pad) {
    return b.node("ConvTranspose", {x, b.weights({from, to, kernel, kernel}), b.random({to}, -0.1F, 0.1F)},
                  {{"strides", ints({2, 2})}, {"pads", ints({pad, pad, pad, pad})}});
}

Name cropped(Builder &b, const Name &x, std::int64_t amount) {
    return b.node("Slice",
                  {x, b.integers({amount, amount}), b.integers({-amount, -amount}), b.integers({2, 3})});
}

Name excited(Builder &b, const Name &x, int channels) {
    const Name mean = b.node("GlobalAveragePool", {x});
    const Name hidden = b.node("Relu", {b.conv(mean, channels, channels / 8, 1)});
    return b.node("Mul", {x, b.node("Sigmoid", {b.conv(hidden, channels / 8, channels, 1)})});
}

model::Network upconv_7() {
    Builder b;
    Name y = b.input(3);
    const int channels[] = {3, 16, 32, 64, 128, 128, 256};
    for (int i = 0; i < 6; ++i)
        y = b.leaky(b.conv(y, channels[i], channels[i + 1], 3, 1, 0));
    return b.output(transposed(b, y, 256, 3, 4, 3)).network();
}

Name pair(Builder &b, const Name &x, int from, int middle, int to, bool excite) {
    const Name y = b.leaky(b.conv(b.leaky(b.conv(x, from, middle, 3, 1, 0)), middle, to, 3, 1, 0));
    return excite ? excited(b, y, to) : y;
}

// Real-CUGAN 2x: a small UNet that enlarges, then a deeper one at that size.
model::Network cugan() {
    Builder b;
    const Name x = b.node("Pad", {b.input(3), b.integers({0, 0, 18, 18, 0, 0, 18, 18})},
                          {{"mode", std::string("reflect")}});
    const Name top = pair(b, x, 3, 32, 64, false);
    Name y = b.leaky(b.conv(top, 64, 64, 2, 2, 0));
    y = b.leaky(transposed(b, pair(b, y, 64, 128, 64, true), 64, 64, 2, 0));
    y = b.leaky(b.conv(b.node("Add", {cropped(b, top, 4), y}), 64, 64, 3, 1, 0));
    const Name first = transposed(b, y, 64, 3, 4, 3);
    const Name a = pair(b, first, 3, 32, 64, false);
    const Name c = pair(b, b.leaky(b.conv(a, 64, 64, 2, 2, 0)), 64, 64, 128, true);
    Name d = pair(b, b.leaky(b.conv(c, 128, 128, 2, 2, 0)), 128, 256, 128, true);
    d = b.leaky(transposed(b, d, 128, 128, 2, 0));
    d = pair(b, b.node("Add", {cropped(b, c, 4), d}), 128, 64, 64, true);
    d = b.leaky(transposed(b, d, 64, 64, 2, 0));
    d = b.leaky(b.conv(b.node("Add", {cropped(b, a, 16), d}), 64, 64, 3, 1, 0));
    const Name last = b.conv(d, 64, 3, 3, 1, 0);
    return b.output(b.node("Add", {last, cropped(b, first, 20)})).network();
}

// A trained residual is small beside what it is added to. One as large makes the picture grow from block to
// block, and float16's roundings with it: then PyTorch's half is 2.8e-3 away from fp32, and ours 2.2e-3.
Name residual(Builder &b, const Name &x, int channels) {
    const Name hidden = b.node("Relu", {b.conv(x, channels, channels)});
    const float most = 0.3F * std::sqrt(3.0F / static_cast<float>(9 * channels));
    const Name small = b.random({channels, channels, 3, 3}, -most, most);
    return b.node("Add", {x, b.node("Conv", {hidden, small, b.random({channels}, -0.1F, 0.1F)},
                                    {{"pads", ints({1, 1, 1, 1})}})});
}

// Of a picture of so many planes and a map of noise, or of a block's quality.
model::Network dpir(int planes) {
    Builder b;
    const int channels[] = {64, 128, 256, 512};
    Name y = b.conv(b.input(planes + 1), planes + 1, 64);
    std::vector<Name> skips{y};
    for (std::size_t level = 0; level < 3; ++level) {
        for (int i = 0; i < 4; ++i)
            y = residual(b, y, channels[level]);
        y = b.conv(y, channels[level], channels[level + 1], 2, 2, 0);
        skips.push_back(y);
    }
    for (int i = 0; i < 4; ++i)
        y = residual(b, y, 512);
    for (std::size_t level = 3; level-- > 0;) {
        y = transposed(b, b.node("Add", {y, skips[level + 1]}), channels[level + 1], channels[level], 2, 0);
        for (int i = 0; i < 4; ++i)
            y = residual(b, y, channels[level]);
    }
    return b.output(b.conv(b.node("Add", {y, skips[0]}), 64, planes)).network();
}

// Nearly nothing but 16 equal layers.
model::Network chain(int channels) {
    Builder b;
    Name y = b.leaky(b.conv(b.input(3), 3, channels));
    for (int i = 0; i < 16; ++i)
        y = b.leaky(b.conv(y, channels, channels));
    return b.output(b.conv(y, channels, 3)).network();
}

constexpr float flow = 40; // makes a flow of some pixels

struct Family {
    const char *name;
    model::Network (*make)();
};

const Family families[] = {
    {"animevideov3", [] { return srvgg(64, 18); }},
    {"upconv_7", upconv_7},
    {"cugan", cugan},
    {"dpir", [] { return dpir(3); }},
    {"dpir_gray", [] { return dpir(1); }},
    {"rife", [] { return rife_v4({.flow = flow}); }},
    {"rife_still", [] { return rife_v4({}); }}, // whose flow is less than a pixel
    {"rife_grids", [] { return rife_v4({.grids = true, .flow = flow}); }},
    {"rife_ensemble", [] { return rife_v4({.ensemble = true, .flow = flow}); }},
    {"rife_v4.25",
     [] {
         return rife_v4(
             {.widths = {192, 128, 96, 64, 32}, .scales = {16, 8, 4, 2, 1}, .encoded = 4, .flow = flow});
     }},
    {"x4plus", bench_x4plus},
    {"x4plus_anime", bench_x4plus_anime},
    {"artcnn", bench_artcnn},
    {"chain_64", [] { return chain(64); }},
    {"chain_128", [] { return chain(128); }},
    {"chain_256", [] { return chain(256); }},
    {"span", bench_span},
    {"swinir", bench_swinir},
    {"scunet", bench_scunet}};

} // namespace

model::Network bench_network(const std::string &name) {
    for (const Family &family : families)
        if (name == family.name)
            return family.make();
    return {};
}

std::vector<std::string> bench_names() {
    std::vector<std::string> names;
    for (const Family &family : families)
        names.emplace_back(family.name);
    return names;
}

} // namespace vsmlrt::test
