#include "timeline/resampled.h"

#include "base/error.h"

namespace vsmlrt::timeline {
namespace {

Rational checked_rate(const Rational &rate) {
    if (rate.num <= 0)
        throw BadArgument("the frame rate must be above 0; got ", to_text(rate));
    return rate;
}

} // namespace

Resampled::Resampled(Times times, Rational rate)
    : times_(std::move(times)), rate_(checked_rate(rate)), step_(Rational{1, 1} / rate / times_.tick()) {
    const Wide count = ceil_div(Wide{times_.begin(times_.frames())} * step_.den, step_.num);
    if (count > most_frames)
        throw BadArgument("a frame rate of ", to_text(rate), " makes more than ", int{most_frames},
                          " frames of this clip; use a lower one or a part of the clip");
    frames_ = static_cast<int>(count);
}

Moment Resampled::at(int k) const {
    const Wide here = Wide{k} * step_.num; // in ticks / step_.den
    int low = 0;
    int high = times_.frames(); // begins after `here`
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (Wide{times_.begin(middle)} * step_.den <= here ? low : high) = middle;
    }
    const Wide past = here - Wide{times_.begin(low)} * step_.den;
    const Wide length = Wide{times_.begin(low + 1)} - times_.begin(low);
    return {low, reduced(past, length * step_.den)};
}

Rational Resampled::duration(int k, std::span<const Rational>) const {
    if (k + 1 < frames_)
        return Rational{1, 1} / rate_;
    const Rational end = Rational{times_.begin(times_.frames()), 1} * times_.tick();
    return end - Rational{k, 1} / rate_;
}

Rational Resampled::offset(int k, std::span<const Rational>) const {
    return Rational{k, 1} / rate_ - Rational{times_.begin(at(k).frame), 1} * times_.tick();
}

} // namespace vsmlrt::timeline
