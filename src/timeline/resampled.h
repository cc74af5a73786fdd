// A source of any times at a constant rate.
#pragma once

#include "timeline/moment.h"
#include "timeline/times.h"

#include <span>

namespace vsmlrt::timeline {

// Output frame k stands k / rate seconds after the source's first frame. Every output frame lasts 1 / rate,
// and the last one as long as the source does. Immutable and thread-safe.
class Resampled {
public:
    // BadArgument for a rate that is not above 0 or that makes more frames than a clip has.
    Resampled(Times times, Rational rate);

    [[nodiscard]] int source_frames() const { return times_.frames(); }
    [[nodiscard]] int frames() const { return frames_; }
    [[nodiscard]] Moment at(int k) const;
    [[nodiscard]] Intervals intervals(int) const { return {}; } // all durations are known
    // In seconds. Over all k they add up to the source's, exactly.
    [[nodiscard]] Rational duration(int k, std::span<const Rational>) const;
    // Seconds from the begin of at(k).frame to output frame k.
    [[nodiscard]] Rational offset(int k, std::span<const Rational>) const;

private:
    Times times_;
    Rational rate_;
    Rational step_; // ticks from one output frame to the next
    int frames_ = 0;
};

} // namespace vsmlrt::timeline
