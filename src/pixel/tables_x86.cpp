#include "pixel/select.h"

namespace vsmlrt::pixel {

const Kernels *kernels_for(InstructionSet set) {
    if (!may_use(set))
        return nullptr;
    switch (set) {
    case InstructionSet::baseline:
        return &scalar_kernels;
    case InstructionSet::avx2:
        return &avx2_kernels;
    case InstructionSet::avx512:
        return &avx512_kernels;
    case InstructionSet::avx512_bf16:
    case InstructionSet::amx:
        break;
    }
    return nullptr;
}

} // namespace vsmlrt::pixel
