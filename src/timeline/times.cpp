#include "timeline/times.h"

#include "base/error.h"

#include <limits>
#include <numeric>

namespace vsmlrt::timeline {
namespace {

// A length that is added to the end of `begins`, in ticks; it may ask for a finer tick.
void append(std::vector<std::int64_t> &begins, Rational &tick, const Rational &length) {
    const Rational ticks = length / tick;
    if (ticks.den != 1) {
        tick = reduced(tick.num, Wide{tick.den} * ticks.den);
        for (std::int64_t &begin : begins)
            begin = reduced(Wide{begin} * ticks.den, 1).num;
    }
    begins.push_back(reduced(Wide{begins.back()} + ticks.num, 1).num);
}

// A tick that divides all of them.
Rational common_tick(std::span<const Rational> durations) {
    Rational tick = durations.front();
    for (const Rational &duration : durations) {
        const Wide lower = Wide{tick.den} / std::gcd(tick.den, duration.den) * duration.den;
        const Rational left = reduced(tick.num * (lower / tick.den), 1);
        const Rational right = reduced(duration.num * (lower / duration.den), 1);
        tick = reduced(std::gcd(left.num, right.num), lower);
    }
    return tick;
}

} // namespace

Times Times::constant(int frames, Rational interval) {
    return {frames, interval};
}

Times Times::stated(std::span<const std::int64_t> times, int frames, Rational base,
                    const std::optional<Rational> &interval) {
    Times result(frames, base);
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (i > 0 && times[i] <= times[i - 1])
            throw BadArgument("\"timestamps\" must grow from frame to frame; frame ", i - 1, " is at ",
                              times[i - 1], " and frame ", i, " at ", times[i]);
        result.begins_.push_back(reduced(Wide{times[i]} - times.front(), 1).num);
    }
    if (times.size() > static_cast<std::size_t>(frames))
        return result;
    if (times.size() > 1)
        result.begins_.push_back(
            reduced(Wide{times.back()} * 2 - times[times.size() - 2] - times.front(), 1).num);
    else if (interval)
        append(result.begins_, result.tick_, *interval);
    else
        throw BadArgument("a clip of one frame, without a frame rate, has no duration; give \"timestamps\" a "
                          "second time at which the frame ends");
    return result;
}

Times Times::successive(std::span<const Rational> durations) {
    Times result(static_cast<int>(durations.size()), common_tick(durations));
    Wide end = 0;
    for (const Rational &duration : durations) {
        result.begins_.push_back(reduced(end, 1).num);
        end += (duration / result.tick_).num;
    }
    result.begins_.push_back(reduced(end, 1).num);
    return result;
}

} // namespace vsmlrt::timeline
