// The kernels by tiles without AMX: the same code over tiles in memory.
#pragma once

#include "cpu/tile_kernels.h"

namespace vsmlrt::test {

// Needs AVX512_BF16, as the kernels do.
extern const cpu::TileKernels emulated_tile_kernels;

} // namespace vsmlrt::test
