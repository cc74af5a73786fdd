// What an output frame shows of the source.
#pragma once

#include "timeline/rational.h"

#include <limits>

namespace vsmlrt::timeline {

// A moment between source frames `frame` and `frame` + 1: 0 <= t < 1, a share of that interval. t = 0 is the
// source frame itself.
struct Moment {
    int frame = 0;
    Rational t;
};

// Source frames [first, last], whose durations an output frame's duration is made of.
struct Intervals {
    int first = 0;
    int last = -1; // below `first`: none
};

// The most frames that a clip can have.
constexpr int most_frames = std::numeric_limits<int>::max();

// Whether the moment is between two frames of a source of `frames` frames, and no frame of it.
[[nodiscard]] constexpr bool has_pair(const Moment &moment, int frames) {
    return moment.t.num != 0 && moment.frame + 1 < frames;
}

// The source frame nearer to the moment; the earlier one half-way, and after the last frame the last one.
[[nodiscard]] constexpr int nearer_frame(const Moment &moment, int frames) {
    const bool later = has_pair(moment, frames) && moment.t.num > moment.t.den - moment.t.num;
    return later ? moment.frame + 1 : moment.frame;
}

} // namespace vsmlrt::timeline
