// The tile plan: which rectangles of a frame are run through a network, and how their results are laid
// together. Sizes in, rectangles and weights out; no pixels.
#pragma once

#include <string>
#include <vector>

namespace vsmlrt::tile {

// Everything in pixels of the network's input.
struct Request {
    // Of the (already padded) frame: multiples of `multiple`.
    int width = 0;
    int height = 0;
    // Multiples of `multiple`. A tile that does not cover the frame in a direction has 2 x overlap + multiple
    // or more there.
    int tile_width = 0;
    int tile_height = 0;
    // Pixels on each side of a tile that its neighbours also compute; 0 or more.
    int overlap_width = 0;
    int overlap_height = 0;
    int multiple = 1;
    // Pixels of context that an output pixel needs on each side; weights are 0 that close to a cut edge, so
    // that only what lies beyond is feathered. Negative: not known, half of the overlap is cut and half
    // feathered.
    int receptive_field = -1;
};

// One direction of one tile. The tile reads [origin, origin + size) and counts in [begin, end) of the frame.
// The weight is 1 in the middle, 0 outside [begin, end), and ramps linearly over [begin, begin + ramp_in) and
// [end - ramp_out, end); where the ramps of two neighbours lie over each other they add up to 1. No position
// lies in the ranges of more than two tiles, even where more of them read it.
struct Span {
    int origin = 0;
    int size = 0;
    int begin = 0;
    int end = 0;
    int ramp_in = 0;
    int ramp_out = 0;
};

struct Plan {
    // Left to right; every size equal to the tile's width (or the frame's, if smaller).
    std::vector<Span> columns;
    std::vector<Span> rows; // top to bottom, likewise

    [[nodiscard]] bool single() const { return columns.size() == 1 && rows.size() == 1; }
};

// BadArgument, naming the figures, if the request breaks the rules above. Origins are multiples of
// `multiple`; the last tile moves inward so that it ends with the frame; edges of the frame are never cut.
[[nodiscard]] Plan make_plan(const Request &request);

// The weight of frame position `x` (in pixels of the output, i.e. of input x scale) in this span: a ramp
// sampled at pixel centres. The weights of all spans at a position add up to 1.
[[nodiscard]] float weight(const Span &span, int scale, int x);

// One line per span, for tests and logs.
[[nodiscard]] std::string to_text(const Plan &plan);

} // namespace vsmlrt::tile
