#include "cpu/select.h"

namespace vsmlrt::cpu {

const Kernels *fastest_kernels() {
    const Kernels *fastest = nullptr;
    for (const InstructionSet set : instruction_sets)
        if (const Kernels *kernels = kernels_for(set))
            fastest = kernels;
    return fastest;
}

} // namespace vsmlrt::cpu
