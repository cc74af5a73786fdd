// Exact in whole numbers: the weights of all tiles at a
// position must add up to one, or tiles show as lines.
#include "tile/plan.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <cstdint>

namespace vsmlrt::tile {
namespace {

constexpr int largest_size = 1 << 30;

// One direction of a request, with its words for messages.
struct Side {
    const char *name;
    int frame;
    int tile;
    int overlap;
    int multiple;
    int receptive_field;

    [[nodiscard]] bool covered() const { return tile >= frame; }
};

void check_size(const char *what, const char *side, int size, int multiple) {
    if (size < 1 || size > largest_size || size % multiple != 0)
        throw BadArgument(what, " ", side, " ", size, " is not accepted: it must be a multiple of ", multiple,
                          " from ", multiple, " to ", largest_size);
}

void check(const Side &side) {
    check_size("frame", side.name, side.frame, side.multiple);
    check_size("tile", side.name, side.tile, side.multiple);
    if (side.overlap < 0 || side.overlap > largest_size)
        throw BadArgument("overlap ", side.overlap, " of the tile ", side.name,
                          " is not accepted: it must be from 0 to ", largest_size);
    // Origins are multiples, so the step from tile to tile must be one multiple at least.
    const std::int64_t smallest = 2 * std::int64_t{side.overlap} + side.multiple;
    if (!side.covered() && side.tile < smallest)
        throw BadArgument("tile ", side.name, " ", side.tile, " is too small for an overlap of ",
                          side.overlap, ": it must be ", smallest, " (2 x overlap + the size multiple ",
                          side.multiple, ") or more, or cover the frame's ", side.frame);
}

std::vector<Span> place_tiles(const Side &side) {
    if (side.covered())
        return {Span{.origin = 0, .size = side.frame, .begin = 0, .end = side.frame}};
    const int step = (side.tile - 2 * side.overlap) / side.multiple * side.multiple;
    const int last = side.frame - side.tile;
    std::vector<Span> spans;
    for (int origin = 0; origin < last; origin += step)
        spans.push_back(Span{.origin = origin, .size = side.tile});
    spans.push_back(Span{.origin = last, .size = side.tile});
    spans.front().begin = 0;
    spans.back().end = side.frame;
    return spans;
}

// The cross-fade from one tile to the next lies in the middle of what both read:
//
//     left   ────────────────┊▒▒▒▒▒╲░░░░┊        ░ the receptive field's worth next to the cut edge: weight 0
//     right          ┊░░░░╱▒▒▒▒▒┊────────────
//                    ├────── both ──────┤
//
// It is not longer than the step between the two, because then the cross-fades on either side of a tile
// cannot meet: no more than two tiles ever count at a position, however many of them read it.
void join(Span &left, Span &right, int receptive_field) {
    const int step = right.origin - left.origin;
    const int both = left.size - step;
    const int cut = receptive_field < 0 ? both / 4 : std::min(receptive_field, both / 2);
    int ramp = std::min(both - 2 * cut, step);
    ramp -= (both - ramp) % 2; // equally far from both edges
    right.begin = right.origin + (both - ramp) / 2;
    left.end = right.begin + ramp;
    left.ramp_out = right.ramp_in = ramp;
}

std::vector<Span> plan_side(const Side &side) {
    check(side);
    std::vector<Span> spans = place_tiles(side);
    for (std::size_t i = 1; i < spans.size(); ++i)
        join(spans[i - 1], spans[i], side.receptive_field);
    return spans;
}

std::string line(const char *name, std::size_t index, const Span &span) {
    return text(name, " ", index, ": reads [", span.origin, ", ", span.origin + span.size, "), counts in [",
                span.begin, ", ", span.end, "), ramps ", span.ramp_in, " and ", span.ramp_out, "\n");
}

} // namespace

Plan make_plan(const Request &request) {
    if (request.multiple < 1 || request.multiple > largest_size)
        throw BadArgument("size multiple ", request.multiple, " is not accepted: it must be from 1 to ",
                          largest_size);
    return {.columns = plan_side({"width", request.width, request.tile_width, request.overlap_width,
                                  request.multiple, request.receptive_field}),
            .rows = plan_side({"height", request.height, request.tile_height, request.overlap_height,
                               request.multiple, request.receptive_field})};
}

float weight(const Span &span, int scale, int x) {
    // Twice the distance of the pixel's centre from begin and to end: whole numbers, exact.
    const std::int64_t centre = 2 * std::int64_t{x} + 1;
    const std::int64_t from_begin = centre - 2 * std::int64_t{span.begin} * scale;
    const std::int64_t to_end = 2 * std::int64_t{span.end} * scale - centre;
    const std::int64_t ramp_in = 2 * std::int64_t{span.ramp_in} * scale;
    const std::int64_t ramp_out = 2 * std::int64_t{span.ramp_out} * scale;
    if (from_begin < 0 || to_end < 0)
        return 0.0F;
    if (from_begin < ramp_in)
        return static_cast<float>(static_cast<double>(from_begin) / static_cast<double>(ramp_in));
    if (to_end < ramp_out)
        return static_cast<float>(static_cast<double>(to_end) / static_cast<double>(ramp_out));
    return 1.0F;
}

std::string to_text(const Plan &plan) {
    std::string lines;
    for (std::size_t i = 0; i < plan.columns.size(); ++i)
        lines += line("column", i, plan.columns[i]);
    for (std::size_t i = 0; i < plan.rows.size(); ++i)
        lines += line("row", i, plan.rows[i]);
    return lines;
}

} // namespace vsmlrt::tile
