#include "interpreter/kernels.h"

#include "graph/storage.h"
#include "graph/walk.h"

namespace vsmlrt::interpreter {
namespace {

using Integer = std::int64_t;
using graph::Shape;

// A matrix inside of a dense tensor.
struct Matrix {
    const double *data;
    Integer row_step;
    Integer column_step;
};

// result (rows x columns, dense) = a b.
void multiply(const Matrix &a, const Matrix &b, Integer rows, Integer inner, Integer columns,
              double *result) {
    for (Integer r = 0; r < rows; ++r) {
        double *row = result + r * columns;
        std::fill(row, row + columns, 0.0);
        for (Integer k = 0; k < inner; ++k) {
            const double weight = a.data[r * a.row_step + k * a.column_step];
            for (Integer c = 0; c < columns; ++c)
                row[c] += weight * b.data[k * b.row_step + c * b.column_step];
        }
    }
}

} // namespace

void evaluate(const graph::MatMul &, Inputs inputs, Outputs outputs) {
    Shape a = inputs[0].dims;
    Shape b = inputs[1].dims;
    if (a.size() == 1)
        a.insert(a.begin(), 1);
    if (b.size() == 1)
        b.push_back(1);
    const Integer rows = a[a.size() - 2];
    const Integer inner = a.back();
    const Integer columns = b.back();
    const Shape batch_a(a.begin(), a.end() - 2);
    const Shape batch_b(b.begin(), b.end() - 2);
    Shape batch = graph::broadcast(batch_a, batch_b);
    batch.push_back(1); // rows of one: every matrix is visited by itself
    const auto strides = [&](Shape dims) {
        dims.push_back(1);
        return graph::broadcast_strides(dims, batch);
    };
    const std::vector<double> left = graph::widen<double>(inputs[0]);
    const std::vector<double> right = graph::widen<double>(inputs[1]);
    std::vector<double> result(static_cast<std::size_t>(graph::count(outputs[0].dims)));
    const std::array<Shape, 2> steps{strides(batch_a), strides(batch_b)};
    graph::for_each_row(batch, steps, [&](Integer matrix, Integer, const auto &offsets) {
        multiply({left.data() + offsets[0] * rows * inner, inner, 1},
                 {right.data() + offsets[1] * inner * columns, columns, 1}, rows, inner, columns,
                 result.data() + matrix * rows * columns);
    });
    graph::narrow<double>(result, outputs[0]);
}

void evaluate(const graph::Gemm &op, Inputs inputs, Outputs outputs) {
    const Shape &out = outputs[0].dims;
    const Shape &a = inputs[0].dims;
    const Shape &b = inputs[1].dims;
    const std::vector<double> left = graph::widen<double>(inputs[0]);
    const std::vector<double> right = graph::widen<double>(inputs[1]);
    std::vector<double> result(static_cast<std::size_t>(graph::count(out)));
    multiply({left.data(), op.transpose_a ? 1 : a[1], op.transpose_a ? a[1] : 1},
             {right.data(), op.transpose_b ? 1 : b[1], op.transpose_b ? b[1] : 1}, out[0],
             op.transpose_a ? a[0] : a[1], out[1], result.data());
    for (double &value : result)
        value *= static_cast<double>(op.alpha);
    if (graph::has(inputs, 2)) {
        const std::vector<double> c = graph::widen<double>(inputs[2]);
        const std::array<Shape, 1> strides{graph::broadcast_strides(inputs[2].dims, out)};
        graph::for_each_row(out, strides, [&](Integer offset, Integer length, const auto &offsets) {
            for (Integer i = 0; i < length; ++i)
                result[static_cast<std::size_t>(offset + i)] +=
                    static_cast<double>(op.beta) *
                    c[static_cast<std::size_t>(offsets[0] + i * graph::last_step(strides[0]))];
        });
    }
    graph::narrow<double>(result, outputs[0]);
}

} // namespace vsmlrt::interpreter
