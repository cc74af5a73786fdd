// Runs a graph at one size of its inputs, node by node, exactly as the IR says. The oracle for everything
// faster.
#pragma once

#include "graph/memory.h"
#include "graph/view.h"
#include "tensor/buffer.h"

#include <functional>
#include <memory>

namespace vsmlrt::interpreter {

// From a float to one that a narrower type can hold.
using Rounding = std::function<float(float)>;

// Holds the arena of one execution at a time; used by one thread at a time. The graph outlives it.
class Interpreter {
public:
    // With a rounding every float32 value (the inputs, the constants, the results of each operator) is given
    // to it, as on a device that keeps values in a narrower type and sums in a wider one; sizes stay exact.
    // BadModel or Unsupported as graph::infer.
    Interpreter(const graph::Graph &graph, std::span<const graph::Shape> inputs, Rounding rounding = {});

    [[nodiscard]] const graph::Shapes &shapes() const { return shapes_; }
    // Shape and type of output `index`; data is null.
    [[nodiscard]] graph::View output(std::size_t index) const;

    // Dense tensors of the graph's inputs and outputs, in order.
    void run(std::span<const std::byte *const> inputs, std::span<std::byte *const> outputs);

private:
    [[nodiscard]] graph::ConstView operand(graph::ValueId value) const;
    void round_constants();
    void take_input(std::size_t index, const std::byte *data);

    const graph::Graph &graph_;
    graph::Shapes shapes_;
    Rounding rounding_;
    HostBuffer arena_;
    std::vector<std::byte *> places_;       // by value, in the arena
    std::vector<const std::byte *> inputs_; // by value, of the run
    std::vector<std::vector<float>>
        rounded_; // by value: constants and inputs; empty where there is no rounding
};

// Bytes that an interpreter takes at these shapes.
[[nodiscard]] std::int64_t context_bytes(const graph::Graph &graph, const graph::Shapes &shapes);

} // namespace vsmlrt::interpreter
