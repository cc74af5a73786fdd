// From the arguments of core.mlrt.Interpolate to its schedule.
#pragma once

#include "timeline/schedule.h"
#include "vs/arguments.h"

namespace vsmlrt::vs {

// "multi"; 2 where it is not given.
[[nodiscard]] timeline::Rational read_factor(const Arguments &arguments);

// multi, or fps_num and fps_den with timestamps and time_base. Reads every frame of the clip where a rate is
// asked for and neither timestamps nor the clip's frame rate say when they are shown.
[[nodiscard]] timeline::Schedule read_schedule(const Host &host, const Arguments &arguments,
                                               const Node &clip);

} // namespace vsmlrt::vs
