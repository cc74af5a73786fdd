// Which kernels this processor can run.
#pragma once

#include "pixel/kernels.h"

#include <vector>

namespace vsmlrt::pixel {

// From the scalar reference to the fastest.
[[nodiscard]] std::vector<const Kernels *> usable_kernels();

// The fastest; the choice is made once in a process.
[[nodiscard]] const Kernels &kernels();

} // namespace vsmlrt::pixel
