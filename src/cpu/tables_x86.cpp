#include "cpu/select.h"

namespace vsmlrt::cpu {

const Kernels *kernels_for(InstructionSet set) {
    if (!may_use(set))
        return nullptr;
    switch (set) {
    case InstructionSet::avx2:
        return &avx2_kernels;
    case InstructionSet::avx512:
        return &avx512_kernels;
    case InstructionSet::avx512_bf16:
        return &avx512_bf16_kernels;
    case InstructionSet::baseline:
    case InstructionSet::amx:
        break;
    }
    return nullptr;
}

const TileKernels *tile_kernels() {
    return may_use(InstructionSet::amx) ? &amx_kernels : nullptr;
}

} // namespace vsmlrt::cpu
