// Which vector instructions code of ours may use: what the processor has, capped by the environment.
#pragma once

#include <initializer_list>

namespace vsmlrt {

// Each has those before it. Of processors other than x86 there is the baseline alone.
enum class InstructionSet {
    baseline,
    avx2,        // AVX2, FMA and F16C
    avx512,      // AVX512F, BW and VL
    avx512_bf16, // AVX512_BF16
    amx,         // AMX_BF16, where the system lets this process use its registers
};

inline constexpr std::initializer_list<InstructionSet> instruction_sets = {
    InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512, InstructionSet::avx512_bf16,
    InstructionSet::amx};

// As VSMLRT_CPU names it: "baseline", "avx2", ...
[[nodiscard]] const char *name(InstructionSet set);

// Of AMX it asks the system for its registers (base/tile_registers.h).
[[nodiscard]] bool processor_has(InstructionSet set);

// The highest set that the environment variable VSMLRT_CPU allows; all of them where it is not set. It is
// read anew each time. Throws BadArgument for a name that there is not.
[[nodiscard]] InstructionSet instruction_set_cap();

// Whether the processor has it and the cap allows it. Throws as instruction_set_cap() does.
[[nodiscard]] bool may_use(InstructionSet set);

} // namespace vsmlrt
