// Crop and Padding: a part of a blob, and what is around it.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int all = -233;
constexpr std::int64_t to_the_end = std::numeric_limits<std::int64_t>::max();

// What is kept of one axis, as ONNX's Slice states it.
struct Range {
    std::int64_t axis = 0; // of the blob, outermost first
    std::int64_t begin = 0;
    std::int64_t end = to_the_end;
};

// Where the end of an axis of size `size` comes to be; negative ends count from its end.
SymbolicSize place(Conversion &c, SymbolicSize size, std::int64_t at) {
    return at < 0 ? c.sizes.add(size, at) : c.sizes.minimum(size, at);
}

void emit_slice(Conversion &c, std::string value, Shape shape, const std::vector<Range> &ranges) {
    std::vector<std::int64_t> begins;
    std::vector<std::int64_t> ends;
    std::vector<std::int64_t> axes;
    for (const auto &range : ranges) {
        if (range.begin == 0 && range.end == to_the_end)
            continue;
        begins.push_back(range.begin);
        ends.push_back(range.end);
        axes.push_back(range.axis + 1);
        auto &size = shape.axes[static_cast<std::size_t>(range.axis)];
        const auto end = place(c, size, range.end);
        const auto begin = range.begin < 0 ? c.sizes.add(size, range.begin) : c.sizes.constant(range.begin);
        size = c.sizes.add(end, c.sizes.multiply(begin, -1));
    }
    if (!axes.empty())
        value = c.emit("Slice", {value, c.integers("begins", begins), c.integers("ends", ends),
                                 c.integers("axes", axes)});
    c.result(std::move(value), std::move(shape));
}

void crop_by_ranges(Conversion &c, const std::vector<std::int32_t> &starts,
                    const std::vector<std::int32_t> &ends, std::vector<std::int32_t> axes) {
    const auto rank = static_cast<std::int32_t>(c.input().shape.rank());
    if (axes.empty())
        for (std::int32_t axis = 0; axis < rank; ++axis)
            axes.push_back(axis);
    if (starts.size() != axes.size() || ends.size() != axes.size())
        throw BadModel("has ", starts.size(), " starts, ", ends.size(), " ends and ", axes.size(), " axes");
    std::vector<Range> ranges;
    std::array<bool, 3> seen{};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || std::exchange(seen.at(static_cast<std::size_t>(axis)), true))
            throw BadModel("axis ", axes[i], " of a blob of ", rank, " axes is out of range or given twice");
        Range range{axis, starts[i], ends[i]};
        if (starts[i] == all)
            range.begin = 0;
        if (ends[i] == all || ends[i] == 0)
            range.end = to_the_end;
        ranges.push_back(range);
    }
    emit_slice(c, c.input().value, c.input().shape, ranges);
}

// The four keys of one axis: offset, size, offset from the end.
struct AxisKeys {
    int offset, size, offset2;
};
constexpr std::array<AxisKeys, 3> axis_keys{{{2, 5, 8}, {1, 4, 7}, {0, 3, 6}}}; // channels, height, width

const AxisKeys &keys_of(std::size_t rank, std::size_t axis) {
    return axis_keys.at(axis + 3 - rank);
}

void crop_by_offsets(Conversion &c) {
    const auto &shape = c.input().shape;
    std::vector<Range> ranges;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const auto keys = keys_of(shape.rank(), axis);
        const std::int64_t offset = c.parameters.integer(keys.offset, 0, 0, 1 << 24);
        const std::int64_t offset2 = c.parameters.integer(keys.offset2, 0, 0, 1 << 24);
        const std::int64_t size = c.parameters.integer(keys.size, 0, all, 1 << 24);
        if (size != all && size < 1)
            throw BadModel("parameter ", keys.size, " asks for a size of ", size);
        if (size != all && offset2 != 0)
            throw BadModel("parameters ", keys.size, " and ", keys.offset2, " both say where the cut ends");
        ranges.push_back({static_cast<std::int64_t>(axis), offset,
                          size != all ? offset + size : (offset2 != 0 ? -offset2 : to_the_end)});
    }
    emit_slice(c, c.input().value, shape, ranges);
}

// What is left of `from` beyond `offset` and the size of the reference, if it is the same for every picture
// of a size that suits strides; such a cut needs no arithmetic on shapes at run time.
std::optional<std::int64_t> cut_at_end(Conversion &c, SymbolicSize from, std::int64_t offset,
                                       SymbolicSize reference) {
    constexpr std::int64_t step = 64;
    constexpr std::int64_t first = std::int64_t{1} << 15;
    std::optional<std::int64_t> cut;
    for (const auto size : {first, first + step, first + 3 * step}) {
        const auto trial = c.sizes.at(size, size);
        if (!trial[from] || !trial[reference])
            return std::nullopt;
        const auto rest = *trial[from] - offset - *trial[reference];
        if (rest < 0 || (cut && *cut != rest))
            return std::nullopt;
        cut = rest;
    }
    return cut;
}

// The ends that only the run knows: offset + size of the reference.
void crop_by_shape(Conversion &c, const std::vector<Range> &ranges, Shape shape) {
    std::vector<std::int64_t> begins;
    std::vector<std::int64_t> axes;
    for (const auto &range : ranges) {
        begins.push_back(range.begin);
        axes.push_back(range.axis + 1);
    }
    const auto offsets = c.integers("begins", begins);
    const auto places = c.integers("axes", axes);
    const auto sizes = c.emit("Gather", {c.emit("Shape", {c.input(1).value}), places});
    c.result(c.emit("Slice", {c.input().value, offsets, c.emit("Add", {offsets, sizes}), places}),
             std::move(shape));
}

void crop_like(Conversion &c) {
    const auto &blob = c.input();
    const auto &like = c.input(1);
    if (c.parameters.integer(0, 0) == all)
        throw BadModel("a crop whose place is computed is not supported");
    if (like.shape.rank() != blob.shape.rank())
        throw BadModel("the blob and its reference must have the same number of axes");
    std::vector<Range> ranges;
    auto shape = blob.shape;
    bool fixed = true;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const std::int64_t offset = c.parameters.integer(keys_of(shape.rank(), axis).offset, 0, 0, 1 << 24);
        if (axis == 0 && offset == 0 && shape.rank() == 3 && shape.axes[0] == like.shape.axes[0])
            continue; // all channels
        const auto cut = cut_at_end(c, shape.axes[axis], offset, like.shape.axes[axis]);
        fixed = fixed && cut.has_value();
        ranges.push_back({static_cast<std::int64_t>(axis), offset, cut && *cut != 0 ? -*cut : to_the_end});
    }
    if (!fixed) {
        crop_by_shape(c, ranges, like.shape);
        return;
    }
    emit_slice(c, blob.value, shape, ranges);
    const auto &made = c.result().shape;
    for (const auto &range : ranges) {
        const auto axis = static_cast<std::size_t>(range.axis);
        c.sizes.must_equal(made.axes[axis], like.shape.axes[axis], "sizes of the crop and of its reference");
    }
}

} // namespace

void convert_crop(Conversion &c) {
    const auto &p = c.parameters;
    for (const int key : {19, 20, 21})
        if (p.has(key))
            throw BadModel("parameter ", key, ": a crop that is an expression is not supported");
    p.must_be(13, 0, "a blob of four axes");
    const auto starts = p.integers(9);
    const auto ends = p.integers(10);
    if (!starts.empty() && !ends.empty())
        crop_by_ranges(c, starts, ends, p.integers(11));
    else if (c.inputs().size() == 2)
        crop_like(c);
    else
        crop_by_offsets(c);
}

void convert_padding(Conversion &c) {
    const auto &p = c.parameters;
    constexpr std::array<const char *, 3> modes{"constant", "edge", "reflect"};
    const auto mode = p.integer(4, 0, 0, 2);
    p.must_be(6, 0, "a value for each channel");
    const auto amount = [&](int key) { return std::int64_t{p.integer(key, 0, 0, 1 << 14)}; };
    // Channels, height, width: before and after.
    const std::array<std::array<std::int64_t, 2>, 3> amounts{
        {{amount(7), amount(8)}, {amount(0), amount(1)}, {amount(2), amount(3)}}};
    auto shape = c.input().shape;
    if (shape.rank() == 3 && mode != 0 && amounts[0] != std::array<std::int64_t, 2>{})
        throw BadModel("channels can only be padded with a constant");
    std::array<std::int64_t, 8> pads{};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const auto [before, after] = amounts.at(axis + 3 - shape.rank());
        pads.at(axis + 1) = before;
        pads.at(axis + 5) = after;
        shape.axes[axis] = c.sizes.add(shape.axes[axis], before + after);
    }
    if (std::ranges::all_of(pads, [](auto pad) { return pad == 0; })) {
        c.result_like_input(c.input().value);
        return;
    }
    std::vector<std::string> operands{c.input().value, c.integers("pads", pads)};
    if (mode == 0)
        operands.push_back(c.scalar("filler", p.real(5, 0)));
    c.result(c.emit("Pad", operands, {{"mode", std::string(modes.at(static_cast<std::size_t>(mode)))}}),
             std::move(shape));
}

} // namespace vsmlrt::model::ncnn
