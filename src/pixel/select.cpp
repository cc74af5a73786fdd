#include "pixel/select.h"

namespace vsmlrt::pixel {

const Kernels &kernels() {
    static const Kernels &fastest = *usable_kernels().back();
    return fastest;
}

} // namespace vsmlrt::pixel
