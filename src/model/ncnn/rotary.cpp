// RotaryEmbed: pairs of numbers turned by an angle, whose cosines and sines are inputs, one for each place
// and pair. A pair is (n, n + half), or (2 n, 2 n + 1) where it says "interleaved".
#include "model/ncnn/axes.h"

#include "model/ncnn/converters.h"

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::int64_t numbers = 3; // the axis of the ONNX value on which they are

struct Pair {
    std::string first;
    std::string second;
};

std::string every_second(Conversion &c, const std::string &value, std::int64_t from) {
    return c.emit("Slice", {value, c.integers("from", {from}), c.integers("to", {INT64_MAX}),
                            c.integers("axis", {numbers}), c.integers("step", {2})});
}

Pair pairs_of(Conversion &c, const std::string &value, bool interleaved) {
    if (interleaved)
        return {every_second(c, value, 0), every_second(c, value, 1)};
    const auto halves = c.emit_many("Split", {value}, 2, {{"axis", numbers}});
    return {halves[0], halves[1]};
}

std::string joined(Conversion &c, const Pair &pair, bool interleaved) {
    if (!interleaved)
        return c.emit("Concat", {pair.first, pair.second}, {{"axis", numbers}});
    const auto axis = c.integers("axis_of_pairs", {numbers + 1});
    const auto first = c.emit("Unsqueeze", {pair.first, axis});
    const auto second = c.emit("Unsqueeze", {pair.second, axis});
    const auto both = c.emit("Concat", {first, second}, {{"axis", numbers + 1}});
    return c.emit("Reshape", {both, c.integers("numbers", {0, 0, 0, -1})});
}

} // namespace

void convert_rotary_embedding(Conversion &c) {
    const bool interleaved = c.parameters.integer(0, 0) != 0;
    const auto &shape = c.picture().shape;
    const auto half = c.sizes.divide(shape.width(), 2);
    c.sizes.must_equal(shape.width(), c.sizes.multiply(half, 2),
                       "the numbers of a place and twice their half");
    for (const std::size_t i : {1U, 2U}) {
        const auto &table = c.input(i).shape;
        if (table.rank() != 2)
            throw BadModel("cosines and sines must be rows, one for each place");
        c.sizes.must_equal(table.axes[0], shape.height(), "rows of the angles and places");
        c.sizes.must_equal(table.axes[1], half, "columns of the angles and pairs");
    }
    const auto cosines = as_matrices(c, c.input(1));
    const auto sines = as_matrices(c, c.input(2));
    const auto [x, y] = pairs_of(c, c.input().value, interleaved);
    const auto times = [&](const std::string &a, const std::string &b) { return c.emit("Mul", {a, b}); };
    const Pair turned{c.emit("Sub", {times(x, cosines), times(y, sines)}),
                      c.emit("Add", {times(x, sines), times(y, cosines)})};
    c.result_like_input(joined(c, turned, interleaved));
}

} // namespace vsmlrt::model::ncnn
