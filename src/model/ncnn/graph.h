// The ONNX network under construction: nodes and constants with unique names, and what is known of every
// blob.
#pragma once

#include "model/ncnn/size.h"
#include "model/network.h"

#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace vsmlrt::model::ncnn {

// A blob's axes, outermost first: (w), (h, w) or (c, h, w) in ncnn's terms.
//
// In the ONNX network every value is of rank 4: a batch of 1, these axes from the left, then axes of size 1.
// So a picture is N, C, H, W, the vector that a global pooling leaves is N, C, 1, 1, and ncnn's rule for
// blobs of different rank (a vector meets the channels of a picture) is what ONNX's broadcasting does anyway.
struct Shape {
    std::vector<SymbolicSize> axes; // 1 to 3

    [[nodiscard]] std::size_t rank() const { return axes.size(); }
    [[nodiscard]] SymbolicSize channels() const { return axes[0]; }
    [[nodiscard]] SymbolicSize height() const { return axes[1]; } // of a picture (rank 3)
    [[nodiscard]] SymbolicSize width() const { return axes[2]; }
};

struct Blob {
    std::string value; // name in the ONNX network
    Shape shape;
};

class Graph {
public:
    Network network;
    Sizes sizes;

    // `wanted`, or with a number after it if that is taken.
    [[nodiscard]] std::string unique(const std::string &wanted);

    // Adds a node with one output and returns that output's name. `owner` is the layer that it is for.
    std::string emit(std::string_view owner, const char *op, std::vector<std::string> inputs,
                     Attributes attributes = {});
    // The same with several outputs.
    std::vector<std::string> emit_many(std::string_view owner, const char *op,
                                       std::vector<std::string> inputs, std::size_t count,
                                       Attributes attributes = {});
    // Adds an initializer and returns its name.
    std::string constant(const std::string &name, std::vector<std::int64_t> dims,
                         std::span<const float> values);
    std::string constant(const std::string &name, std::span<const std::int64_t> values); // rank 1
    std::string constant(const std::string &name, std::int64_t value);                   // rank 0

    // Renames a value that a node makes, everywhere.
    void rename(const std::string &from, const std::string &to);

private:
    std::unordered_set<std::string> taken_;
    std::unordered_map<std::string, std::size_t> counters_;
};

} // namespace vsmlrt::model::ncnn
