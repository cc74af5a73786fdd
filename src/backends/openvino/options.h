// What a program is asked to be, as OpenVINO takes it.
#pragma once

#include "backends/openvino/device.h"

namespace vsmlrt::openvino {

// Precision, streams, threads and the options that are OpenVINO's. BadArgument, naming what there is, for an
// option that the device does not have or that cannot be set.
[[nodiscard]] ov::AnyMap properties(const Device &device, const vsmlrt_program_desc &desc);

// The option OWN_OPERATORS, which is not OpenVINO's: YES unless NO is given. BadArgument for another word.
[[nodiscard]] bool wants_own_operators(const vsmlrt_program_desc &desc);

} // namespace vsmlrt::openvino
