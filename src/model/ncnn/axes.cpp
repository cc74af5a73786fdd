// Squeeze, ExpandDims, Tile, Flip, CumulativeSum: axes that come, go, are repeated, turned round or walked
// along. Since what is behind a blob's axes is of size 1, an axis of size 1 that comes or goes is a
// transposition, whatever the other sizes are.
#include "model/ncnn/axes.h"

#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::size_t most_axes = 3;

std::string transposed(Conversion &c, const std::string &value, const std::vector<std::int64_t> &perm) {
    return std::ranges::is_sorted(perm) ? value : c.emit("Transpose", {value}, {{"perm", perm}});
}

// Axes that old files name one by one (keys 0, 1, 2: w, h, c) and newer ones list by number.
struct Named {
    bool width = false;
    bool height = false;
    bool channels = false;
};

Named read_named(const Parameters &p) {
    p.must_be(11, 0, "a blob of four axes");
    return {p.integer(0, 0) != 0, p.integer(1, 0) != 0, p.integer(2, 0) != 0};
}

// Whether each axis of the input is to go.
std::vector<bool> squeezed_axes(Conversion &c) {
    const auto rank = c.input().shape.rank();
    std::vector<bool> gone(rank, false);
    const auto stated = c.parameters.integers(3);
    for (const auto axis : stated)
        gone[read_axis(axis, rank)] = true;
    if (stated.empty()) {
        const auto named = read_named(c.parameters);
        gone[rank - 1] = named.width;
        if (rank > 1)
            gone[rank - 2] = named.height;
        if (rank > 2)
            gone[0] = named.channels;
    }
    // What is known not to be of size 1 stays.
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const auto size = c.input().shape.axes[axis];
        if (gone[axis] && c.sizes.value(size).value_or(1) != 1)
            gone[axis] = false;
        if (gone[axis])
            c.sizes.must_equal(size, c.sizes.constant(1), "an axis that is squeezed and 1");
    }
    return gone;
}

// Whether each axis of the result is new; their numbers are those of the result.
std::vector<bool> new_axes(Conversion &c) {
    const auto stated = c.parameters.integers(3);
    if (stated.empty())
        throw BadModel("parameter 3 states no axes; convert the network again");
    std::vector<bool> made(c.input().shape.rank() + stated.size(), false);
    for (const auto axis : stated)
        made[read_axis(axis, made.size())] = true;
    if (static_cast<std::size_t>(std::ranges::count(made, true)) != stated.size())
        throw BadModel("states an axis twice");
    return made;
}

} // namespace

std::size_t read_axis(std::int32_t stated, std::size_t rank) {
    const auto count = static_cast<std::int32_t>(rank);
    if (stated < -count || stated >= count)
        throw BadModel("axis ", stated, " is outside of the ", count, " axes");
    return static_cast<std::size_t>(stated < 0 ? stated + count : stated);
}

std::string with_axes_at(Conversion &c, const Blob &blob, std::span<const std::size_t> places) {
    std::vector<std::int64_t> perm(most_axes + 1, 0);
    for (std::size_t axis = 0; axis < places.size(); ++axis)
        perm.at(places[axis]) = static_cast<std::int64_t>(axis) + 1;
    auto next = static_cast<std::int64_t>(places.size()) + 1;
    for (std::size_t place = 1; place <= most_axes; ++place)
        if (perm[place] == 0)
            perm[place] = next++;
    return transposed(c, blob.value, perm);
}

std::string from_axes_at(Conversion &c, const std::string &value, std::span<const std::size_t> places) {
    std::vector<std::int64_t> perm{0};
    for (const auto place : places)
        perm.push_back(static_cast<std::int64_t>(place));
    for (std::int64_t place = 1; place <= static_cast<std::int64_t>(most_axes); ++place)
        if (std::ranges::find(perm, place) == perm.end())
            perm.push_back(place);
    return transposed(c, value, perm);
}

std::string as_matrices(Conversion &c, const Blob &blob, bool column) {
    constexpr std::array<std::size_t, most_axes> all{1, 2, 3};
    const auto rank = blob.shape.rank();
    if (rank == 1 && column)
        return with_axes_at(c, blob, std::span(all).subspan(1, 1));
    return with_axes_at(c, blob, std::span(all).last(rank));
}

void convert_squeeze(Conversion &c) {
    const auto gone = squeezed_axes(c);
    std::vector<std::size_t> places;
    Shape shape;
    for (std::size_t axis = 0; axis < gone.size(); ++axis)
        if (!gone[axis]) {
            places.push_back(axis + 1);
            shape.axes.push_back(c.input().shape.axes[axis]);
        }
    if (shape.axes.empty())
        shape.axes.push_back(c.sizes.constant(1));
    c.result(from_axes_at(c, c.input().value, places), std::move(shape));
}

void convert_expand_dims(Conversion &c) {
    const auto made = new_axes(c);
    if (made.size() > most_axes)
        throw BadModel("makes a blob of ", made.size(), " axes, and up to ", most_axes, " are supported");
    std::vector<std::size_t> places;
    Shape shape;
    for (std::size_t axis = 0, from = 0; axis < made.size(); ++axis) {
        shape.axes.push_back(made[axis] ? c.sizes.constant(1) : c.input().shape.axes[from++]);
        if (!made[axis])
            places.push_back(axis + 1);
    }
    c.result(with_axes_at(c, c.input(), places), std::move(shape));
}

void convert_tile(Conversion &c) {
    constexpr int most_copies = 1 << 16;
    const auto &from = c.input();
    auto repeats = c.parameters.integers(2);
    if (repeats.empty()) {
        repeats.assign(from.shape.rank(), 1);
        repeats[read_axis(c.parameters.integer(0, 0), from.shape.rank())] = c.parameters.integer(1, 1);
    }
    const auto rank = std::max(repeats.size(), from.shape.rank());
    if (rank > most_axes)
        throw BadModel("makes a blob of ", rank, " axes, and up to ", most_axes, " are supported");
    repeats.insert(repeats.begin(), rank - repeats.size(), 1);
    std::vector<std::size_t> places;
    Shape shape;
    std::array<std::int64_t, most_axes + 1> numbers{1, 1, 1, 1};
    const auto added = rank - from.shape.rank();
    for (std::size_t axis = 0; axis < rank; ++axis) {
        if (repeats[axis] < 1 || repeats[axis] > most_copies)
            throw BadModel("asks for ", repeats[axis], " copies, and 1 to ", most_copies, " are supported");
        numbers.at(axis + 1) = repeats[axis];
        const auto size = axis < added ? c.sizes.constant(1) : from.shape.axes[axis - added];
        shape.axes.push_back(c.sizes.multiply(size, repeats[axis]));
        if (axis >= added)
            places.push_back(axis + 1);
    }
    const auto value = with_axes_at(c, from, places);
    c.result(c.emit("Tile", {value, c.integers("repeats", numbers)}), std::move(shape));
}

void convert_flip(Conversion &c) {
    std::vector<std::int64_t> axes;
    for (const auto stated : c.parameters.integers(0))
        axes.push_back(static_cast<std::int64_t>(read_axis(stated, c.input().shape.rank())) + 1);
    std::ranges::sort(axes);
    axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
    if (axes.empty()) {
        c.result_like_input(c.input().value);
        return;
    }
    const std::vector<std::int64_t> last(axes.size(), -1);
    const std::vector<std::int64_t> beyond_the_first(axes.size(), INT64_MIN);
    c.result_like_input(c.emit("Slice", {c.input().value, c.integers("from_the_last", last),
                                         c.integers("beyond_the_first", beyond_the_first),
                                         c.integers("axes", axes), c.integers("backwards", last)}));
}

void convert_cumulative_sum(Conversion &c) {
    const auto axis = read_axis(c.parameters.integer(0, 0), c.input().shape.rank());
    c.result_like_input(
        c.emit("CumSum", {c.input().value, c.integer("axis", static_cast<std::int64_t>(axis) + 1)}));
}

} // namespace vsmlrt::model::ncnn
