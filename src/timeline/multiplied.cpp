#include "timeline/multiplied.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::timeline {

Multiplied::Multiplied(int frames, Rational factor) : source_frames_(frames), factor_(factor) {
    if (factor.num <= 0)
        throw BadArgument("the factor must be above 0; got ", to_text(factor));
    const Wide count = ceil_div(Wide{frames} * factor.num, factor.den);
    if (count > most_frames)
        throw BadArgument("a factor of ", to_text(factor), " makes more than ", int{most_frames},
                          " frames of a clip of ", frames, "; use a smaller one or a part of the clip");
    frames_ = static_cast<int>(count);
}

Rational Multiplied::position(int k) const {
    return reduced(Wide{k} * factor_.den, factor_.num);
}

Moment Multiplied::at(int k) const {
    const Rational here = position(k);
    return {static_cast<int>(here.num / here.den), {here.num % here.den, here.den}};
}

Intervals Multiplied::intervals(int k) const {
    const Wide end = ceil_div((Wide{k} + 1) * factor_.den, factor_.num);
    return {at(k).frame, static_cast<int>(std::min(end, Wide{source_frames_})) - 1};
}

Rational Multiplied::duration(int k, std::span<const Rational> durations) const {
    const Rational begin = position(k);
    const Rational next = reduced((Wide{k} + 1) * factor_.den, factor_.num);
    const Rational end = std::min(next, Rational{source_frames_, 1});
    Rational sum;
    std::int64_t frame = begin.num / begin.den;
    for (const Rational &duration : durations) {
        const Rational from = std::max(begin, Rational{frame, 1});
        const Rational to = std::min(end, Rational{frame + 1, 1});
        sum = sum + duration * (to - from);
        ++frame;
    }
    return sum;
}

} // namespace vsmlrt::timeline
