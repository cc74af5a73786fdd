// Reorg, ShuffleChannel, Slice, GLU: which channels and parts there are, and in which order.
#include "model/ncnn/converters.h"

#include <algorithm>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::int32_t remaining = -233;

std::size_t read_axis(Conversion &c, int key) {
    const auto rank = static_cast<std::int32_t>(c.input().shape.rank());
    const auto stated = c.parameters.integer(key, 0, -rank, rank - 1);
    return static_cast<std::size_t>(stated < 0 ? stated + rank : stated);
}

std::string take_channels(Conversion &c, const std::string &value, const std::vector<std::int64_t> &order) {
    return c.emit("Gather", {value, c.integers("order", order)}, {{"axis", std::int64_t{1}}});
}

// [start, end) of an axis; without an end, to its end.
std::string part(Conversion &c, std::size_t axis, std::int64_t start, std::optional<std::int64_t> end) {
    return c.emit("Slice", {c.input().value, c.integers("start", {start}),
                            c.integers("end", {end.value_or(INT64_MAX)}),
                            c.integers("axis", {static_cast<std::int64_t>(axis) + 1})});
}

// Equal parts of an axis whose size depends on the picture.
void slice_equally(Conversion &c, std::size_t axis, SymbolicSize size) {
    const auto count = static_cast<std::int64_t>(c.output_count());
    const SymbolicSize each = c.sizes.divide(size, count);
    c.sizes.must_equal(size, c.sizes.multiply(each, count), "an axis and its equal parts");
    auto shape = c.input().shape;
    shape.axes[axis] = each;
    for (const auto &value : c.emit_many("Split", {c.input().value}, c.output_count(),
                                         {{"axis", static_cast<std::int64_t>(axis) + 1}}))
        c.add_result(value, shape);
}

} // namespace

// Blocks of pixels become channels: the input's channel first, then the place in the block; mode 1 the other
// way round.
void convert_reorg(Conversion &c) {
    const std::int64_t stride = c.parameters.integer(0, 1, 1, 64);
    const auto mode = c.parameters.integer(1, 0, 0, 1);
    const auto &blob = c.picture();
    const auto channels = c.channels();
    Shape shape;
    shape.axes = {c.sizes.constant(channels * stride * stride), c.sizes.divide(blob.shape.height(), stride),
                  c.sizes.divide(blob.shape.width(), stride)};
    for (const std::size_t axis : {1U, 2U})
        c.sizes.must_equal(blob.shape.axes[axis], c.sizes.multiply(shape.axes[axis], stride),
                           "a size and whole blocks of it");
    auto value = c.emit("SpaceToDepth", {blob.value}, {{"blocksize", stride}});
    if (mode == 0 && channels > 1) {
        std::vector<std::int64_t> order;
        for (std::int64_t channel = 0; channel < channels; ++channel)
            for (std::int64_t place = 0; place < stride * stride; ++place)
                order.push_back(place * channels + channel);
        value = take_channels(c, value, order);
    }
    c.result(value, std::move(shape));
}

void convert_shuffle_channel(Conversion &c) {
    const auto channels = c.channels();
    std::int64_t groups = c.parameters.integer(0, 1, 1, 1 << 24);
    if (channels % groups != 0)
        throw BadModel(channels, " channels do not make ", groups, " groups");
    if (c.parameters.integer(1, 0) != 0)
        groups = channels / groups;
    const std::int64_t each = channels / groups;
    std::vector<std::int64_t> order(static_cast<std::size_t>(channels));
    for (std::int64_t group = 0; group < groups; ++group)
        for (std::int64_t i = 0; i < each; ++i)
            order[static_cast<std::size_t>(groups * i + group)] = each * group + i;
    c.result_like_input(take_channels(c, c.input().value, order));
}

void convert_slice(Conversion &c) {
    const auto axis = read_axis(c, 1);
    const auto size = c.input().shape.axes[axis];
    const auto known = c.sizes.value(size);
    const auto lengths = c.parameters.integers(0);
    const auto ends = c.parameters.integers(2);
    const auto count = c.output_count();
    if (!ends.empty() ? ends.size() + 1 < count : lengths.size() < count)
        throw BadModel("has ", count, " outputs, and states ", ends.empty() ? lengths.size() : ends.size(),
                       " parts");
    if (ends.empty() && !known && count > 1 &&
        std::ranges::all_of(lengths, [](std::int32_t length) { return length == remaining; }))
        return slice_equally(c, axis, size);
    std::int64_t start = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == count;
        const bool open = ends.empty() ? lengths[i] == remaining : last;
        std::optional<std::int64_t> end;
        if (open && known)
            end = start + (*known - start) / static_cast<std::int64_t>(count - i);
        else if (!open && !ends.empty())
            end = ends[i] < 0 ? c.fixed(size, "an axis whose parts are counted from its end") + ends[i]
                              : ends[i];
        else if (!open)
            end = start + lengths[i];
        else if (!last)
            throw BadModel("a part of an axis whose size depends on the picture must state its size");
        if (end && (*end <= start || (known && *end > *known)))
            throw BadModel("part ", i, " is from ", start, " to ", *end, " of an axis of ",
                           known ? std::to_string(*known) : "open size");
        auto shape = c.input().shape;
        shape.axes[axis] = end ? c.sizes.constant(*end - start) : c.sizes.add(size, -start);
        c.add_result(part(c, axis, start, end), std::move(shape));
        start = end.value_or(start);
    }
}

void convert_glu(Conversion &c) {
    const auto axis = read_axis(c, 0);
    const auto half = c.fixed(c.input().shape.axes[axis], "an axis that is cut into halves") / 2;
    auto shape = c.input().shape;
    shape.axes[axis] = c.sizes.constant(half);
    const auto gate = c.emit("Sigmoid", {part(c, axis, half, 2 * half)});
    c.result(c.emit("Mul", {part(c, axis, 0, half), gate}), std::move(shape));
}

} // namespace vsmlrt::model::ncnn
