// Processors without kernels of their own.
#include "cpu/select.h"

namespace vsmlrt::cpu {

std::vector<const Kernels *> usable_kernels() {
    return {};
}

bool has_matrix_instructions() {
    return false;
}

} // namespace vsmlrt::cpu
