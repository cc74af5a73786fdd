// Processors without kernels of their own.
#include "pixel/select.h"

namespace vsmlrt::pixel {

const Kernels *kernels_for(InstructionSet set) {
    return set == InstructionSet::baseline ? &scalar_kernels : nullptr;
}

} // namespace vsmlrt::pixel
