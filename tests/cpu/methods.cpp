#include "cpu/methods.h"

#include "cpu/select.h"
#include "cpu/tile_method.h"
#include "cpu/winograd_method.h"
#if defined(__x86_64__)
#include "cpu/emulated_tiles.h"
#endif

namespace vsmlrt::test {

using cpu::Storage;

std::vector<std::shared_ptr<const cpu::ConvolutionMethod>> methods(InstructionSet set) {
    std::vector<std::shared_ptr<const cpu::ConvolutionMethod>> all;
    if (const cpu::Kernels *kernels = cpu::kernels_for(set)) {
        all.push_back(cpu::winograd_method(*kernels, Storage::fp32));
        if (kernels->bf16)
            all.push_back(cpu::winograd_method(*kernels, Storage::bf16));
    }
#if defined(__x86_64__)
    if (set == InstructionSet::avx512_bf16)
        all.push_back(cpu::tile_method(emulated_tile_kernels));
#endif
    if (set == InstructionSet::amx)
        all.push_back(cpu::tile_method(*cpu::tile_kernels()));
    return all;
}

} // namespace vsmlrt::test
