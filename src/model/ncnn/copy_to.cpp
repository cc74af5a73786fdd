// CopyTo: the first blob with the second laid over a part of it, written as pieces side by side.
#include "model/ncnn/axes.h"

#include "model/ncnn/converters.h"

#include <climits>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::int32_t from_the_beginning = -233;

// Where the part begins on each axis, outermost first; counted from the end where negative.
std::vector<std::int64_t> read_starts(const Conversion &c, std::size_t rank) {
    const auto &p = c.parameters;
    p.must_be(13, 0, "a blob of four axes");
    std::vector<std::int64_t> starts(rank, 0);
    const auto stated = p.integers(9);
    const auto axes = p.integers(11);
    if (stated.empty()) {
        for (std::size_t name = 0; name < rank; ++name) // w, h, c
            starts[rank - 1 - name] = p.integer(static_cast<int>(name), 0, 0, INT32_MAX);
        return starts;
    }
    if (stated.size() > rank || (!axes.empty() && axes.size() != stated.size()))
        throw BadModel("has ", stated.size(), " beginnings for ", axes.empty() ? rank : axes.size(), " axes");
    for (std::size_t i = 0; i < stated.size(); ++i) {
        const auto axis = axes.empty() ? i : read_axis(axes[i], rank);
        starts[axis] = stated[i] == from_the_beginning ? 0 : stated[i];
    }
    return starts;
}

std::string slice(Conversion &c, const std::string &value, std::size_t axis, std::int64_t from,
                  std::int64_t to) {
    return c.emit("Slice", {value, c.integers("from", {from}), c.integers("to", {to}),
                            c.integers("axis", {static_cast<std::int64_t>(axis) + 1})});
}

// `to` with the second blob over it on this axis and those behind.
std::string laid_over(Conversion &c, const std::string &to, std::size_t axis,
                      const std::vector<std::int64_t> &starts) {
    if (axis == starts.size())
        return c.input(1).value;
    const auto whole = c.input(0).shape.axes[axis];
    const auto part = c.input(1).shape.axes[axis];
    const auto all = c.sizes.value(whole);
    if (whole == part || (all && all == c.sizes.value(part)))
        return laid_over(c, to, axis + 1, starts);
    const std::int64_t length = c.fixed(part, "the size of what is copied");
    const std::int64_t from = starts[axis] < 0 && all ? starts[axis] + *all : starts[axis];
    const std::int64_t end = from + length;
    if ((all && (from < 0 || end > *all)) || (!all && from < 0 && end > 0))
        throw BadModel("copies ", length, " places to ", from, ", beyond the end");
    const bool reaches_end = all ? end == *all : from < 0 && end == 0;
    std::vector<std::string> pieces;
    if (from != 0)
        pieces.push_back(slice(c, to, axis, 0, from));
    pieces.push_back(laid_over(c, slice(c, to, axis, from, reaches_end ? INT64_MAX : end), axis + 1, starts));
    if (!reaches_end)
        pieces.push_back(slice(c, to, axis, end, INT64_MAX));
    return c.emit("Concat", pieces, {{"axis", static_cast<std::int64_t>(axis) + 1}});
}

} // namespace

void convert_copy_to(Conversion &c) {
    const auto rank = c.input(0).shape.rank();
    if (c.input(1).shape.rank() != rank)
        throw BadModel("copies a blob of ", c.input(1).shape.rank(), " axes into one of ", rank);
    c.result_like_input(laid_over(c, c.input(0).value, 0, read_starts(c, rank)));
}

} // namespace vsmlrt::model::ncnn
