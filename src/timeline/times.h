// When the frames of a source are shown.
#pragma once

#include "timeline/rational.h"

#include <optional>
#include <span>
#include <vector>

namespace vsmlrt::timeline {

// The duration of a frame, in seconds: its own; else that of the frame before it; else `rate`'s interval;
// else that of the nearest frame before it that has one. `stated(j)` is frame j's own. Nothing where none
// exists.
template <typename Stated>
[[nodiscard]] std::optional<Rational> resolve_duration(int frame, const std::optional<Rational> &interval,
                                                       Stated &&stated) {
    for (int j = frame; j >= 0; --j) {
        if (const std::optional<Rational> own = stated(j))
            return own;
        if (interval && j < frame)
            return interval;
    }
    return interval;
}

// Begin and end of every frame, in whole ticks from the first frame's begin. Immutable and thread-safe.
class Times {
public:
    // `frames` >= 1 of `interval` > 0 seconds each.
    [[nodiscard]] static Times constant(int frames, Rational interval);
    // One time a frame, in units of `base` > 0 seconds; one more says when the last frame ends. Without it
    // the last frame takes the interval before it, else `interval`. BadArgument for times that do not grow,
    // and for a single time where `interval` is absent.
    [[nodiscard]] static Times stated(std::span<const std::int64_t> times, int frames, Rational base,
                                      const std::optional<Rational> &interval);
    // Frames of these durations, all above 0, one after another. BadArgument where no tick of 64 bits fits.
    [[nodiscard]] static Times successive(std::span<const Rational> durations);

    [[nodiscard]] int frames() const { return frames_; }
    [[nodiscard]] const Rational &tick() const { return tick_; } // seconds
    // When frame i begins; frames() gives the end of the last one.
    [[nodiscard]] std::int64_t begin(int i) const {
        return begins_.empty() ? i : begins_[static_cast<std::size_t>(i)];
    }

private:
    Times(int frames, Rational tick) : frames_(frames), tick_(tick) {}

    int frames_;
    Rational tick_;
    std::vector<std::int64_t> begins_; // empty: one tick each
};

} // namespace vsmlrt::timeline
