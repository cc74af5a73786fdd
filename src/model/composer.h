// A node written as several: what the rules of compositions.cpp build with.
#pragma once

#include "model/names.h"
#include "model/network.h"
#include "model/types.h"

#include <map>
#include <string>
#include <vector>

namespace vsmlrt::model {

using Integers = std::vector<std::int64_t>;

class Composer {
public:
    // All nodes of `network` are to be given by next(), in their order.
    explicit Composer(const Network &network);

    // What follows is in the place of `node`, or is `node` itself.
    void next(const Node &node) { node_ = &node; }
    void keep() { result_.nodes.push_back(*node_); }
    [[nodiscard]] Network finish() { return std::move(result_); }

    [[nodiscard]] const Node &node() const { return *node_; }
    [[nodiscard]] std::int64_t opset() const { return result_.opset; }
    // Empty where the node leaves it out.
    [[nodiscard]] std::string input(std::size_t index) const;
    [[nodiscard]] Element type(const std::string &value) const;
    // Null where the value is not a constant of the file.
    [[nodiscard]] const Tensor *constant_of(const std::string &value) const;

    // Adds a node and returns its result's name.
    std::string emit(const char *op, std::vector<std::string> inputs, Attributes attributes = {});
    // Adds the node that gives what the replaced one gave.
    void result(const char *op, std::vector<std::string> inputs, Attributes attributes = {});

    std::string integers(const Integers &values);                              // rank 1
    std::string integer(std::int64_t value);                                   // rank 0
    std::string real(float value, Element type);                               // rank 0
    std::string add_constant(Tensor tensor);                                   // under a new name
    std::string cast(const std::string &value, Element type);                  // itself where known to be so
    std::string sizes(const std::string &value, Attributes attributes = {});   // Shape
    std::string ones(const std::string &count);                                // int64; count: rank 1
    std::string joined(std::vector<std::string> parts, std::int64_t axis = 0); // Concat
    std::string with_axes(const std::string &value, const Integers &axes);     // Unsqueeze
    // Reduces over `axes`, which stay with a size of 1.
    std::string reduced(const char *op, const std::string &value, const Integers &axes);

private:
    std::string put(const char *op, std::vector<std::string> inputs, Attributes attributes,
                    std::string output);

    FreshNames fresh_;
    Types types_;
    Network result_;
    const Node *node_ = nullptr;
};

// The rules that have a file of their own. Each returns whether it wrote the node otherwise.
bool compose_einsum(Composer &c);
bool compose_deformable_convolution(Composer &c);
bool compose_attention(Composer &c);

} // namespace vsmlrt::model
