// The rule of each operator: from the shapes and known contents of its operands to the shapes of its results.
// Rules write resolved parameters into `op`. BadModel where operands do not fit; `infer` adds the node's
// label.
#pragma once

#include "graph/ir.h"

#include <span>

namespace vsmlrt::graph {

struct Operand {
    bool present = false;
    Element type = Element::f32;
    Shape dims;
    const model::Tensor *known = nullptr; // null: only known when the network runs
};

// The operands of one node as its rule asks for them.
class Operands {
public:
    explicit Operands(std::vector<Operand> operands) : operands_(std::move(operands)) {}

    [[nodiscard]] std::size_t size() const { return operands_.size(); }
    [[nodiscard]] bool has(std::size_t index) const {
        return index < operands_.size() && operands_[index].present;
    }
    // BadModel if the operand is absent.
    [[nodiscard]] const Operand &at(std::size_t index) const;
    [[nodiscard]] const Shape &dims(std::size_t index) const { return at(index).dims; }
    // BadModel if the rank is another.
    [[nodiscard]] const Shape &dims(std::size_t index, std::size_t rank) const;
    // Contents; Unsupported if they are only known when the network runs.
    [[nodiscard]] std::vector<std::int64_t> integers(std::size_t index) const;
    [[nodiscard]] std::vector<double> reals(std::size_t index) const;
    [[nodiscard]] bool all_known() const;

private:
    [[nodiscard]] const model::Tensor &contents(std::size_t index) const;
    std::vector<Operand> operands_;
};

using Dims = std::vector<Shape>; // one an output

Dims infer_shape(const Unary &op, const Operands &in);
Dims infer_shape(const Binary &op, const Operands &in);
Dims infer_shape(const Clip &op, const Operands &in);
Dims infer_shape(const Where &op, const Operands &in);
Dims infer_shape(const Cast &op, const Operands &in);

Dims infer_shape(Conv &op, const Operands &in);
Dims infer_shape(ConvTranspose &op, const Operands &in);
Dims infer_shape(Pool &op, const Operands &in);

Dims infer_shape(Reduce &op, const Operands &in);
Dims infer_shape(const MatMul &op, const Operands &in);
Dims infer_shape(const Gemm &op, const Operands &in);
Dims infer_shape(const Softmax &op, const Operands &in);
Dims infer_shape(const Normalize &op, const Operands &in);
Dims infer_shape(const GridSample &op, const Operands &in);
Dims infer_shape(Resize &op, const Operands &in);

Dims infer_shape(const Concat &op, const Operands &in);
Dims infer_shape(const Split &op, const Operands &in, std::size_t outputs);
Dims infer_shape(Slice &op, const Operands &in);
Dims infer_shape(Pad &op, const Operands &in);
Dims infer_shape(const DepthToSpace &op, const Operands &in);
Dims infer_shape(const SpaceToDepth &op, const Operands &in);
Dims infer_shape(const Transpose &op, const Operands &in);
Dims infer_shape(const Reshape &op, const Operands &in);
Dims infer_shape(const Expand &op, const Operands &in);
Dims infer_shape(const Tile &op, const Operands &in);
Dims infer_shape(const Gather &op, const Operands &in);
Dims infer_shape(const GatherElements &op, const Operands &in);
Dims infer_shape(const GatherNd &op, const Operands &in);
Dims infer_shape(const ScatterElements &op, const Operands &in);
Dims infer_shape(const ScatterNd &op, const Operands &in);
Dims infer_shape(const ArgReduce &op, const Operands &in);
Dims infer_shape(CumSum &op, const Operands &in);
Dims infer_shape(const TopK &op, const Operands &in);
Dims infer_shape(const ShapeOf &op, const Operands &in);
Dims infer_shape(const Fill &op, const Operands &in);
Dims infer_shape(const Range &op, const Operands &in);

// The sizes that ShapeOf gives for an operand of these dims.
[[nodiscard]] std::vector<std::int64_t> sizes_of(const ShapeOf &op, const Shape &dims);

} // namespace vsmlrt::graph
