// The reference backend's options: failures on demand, for the tests of what must survive them.
#pragma once

#include "vsmlrt/backend.h"

#include <cstdint>
#include <span>

namespace vsmlrt::reference {

// Runs are counted over all contexts of a program, from 1; 0 stands for never.
struct Faults {
    std::int64_t build = 0;    // "fault.build=1": building fails with VSMLRT_DEVICE
    std::int64_t memory = 0;   // "fault.memory=1": every make_context fails with VSMLRT_DEVICE
    std::int64_t run = 0;      // "fault.run=N": the N-th run fails with VSMLRT_DEVICE
    std::int64_t nan = 0;      // "fault.nan=N": the N-th run gives NaN in the first element of each output
    std::int64_t delay_ms = 0; // "fault.delay_ms=N": every run takes N milliseconds longer
};

// BadArgument, naming the options there are, for any other option and for values that are not whole numbers.
[[nodiscard]] Faults read_options(std::span<const vsmlrt_option> options);

} // namespace vsmlrt::reference
