// Which kernels this processor can run.
#pragma once

#include "cpu/convolution_kernels.h"

#include <vector>

namespace vsmlrt::cpu {

// From the slowest to the fastest; empty where there are none for the processor.
[[nodiscard]] std::vector<const Kernels *> usable_kernels();

// Whether the processor multiplies matrices of bf16 by instructions of their own (AMX): these are faster than
// what is here.
[[nodiscard]] bool has_matrix_instructions();

} // namespace vsmlrt::cpu
