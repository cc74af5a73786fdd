#include "base/instruction_sets.h"

#include "base/tile_registers.h"

#include <cpuid.h>

namespace vsmlrt {
namespace {

struct Leaf {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
};

Leaf leaf(unsigned number, unsigned part) {
    Leaf found;
    __get_cpuid_count(number, part, &found.a, &found.b, &found.c, &found.d);
    return found;
}

} // namespace

// __builtin_cpu_supports also asks whether the operating system keeps the registers; not every compiler's
// knows the others by name.
bool processor_has(InstructionSet set) {
    constexpr unsigned f16c = 1U << 29U;            // leaf 1, ecx
    constexpr unsigned bf16 = 1U << 5U;             // leaf 7 part 1, eax
    constexpr unsigned amx = 1U << 22U | 1U << 24U; // leaf 7 part 0, edx: AMX_BF16 and AMX_TILE
    switch (set) {
    case InstructionSet::baseline:
        return true;
    case InstructionSet::avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && (leaf(1, 0).c & f16c) != 0;
    case InstructionSet::avx512:
        return processor_has(InstructionSet::avx2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    case InstructionSet::avx512_bf16:
        return processor_has(InstructionSet::avx512) && (leaf(7, 1).a & bf16) != 0;
    case InstructionSet::amx:
        return processor_has(InstructionSet::avx512_bf16) && (leaf(7, 0).d & amx) == amx &&
               may_use_tile_registers();
    }
    return false;
}

} // namespace vsmlrt
