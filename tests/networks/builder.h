// Networks built in code: b.node("Conv", {x, b.weights({8, 3, 3, 3})}, {{"pads", ints({1, 1, 1, 1})}}).
#pragma once

#include "model/network.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace vsmlrt::test {

using Name = std::string;
using model::Attributes;

[[nodiscard]] inline model::Attribute ints(std::vector<std::int64_t> list) {
    return list;
}

// Splitmix64 (Steele, Lea, Flood 2014), the same numbers everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // Uniform in [-1, 1).
    [[nodiscard]] float next();
    [[nodiscard]] std::vector<float> list(std::int64_t count, float scale = 1);

private:
    std::uint64_t state_;
};

class Builder {
public:
    explicit Builder(std::int64_t opset = 17, Element type = Element::f32);

    // A picture (1, channels, any height, any width), or of a stated size.
    Name input(int channels, int height = 0, int width = 0);
    Name constant(std::vector<std::int64_t> dims, const std::vector<float> &values);
    Name integers(const std::vector<std::int64_t> &list); // rank 1
    Name integer(std::int64_t value);                     // rank 0
    Name real(float value);                               // rank 0
    Name truths(std::vector<std::int64_t> dims, const std::vector<std::uint8_t> &values);
    // Seeded random values, scaled by 1 / sqrt(fan in) so that what goes through stays of its size.
    Name weights(std::vector<std::int64_t> dims);
    Name random(std::vector<std::int64_t> dims, float low, float high);

    Name node(const std::string &op, const std::vector<Name> &inputs, Attributes attributes = {});
    std::vector<Name> nodes(const std::string &op, const std::vector<Name> &inputs, std::size_t outputs,
                            Attributes attributes = {});
    // Convolution with bias, padded to keep the size unless `pad` says otherwise.
    Name conv(const Name &x, int from, int to, int kernel = 3, int stride = 1, int pad = -1);

    Name leaky(const Name &x, float slope = 0.1F);

    Builder &output(const Name &name);
    [[nodiscard]] model::Network network() const { return network_; }

private:
    Name fresh();
    Name add(model::Tensor tensor);
    [[nodiscard]] model::Tensor stored(std::vector<std::int64_t> dims,
                                       const std::vector<float> &values) const;

    model::Network network_;
    Element type_;
    Random random_{1};
    int next_ = 0;
};

} // namespace vsmlrt::test
