// Durations of frames as VapourSynth states them.
#pragma once

#include "timeline/rational.h"
#include "vs/handles.h"

#include <optional>

namespace vsmlrt::vs {

// _DurationNum / _DurationDen in seconds; nothing where a frame has neither. BadArgument naming frame n for
// durations that are not above 0.
[[nodiscard]] std::optional<timeline::Rational> stated_duration(const Host &host, const VSFrame *frame,
                                                                int n);
// 1 / fps; nothing for clips without a frame rate.
[[nodiscard]] std::optional<timeline::Rational> frame_interval(const VSVideoInfo &info);
// BadArgument: frame n has no duration, and nothing says what it could be.
[[noreturn]] void refuse_unknown_duration(int n);

} // namespace vsmlrt::vs
