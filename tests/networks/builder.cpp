#include "networks/builder.h"

#include "tensor/half.h"

#include <cmath>
#include <cstring>
#include <numeric>

namespace vsmlrt::test {
namespace {

template <typename T>
model::Tensor tensor_of(Element type, std::vector<std::int64_t> dims, const std::vector<T> &values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!bytes.empty())
        std::memcpy(bytes.data(), values.data(), bytes.size());
    return {{}, type, std::move(dims), std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
}

std::int64_t product(const std::vector<std::int64_t> &dims) {
    return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

} // namespace

float Random::next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return static_cast<float>(static_cast<double>(z >> 40) * 0x1p-23 - 1.0);
}

std::vector<float> Random::list(std::int64_t count, float scale) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float &value : values)
        value = next() * scale;
    return values;
}

Builder::Builder(std::int64_t opset, Element type) : type_(type) {
    network_.opset = opset;
    network_.name = "test";
    network_.producer = "vsmlrt";
}

Name Builder::fresh() {
    return "v" + std::to_string(next_++);
}

Name Builder::add(model::Tensor tensor) {
    tensor.name = fresh();
    network_.initializers[tensor.name] = tensor;
    return tensor.name;
}

model::Tensor Builder::stored(std::vector<std::int64_t> dims, const std::vector<float> &values) const {
    if (type_ != Element::f16)
        return tensor_of(Element::f32, std::move(dims), values);
    std::vector<std::uint16_t> halves;
    for (const float value : values)
        halves.push_back(float_to_half(value));
    return tensor_of(Element::f16, std::move(dims), halves);
}

Name Builder::input(int channels, int height, int width) {
    const auto dim = [](int size, const char *symbol) {
        return size > 0 ? model::Dim{size, {}} : model::Dim{std::nullopt, symbol};
    };
    const Name name = "input" + std::to_string(network_.inputs.size());
    network_.inputs.push_back(
        {name, type_, true, {{1, {}}, {channels, {}}, dim(height, "height"), dim(width, "width")}});
    return name;
}

Name Builder::constant(std::vector<std::int64_t> dims, const std::vector<float> &values) {
    return add(stored(std::move(dims), values));
}

Name Builder::integers(const std::vector<std::int64_t> &list) {
    return add(tensor_of(Element::i64, {static_cast<std::int64_t>(list.size())}, list));
}

Name Builder::integer(std::int64_t value) {
    return add(tensor_of(Element::i64, {}, std::vector{value}));
}

Name Builder::real(float value) {
    return constant({}, {value});
}

Name Builder::truths(std::vector<std::int64_t> dims, const std::vector<std::uint8_t> &values) {
    return add(tensor_of(Element::boolean, std::move(dims), values));
}

Name Builder::weights(std::vector<std::int64_t> dims) {
    const std::int64_t fan_in = dims.size() > 1 ? product(dims) / dims[0] : 1;
    const auto scale = static_cast<float>(std::sqrt(3.0 / static_cast<double>(fan_in)));
    const std::int64_t count = product(dims);
    return constant(std::move(dims), random_.list(count, scale));
}

Name Builder::random(std::vector<std::int64_t> dims, float low, float high) {
    std::vector<float> values = random_.list(product(dims));
    for (float &value : values)
        value = low + (value + 1) / 2 * (high - low);
    return constant(std::move(dims), values);
}

Name Builder::node(const std::string &op, const std::vector<Name> &inputs, Attributes attributes) {
    return nodes(op, inputs, 1, std::move(attributes)).front();
}

std::vector<Name> Builder::nodes(const std::string &op, const std::vector<Name> &inputs, std::size_t outputs,
                                 Attributes attributes) {
    model::Node node;
    node.name = op + "_" + std::to_string(network_.nodes.size());
    node.op = op;
    node.inputs = inputs;
    for (std::size_t i = 0; i < outputs; ++i)
        node.outputs.push_back(fresh());
    node.attributes = std::move(attributes);
    network_.nodes.push_back(node);
    return node.outputs;
}

Name Builder::conv(const Name &x, int from, int to, int kernel, int stride, int pad) {
    const std::int64_t border = pad < 0 ? kernel / 2 : pad;
    return node("Conv", {x, weights({to, from, kernel, kernel}), random({to}, -0.1F, 0.1F)},
                {{"kernel_shape", ints({kernel, kernel})},
                 {"strides", ints({stride, stride})},
                 {"pads", ints({border, border, border, border})}});
}

Name Builder::leaky(const Name &x, float slope) {
    return node("LeakyRelu", {x}, {{"alpha", slope}});
}

Builder &Builder::output(const Name &name) {
    // The size follows; the file states none.
    network_.outputs.push_back({name, type_, false, {}});
    return *this;
}

} // namespace vsmlrt::test
