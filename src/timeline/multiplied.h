// A frame count times a factor: each source interval keeps its own pace.
#pragma once

#include "timeline/moment.h"

#include <span>

namespace vsmlrt::timeline {

// Output frame k stands at position k / factor, counted in source frames, and is shown until the next one
// stands; the last one until the source ends. Immutable and thread-safe.
class Multiplied {
public:
    // `frames` >= 1. BadArgument for a factor that is not above 0 or that makes more frames than a clip has.
    Multiplied(int frames, Rational factor);

    [[nodiscard]] int source_frames() const { return source_frames_; }
    [[nodiscard]] int frames() const { return frames_; } // ceil(source frames x factor)
    [[nodiscard]] Moment at(int k) const;
    [[nodiscard]] Intervals intervals(int k) const;
    // In seconds; `durations` are those of intervals(k). Over all k they add up to the source's, exactly.
    [[nodiscard]] Rational duration(int k, std::span<const Rational> durations) const;
    // Seconds from the begin of at(k).frame to output frame k.
    [[nodiscard]] Rational offset(int k, std::span<const Rational> durations) const {
        return at(k).t * durations.front();
    }

private:
    [[nodiscard]] Rational position(int k) const;

    int source_frames_;
    Rational factor_;
    int frames_ = 0;
};

} // namespace vsmlrt::timeline
