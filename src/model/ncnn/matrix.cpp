// MatMul and Gemm: products of blobs as matrices, with weights of the file or with each other.
#include "model/ncnn/axes.h"

#include "base/checked.h"

#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int most = 1 << 24;

std::string swapped(Conversion &c, const std::string &value) {
    return c.emit("Transpose", {value}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
}

// An operand as (1, batch, rows, columns), and the sizes of its matrices.
struct Operand {
    std::string value;
    SymbolicSize batch;
    SymbolicSize rows;
    SymbolicSize columns;
};

void transpose(Conversion &c, Operand &operand) {
    operand.value = swapped(c, operand.value);
    std::swap(operand.rows, operand.columns);
}

Operand read_operand(Conversion &c, const Blob &blob, bool column) {
    const auto &axes = blob.shape.axes;
    const auto one = c.sizes.constant(1);
    Operand operand{as_matrices(c, blob, column), one, one, axes.back()};
    if (axes.size() == 1 && column)
        std::swap(operand.rows, operand.columns);
    if (axes.size() > 1)
        operand.rows = axes[axes.size() - 2];
    if (axes.size() > 2)
        operand.batch = axes[0];
    return operand;
}

Operand stored_operand(Conversion &c, const char *role, std::int64_t rows, std::int64_t columns) {
    if (rows < 1 || columns < 1)
        throw BadModel("does not state the size of a matrix that the file holds");
    const auto stored = c.weights.tagged(checked_mul(rows, columns, "weights"));
    if (stored.int8)
        throw BadModel("int8 weights of a matrix product are not supported");
    return {c.constant(role, {1, 1, rows, columns}, stored.values), c.sizes.constant(1),
            c.sizes.constant(rows), c.sizes.constant(columns)};
}

// What is added to a product of M x N, as a value that spreads over it.
std::string added_blob(Conversion &c, const Blob &blob, SymbolicSize rows, SymbolicSize columns) {
    const auto &axes = blob.shape.axes;
    const auto is = [&](SymbolicSize size, SymbolicSize wanted) {
        return size == wanted || (c.sizes.value(size) && c.sizes.value(size) == c.sizes.value(wanted));
    };
    const auto one = c.sizes.constant(1);
    if (axes.size() == 1) {
        if (is(axes[0], columns) || is(axes[0], one))
            return as_matrices(c, blob);
        if (is(axes[0], rows))
            return as_matrices(c, blob, true);
    } else if (axes.size() == 2 && (is(axes[1], columns) || is(axes[1], one)) &&
               (is(axes[0], rows) || is(axes[0], one))) {
        return as_matrices(c, blob);
    }
    throw BadModel("what is added to the product must have its size, or that of its rows or columns");
}

std::string stored_sum(Conversion &c, std::int64_t rows, std::int64_t columns) {
    const auto type = c.parameters.integer(10, 0, -1, 4);
    if (type == -1)
        return {};
    const bool spreads_over_rows = type == 0 || type == 4;
    const bool spreads_over_columns = type < 3;
    const auto height = spreads_over_rows ? 1 : rows;
    const auto width = spreads_over_columns ? 1 : columns;
    return stored_operand(c, "added", height, width).value;
}

} // namespace

void convert_matmul(Conversion &c) {
    const auto rank_a = c.input(0).shape.rank();
    const auto rank_b = c.input(1).shape.rank();
    const auto a = read_operand(c, c.input(0), false);
    auto b = read_operand(c, c.input(1), true);
    if (rank_b > 1 && c.parameters.integer(0, 0) != 0)
        transpose(c, b);
    c.sizes.must_equal(a.columns, b.rows, "columns of the first matrix and rows of the second");
    auto batch = a.batch;
    if (c.sizes.value(a.batch) == 1)
        batch = b.batch;
    else if (c.sizes.value(b.batch) != 1)
        c.sizes.must_equal(a.batch, b.batch, "numbers of matrices");
    const auto product = c.emit("MatMul", {a.value, b.value});
    // A vector's own axis is not one of the result.
    std::vector<std::size_t> places;
    Shape shape;
    const auto keep = [&](std::size_t place, SymbolicSize size) {
        places.push_back(place);
        shape.axes.push_back(size);
    };
    if (std::max(rank_a, rank_b) > 2)
        keep(1, batch);
    if (rank_a > 1)
        keep(2, a.rows);
    if (rank_b > 1)
        keep(3, b.columns);
    if (places.empty())
        keep(3, b.columns);
    c.result(from_axes_at(c, product, places), std::move(shape));
}

void convert_gemm(Conversion &c) {
    const auto &p = c.parameters;
    p.must_be(18, 0, "a matrix product in int8");
    const float alpha = p.real(0, 1);
    const float beta = p.real(1, 1);
    const bool turned_a = p.integer(2, 0) != 0;
    const bool turned_b = p.integer(3, 0) != 0;
    const std::int64_t rows = p.integer(7, 0, 0, most);
    const std::int64_t columns = p.integer(8, 0, 0, most);
    const std::int64_t depth = p.integer(9, 0, 0, most);
    std::size_t next = 0;
    const auto operand = [&](int key, const char *role, bool turned, std::int64_t height,
                             std::int64_t width) {
        const bool stored = p.integer(key, 0) == 1;
        if (!stored && (next >= c.inputs().size() || c.input(next).shape.rank() > 2))
            throw BadModel("takes matrices of two axes, one for each operand that the file does not hold");
        auto read = stored ? stored_operand(c, role, turned ? width : height, turned ? height : width)
                           : read_operand(c, c.input(next++), false);
        if (turned)
            transpose(c, read);
        return read;
    };
    const auto a = operand(4, "a", turned_a, rows, depth);
    const auto b = operand(5, "b", turned_b, depth, columns);
    c.sizes.must_equal(a.columns, b.rows, "columns of the first matrix and rows of the second");
    std::string added;
    if (p.integer(6, 0) == 1)
        added = stored_sum(c, rows, columns);
    else if (next < c.inputs().size())
        added = added_blob(c, c.input(next), a.rows, b.columns);

    auto value = c.emit("MatMul", {a.value, b.value});
    if (!added.empty())
        value = c.emit("Add", {value, beta == 1 ? added : c.emit("Mul", {added, c.scalar("beta", beta)})});
    if (alpha != 1)
        value = c.emit("Mul", {value, c.scalar("alpha", alpha)});
    auto height = a.rows;
    auto width = b.columns;
    std::array<std::size_t, 2> places{2, 3};
    if (p.integer(14, 0) != 0) {
        std::swap(places[0], places[1]);
        std::swap(height, width);
    }
    if (p.integer(11, 0) == 0) {
        c.result(from_axes_at(c, value, places), {{height, width}});
        return;
    }
    // Rows as channels of one row each.
    const std::array<std::size_t, 3> apart{places[0], 1, places[1]};
    c.result(from_axes_at(c, value, apart), {{height, c.sizes.constant(1), width}});
}

} // namespace vsmlrt::model::ncnn
