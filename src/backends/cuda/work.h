// What the layers of a step ask of any GPU: so many operations, so many bytes.
#pragma once

#include "backends/cuda/groups.h"

#include <span>

namespace vsmlrt::cuda {

struct Work {
    double operations = 0;             // two a product: of convolutions and of products of matrices
    Element multiplied = Element::f32; // in which they are stored
    // Each operand and each result once, weights too, whatever a kernel reads again or keeps elsewhere.
    double bytes_read = 0;
    double bytes_written = 0;
};

// Of a graph and shapes that outlive this.
class WorkCount {
public:
    WorkCount(const graph::Graph &graph, const graph::Shapes &shapes);
    // Of the nodes of all these groups computed together: what only they read is neither read nor written.
    [[nodiscard]] Work of(std::span<const Group *const> groups) const;

private:
    [[nodiscard]] double operations(std::size_t node) const;
    [[nodiscard]] double bytes(graph::ValueId value) const;
    [[nodiscard]] const graph::Shape &dims(graph::ValueId value) const {
        return shapes_.dims[static_cast<std::size_t>(value)];
    }

    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    std::vector<std::vector<std::size_t>> readers_; // by value
    std::vector<bool> outputs_;                     // by value: the network's
};

} // namespace vsmlrt::cuda
