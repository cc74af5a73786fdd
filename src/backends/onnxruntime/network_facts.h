// What a network says of itself before it is run: its inputs, its precision, and its shapes at one size.
#pragma once

#include "graph/ir.h"
#include "module/shapes.h"

#include <optional>
#include <string>
#include <vector>

namespace vsmlrt::ort {

class NetworkFacts {
public:
    // BadModel if the bytes are not a network.
    explicit NetworkFacts(const vsmlrt_program_desc &desc);

    // Picture inputs (rank 4), as a provider wants a size stated: "input:1x3x64x48,other:1x1x64x48".
    [[nodiscard]] std::string shapes_text(vsmlrt_extent extent) const;
    // Its weights are float16.
    [[nodiscard]] bool half() const { return half_; }
    // Nothing where only running the network can tell.
    [[nodiscard]] std::optional<IoShapes> shapes(vsmlrt_extent extent) const;
    // What inputs, outputs and the values between them take at a size; 0 where unknown.
    [[nodiscard]] std::int64_t context_bytes(vsmlrt_extent extent) const;
    // Frees what `shapes` needs; afterwards it gives nothing.
    void forget() { graph_.reset(); }

private:
    [[nodiscard]] std::vector<graph::Shape> input_shapes(vsmlrt_extent extent) const;

    std::vector<model::Value> inputs_;
    std::optional<graph::Graph> graph_; // absent where the IR has no form for the network
    bool half_ = false;
};

} // namespace vsmlrt::ort
