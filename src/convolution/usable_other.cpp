// Processors without kernels of their own.
#include "convolution/select.h"

namespace vsmlrt::convolution {

std::vector<const Kernels *> usable_kernels() {
    return {};
}

bool has_matrix_instructions() {
    return false;
}

} // namespace vsmlrt::convolution
