// Processors that are not x86.
#include "base/instruction_sets.h"

namespace vsmlrt {

bool processor_has(InstructionSet set) {
    return set == InstructionSet::baseline;
}

} // namespace vsmlrt
