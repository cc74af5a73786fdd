#include "engine/layout.h"

#include "base/checked.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

constexpr int largest = 1 << 16;

pixel::Border border_of(model::Padding padding) {
    switch (padding) {
    case model::Padding::edge:
        return pixel::Border::edge;
    case model::Padding::zero:
        return pixel::Border::zero;
    case model::Padding::mirror:
        break;
    }
    return pixel::Border::mirror;
}

void check(const SessionOptions &options, int multiple) {
    if (multiple < 1 || multiple > largest)
        throw BadArgument("\"multiple\" must be 1 to ", int{largest}, "; got ", multiple);
    if (options.tile && (options.tile->width < 1 || options.tile->height < 1))
        throw BadArgument("\"tilesize\" must be at least 1x1; got ", options.tile->width, "x",
                          options.tile->height);
    if (options.overlap.width < 0 || options.overlap.height < 0)
        throw BadArgument("\"overlap\" must be 0 or more; got ", options.overlap.width, "x",
                          options.overlap.height);
}

// One direction: the tile's size for a padded frame's, both multiples. A tile below the network's minimum is
// brought up to it, as frames are.
int tile_size(const char *direction, int wanted, int overlap, int minimum, int frame, int multiple) {
    if (wanted >= frame)
        return frame;
    // Rounded up to the multiple, a tile must have room for one multiple between its overlaps.
    const std::int64_t both = 2 * std::int64_t{overlap};
    const std::int64_t least = (both + multiple - 1) / multiple * multiple + 1;
    if (wanted < least)
        throw BadArgument("\"tilesize\" must be more than twice \"overlap\": with an overlap of ", overlap,
                          multiple == 1 ? "" : text(" and a size multiple of ", multiple), " the tile's ",
                          direction, " must be at least ", least, "; got ", wanted);
    return std::min(round_up(std::max(wanted, minimum), multiple), frame);
}

int or_any(int fixed, int any) {
    return fixed > 0 ? fixed : any;
}

// For a network of one size, frames are padded to it or cut into tiles of it.
struct FixedTile {
    PictureSize tile;
    PictureSize overlap;
};

FixedTile fixed_tile(const model::Card &card, const SessionOptions &options, PictureSize frame) {
    const PictureSize fixed{or_any(card.fixed_width, frame.width), or_any(card.fixed_height, frame.height)};
    const auto refuse = [&](const char *what, PictureSize given) {
        throw BadArgument("the network is made for pictures of ", fixed.width, "x", fixed.height, " alone; ",
                          what, given.width, "x", given.height);
    };
    if (options.whole_frames && (frame.width > fixed.width || frame.height > fixed.height))
        refuse("it needs the whole frame at once, so that no larger ones are accepted, and the frames are ",
               frame);
    const bool covers =
        options.tile && options.tile->width >= frame.width && options.tile->height >= frame.height;
    if (options.tile && !covers &&
        (options.tile->width != fixed.width || options.tile->height != fixed.height))
        refuse("leave \"tilesize\" out, or give that one; got ", *options.tile);
    if (options.tile && !covers)
        return {fixed, options.overlap};
    constexpr int usual = 16; // where it is not known how far an output pixel sees
    const int needed = card.receptive_field.value_or(usual);
    return {fixed, {std::min(needed, fixed.width / 4), std::min(needed, fixed.height / 4)}};
}

} // namespace

Layout make_layout(const model::Card &card, const SessionOptions &options, PictureSize frame) {
    const bool is_fixed = card.fixed_width > 0 || card.fixed_height > 0;
    const int multiple = is_fixed ? 1 : options.multiple.value_or(card.multiple);
    check(options, multiple);
    if (frame.width > largest || frame.height > largest)
        throw BadArgument("frames of up to ", int{largest}, "x", int{largest}, " are accepted; got ",
                          frame.width, "x", frame.height);
    tile::Request request;
    request.multiple = multiple;
    request.width = round_up(std::max({frame.width, card.minimum, card.fixed_width}), multiple);
    request.height = round_up(std::max({frame.height, card.minimum, card.fixed_height}), multiple);
    PictureSize wanted = options.tile.value_or(PictureSize{request.width, request.height});
    PictureSize overlap = options.overlap;
    if (is_fixed) {
        const FixedTile fixed = fixed_tile(card, options, frame);
        wanted = fixed.tile;
        overlap = fixed.overlap;
    }
    request.tile_width =
        tile_size("width", wanted.width, overlap.width, card.minimum, request.width, multiple);
    request.tile_height =
        tile_size("height", wanted.height, overlap.height, card.minimum, request.height, multiple);
    request.overlap_width = overlap.width;
    request.overlap_height = overlap.height;
    request.receptive_field = card.receptive_field.value_or(-1);

    Layout layout;
    layout.width = frame.width;
    layout.height = frame.height;
    layout.tile = {request.tile_width, request.tile_height};
    layout.border = border_of(options.padding.value_or(card.padding));
    layout.plan = tile::make_plan(request);
    return layout;
}

} // namespace vsmlrt::engine
