#include "cuda/bench_networks.h"

#include "networks/builder.h"

namespace vsmlrt::test {
namespace {

Name joined(Builder &b, const std::vector<Name> &parts) {
    return b.node("Concat", parts, {{"axis", std::int64_t{1}}});
}

Name enlarged(Builder &b, const Name &x) {
    return b.node("Resize", {x, "", b.constant({4}, {1, 1, 2, 2})},
                  {{"mode", std::string("nearest")},
                   {"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("floor")}});
}

Name shuffled(Builder &b, const Name &x, std::int64_t block) {
    return b.node("DepthToSpace", {x}, {{"blocksize", block}, {"mode", std::string("CRD")}});
}

Name scaled_sum(Builder &b, const Name &part, const Name &x) {
    return b.node("Add", {b.node("Mul", {part, b.real(0.2F)}), x});
}

Name dense_block(Builder &b, const Name &x) {
    constexpr int features = 64;
    constexpr int growth = 32;
    std::vector<Name> all{x};
    for (int i = 0; i < 4; ++i)
        all.push_back(b.leaky(b.conv(i == 0 ? x : joined(b, all), features + i * growth, growth), 0.2F));
    return scaled_sum(b, b.conv(joined(b, all), features + 4 * growth, features), x);
}

Name swish(Builder &b, const Name &x) {
    return b.node("Mul", {x, b.node("Sigmoid", {x})});
}

// A block of SPAN (Wan et al. 2024): three convolutions, and a parameter-free attention from the last.
struct SpanBlock {
    Name result;
    Name first; // of its first convolution
};
SpanBlock span_block(Builder &b, const Name &x) {
    constexpr int features = 48;
    const Name first = b.conv(x, features, features);
    const Name third = b.conv(swish(b, b.conv(swish(b, first), features, features)), features, features);
    const Name attention = b.node("Sub", {b.node("Sigmoid", {third}), b.real(0.5F)});
    return {b.node("Mul", {b.node("Add", {third, x}), attention}), first};
}

} // namespace

// Real-ESRGAN's network (Wang et al. 2021) of so many blocks.
static model::Network residual_in_residual(int blocks) {
    Builder b;
    const Name first = b.conv(b.input(3), 3, 64);
    Name y = first;
    for (int block = 0; block < blocks; ++block)
        y = scaled_sum(b, dense_block(b, dense_block(b, dense_block(b, y))), y);
    y = b.node("Add", {first, b.conv(y, 64, 64)});
    for (int times = 0; times < 2; ++times)
        y = b.leaky(b.conv(enlarged(b, y), 64, 64), 0.2F);
    return b.output(b.conv(b.leaky(b.conv(y, 64, 64), 0.2F), 64, 3)).network();
}

model::Network bench_x4plus() {
    return residual_in_residual(23);
}

model::Network bench_x4plus_anime() {
    return residual_in_residual(6);
}

model::Network bench_artcnn() {
    Builder b;
    constexpr int features = 32;
    const Name first = b.conv(b.input(1), 1, features);
    Name y = first;
    for (int i = 0; i < 4; ++i)
        y = b.node("Relu", {b.conv(y, features, features)});
    y = b.node("Add", {b.conv(y, features, features), first});
    return b.output(shuffled(b, b.conv(y, features, 4), 2)).network();
}

model::Network bench_span() {
    Builder b;
    constexpr int features = 48;
    const Name first = b.conv(b.input(3), 3, features);
    std::vector<SpanBlock> blocks{span_block(b, first)};
    while (blocks.size() < 6)
        blocks.push_back(span_block(b, blocks.back().result));
    const Name last = b.conv(blocks.back().result, features, features);
    const Name all = joined(b, {first, last, blocks.front().result, blocks.back().first});
    return b.output(shuffled(b, b.conv(b.conv(all, 4 * features, features, 1), features, 12), 2)).network();
}

} // namespace vsmlrt::test
