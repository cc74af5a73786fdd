// Which kernels of this project run on this processor, VSMLRT_CPU allowing.
#pragma once

#include "base/instruction_sets.h"
#include "cpu/convolution_kernels.h"
#include "cpu/tile_kernels.h"

namespace vsmlrt::cpu {

// The kernels written for a set of instructions; null where there are none, or the set may not be used.
[[nodiscard]] const Kernels *kernels_for(InstructionSet set);

// The fastest that may be used, or null: then convolutions are left to others.
[[nodiscard]] const Kernels *fastest_kernels();

// The kernels by tiles, or null where there are none or they may not be used.
[[nodiscard]] const TileKernels *tile_kernels();

} // namespace vsmlrt::cpu
