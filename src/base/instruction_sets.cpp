#include "base/instruction_sets.h"

#include "base/environment.h"
#include "base/error.h"

#include <string>

namespace vsmlrt {

const char *name(InstructionSet set) {
    switch (set) {
    case InstructionSet::baseline:
        return "baseline";
    case InstructionSet::avx2:
        return "avx2";
    case InstructionSet::avx512:
        return "avx512";
    case InstructionSet::avx512_bf16:
        return "avx512_bf16";
    case InstructionSet::amx:
        return "amx";
    }
    throw InternalError("there is no instruction set ", static_cast<int>(set));
}

InstructionSet instruction_set_cap() {
    const std::string given = environment("VSMLRT_CPU");
    if (given.empty())
        return InstructionSet::amx;
    for (const InstructionSet set : instruction_sets)
        if (given == name(set))
            return set;
    throw BadArgument(
        "the environment variable VSMLRT_CPU must be baseline, avx2, avx512, avx512_bf16 or amx, got ",
        given);
}

bool may_use(InstructionSet set) {
    return set <= instruction_set_cap() && processor_has(set);
}

} // namespace vsmlrt
