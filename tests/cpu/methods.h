// The ways to compute a chain that a set of instructions has.
#pragma once

#include "base/instruction_sets.h"
#include "cpu/convolution_method.h"

#include <vector>

namespace vsmlrt::test {

// Those by tiles belong to AMX, and emulated ones to AVX512_BF16, which they need in addition. The set may be
// used.
[[nodiscard]] std::vector<std::shared_ptr<const cpu::ConvolutionMethod>> methods(InstructionSet set);

} // namespace vsmlrt::test
