#include "model/network.h"

#include "base/error.h"

#include <cstring>
#include <functional>
#include <numeric>

namespace vsmlrt::model {

namespace {

template <typename T>
Tensor tensor_of(std::string name, Element type, std::vector<std::int64_t> dims, std::span<const T> values) {
    const auto *first = reinterpret_cast<const std::byte *>(values.data());
    Tensor tensor{std::move(name), type, std::move(dims),
                  std::make_shared<const std::vector<std::byte>>(first, first + values.size_bytes())};
    if (tensor.count() != static_cast<std::int64_t>(values.size()))
        throw InternalError("tensor \"", tensor.name, "\": ", values.size(), " values for ", tensor.count(),
                            " elements");
    return tensor;
}

// The attribute as a T; null where it is absent.
template <typename T>
const T *find(const Node &node, std::string_view attribute, const char *kind) {
    const auto found = node.attributes.find(attribute);
    if (found == node.attributes.end())
        return nullptr;
    const T *value = std::get_if<T>(&found->second);
    if (!value)
        throw BadModel(node.label(), ": attribute \"", attribute, "\" is not ", kind);
    return value;
}

template <typename T>
T find_or(const Node &node, std::string_view attribute, T fallback, const char *kind) {
    const T *value = find<T>(node, attribute, kind);
    return value ? *value : std::move(fallback);
}

} // namespace

std::int64_t Tensor::count() const {
    return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

Tensor make_tensor(std::string name, std::vector<std::int64_t> dims, std::span<const float> values) {
    return tensor_of(std::move(name), Element::f32, std::move(dims), values);
}

Tensor make_tensor(std::string name, std::vector<std::int64_t> dims, std::span<const std::int64_t> values) {
    return tensor_of(std::move(name), Element::i64, std::move(dims), values);
}

std::int64_t Node::integer(std::string_view attribute, std::int64_t fallback) const {
    return find_or(*this, attribute, fallback, "an integer");
}

float Node::real(std::string_view attribute, float fallback) const {
    return find_or(*this, attribute, fallback, "a float");
}

std::string Node::string(std::string_view attribute, std::string fallback) const {
    return find_or(*this, attribute, std::move(fallback), "a string");
}

std::vector<std::int64_t> Node::integers(std::string_view attribute,
                                         std::vector<std::int64_t> fallback) const {
    return find_or(*this, attribute, std::move(fallback), "a list of integers");
}

std::vector<float> Node::reals(std::string_view attribute, std::vector<float> fallback) const {
    return find_or(*this, attribute, std::move(fallback), "a list of floats");
}

const Tensor *Node::tensor(std::string_view attribute) const {
    return find<Tensor>(*this, attribute, "a tensor");
}

std::string Node::label() const {
    const std::string &known_by = name.empty() && !outputs.empty() ? outputs.front() : name;
    return text(op, " \"", known_by, "\"");
}

Node::Node() = default;
Node::Node(std::string its_name, std::string its_op, std::string its_domain,
           std::vector<std::string> its_inputs, std::vector<std::string> its_outputs,
           Attributes its_attributes)
    : name(std::move(its_name)), op(std::move(its_op)), domain(std::move(its_domain)),
      inputs(std::move(its_inputs)), outputs(std::move(its_outputs)), attributes(std::move(its_attributes)) {}
Node::Node(const Node &) = default;
Node::Node(Node &&) noexcept = default;
Node &Node::operator=(const Node &) = default;
Node &Node::operator=(Node &&) noexcept = default;
Node::~Node() = default;

Network::Network() = default;
Network::Network(const Network &) = default;
Network::Network(Network &&) noexcept = default;
Network &Network::operator=(const Network &) = default;
Network &Network::operator=(Network &&) noexcept = default;
Network::~Network() = default;

} // namespace vsmlrt::model
