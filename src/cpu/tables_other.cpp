// Processors without kernels of their own.
#include "cpu/select.h"

namespace vsmlrt::cpu {

const Kernels *kernels_for(InstructionSet) {
    return nullptr;
}

const TileKernels *tile_kernels() {
    return nullptr;
}

} // namespace vsmlrt::cpu
