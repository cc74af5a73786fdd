// Processors without kernels of their own.
#include "pixel/select.h"

namespace vsmlrt::pixel {

std::vector<const Kernels *> usable_kernels() {
    return {&scalar_kernels};
}

} // namespace vsmlrt::pixel
