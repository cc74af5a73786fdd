// Pooling to a stated size: part i of n is from floor(i size / n) to ceil((i + 1) size / n), so that parts
// lie over each other where the size is no multiple. The two directions are independent.
#include "model/ncnn/adaptive_pooling.h"

namespace vsmlrt::model::ncnn {

namespace {

std::string reduced(Conversion &c, const std::string &value, bool average, std::int64_t axis) {
    return c.emit(average ? "ReduceMean" : "ReduceMax", {value},
                  {{"axes", std::vector<std::int64_t>{axis}}, {"keepdims", std::int64_t{1}}});
}

std::string pooled_parts(Conversion &c, const std::string &value, bool average, std::int64_t axis,
                         std::int64_t size, std::int64_t count) {
    std::vector<std::string> parts;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t start = i * size / count;
        const std::int64_t end = ((i + 1) * size + count - 1) / count;
        const auto part = c.emit("Slice", {value, c.integers("start", {start}), c.integers("end", {end}),
                                           c.integers("axis", {axis})});
        parts.push_back(reduced(c, part, average, axis));
    }
    return parts.size() == 1 ? parts.front() : c.emit("Concat", parts, {{"axis", axis}});
}

} // namespace

void convert_adaptive_pooling(Conversion &c, bool average, const std::array<std::int32_t, 2> &wanted) {
    constexpr std::int32_t as_before = -233;
    constexpr std::int32_t most = 256; // parts, each of which is a node
    const auto &blob = c.picture();
    auto shape = blob.shape;
    std::string value = blob.value;
    for (const std::size_t i : {0U, 1U}) {
        const std::int64_t count = wanted.at(i);
        const auto axis = static_cast<std::int64_t>(i) + 2;
        const auto size = blob.shape.axes[i + 1];
        const auto known = c.sizes.value(size);
        if (count == as_before || known == count)
            continue;
        if (count < 1 || count > most)
            throw BadModel("adaptive pooling is supported to a size of 1 to ", most, ", and it states ",
                           count);
        shape.axes[i + 1] = c.sizes.constant(count);
        if (count == 1) {
            value = reduced(c, value, average, axis);
        } else if (known) {
            value = pooled_parts(c, value, average, axis, *known, count);
        } else {
            // Of a size that depends on the picture, which then has to be a multiple: the axis in two.
            c.sizes.must_equal(size, c.sizes.multiply(c.sizes.divide(size, count), count),
                               "a size and the parts it is pooled in");
            const auto channels = c.channels();
            const auto height =
                i == 0 ? std::int64_t{0} : c.fixed(shape.axes[1], "the height of what is pooled");
            if (i == 0) {
                value = c.emit("Reshape", {value, c.integers("rows", {1, channels * count, -1, 0})});
                value = reduced(c, value, average, 2);
                value = c.emit("Reshape", {value, c.integers("cells", {1, channels, count, -1})});
            } else {
                value = c.emit("Reshape", {value, c.integers("columns", {1, channels * height, count, -1})});
                value = reduced(c, value, average, 3);
                value = c.emit("Reshape", {value, c.integers("cells", {1, channels, height, count})});
            }
        }
    }
    c.result(value, std::move(shape));
}

} // namespace vsmlrt::model::ncnn
