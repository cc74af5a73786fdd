// Which kernels this processor runs, VSMLRT_CPU allowing.
#pragma once

#include "base/instruction_sets.h"
#include "pixel/kernels.h"

namespace vsmlrt::pixel {

// The kernels written for a set of instructions, of the baseline the scalar ones; null where there are none,
// or the set may not be used.
[[nodiscard]] const Kernels *kernels_for(InstructionSet set);

// The fastest; the choice is made once in a process.
[[nodiscard]] const Kernels &kernels();

} // namespace vsmlrt::pixel
