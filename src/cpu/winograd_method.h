// Chains by Winograd's products.
#pragma once

#include "cpu/convolution_method.h"

namespace vsmlrt::cpu {

// Values are stored in `storage` where the kernels can. The kernels outlive it and its layers.
[[nodiscard]] std::shared_ptr<const ConvolutionMethod> winograd_method(const Kernels &kernels,
                                                                       Storage storage);

} // namespace vsmlrt::cpu
