// Chains by tiles.
#pragma once

#include "cpu/convolution_method.h"
#include "cpu/tile_kernels.h"

namespace vsmlrt::cpu {

// Values and filters are bf16. The kernels outlive it and its layers.
[[nodiscard]] std::shared_ptr<const ConvolutionMethod> tile_method(const TileKernels &kernels);

} // namespace vsmlrt::cpu
