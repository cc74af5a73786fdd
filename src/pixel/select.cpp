#include "pixel/select.h"

namespace vsmlrt::pixel {
namespace {

const Kernels &fastest() {
    const Kernels *found = &scalar_kernels;
    for (const InstructionSet set : instruction_sets)
        if (const Kernels *kernels = kernels_for(set))
            found = kernels;
    return *found;
}

} // namespace

const Kernels &kernels() {
    static const Kernels &chosen = fastest();
    return chosen;
}

} // namespace vsmlrt::pixel
