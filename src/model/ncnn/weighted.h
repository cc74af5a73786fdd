// Weights as layers with kernels store them: the kernel, then the bias, then the scales of an int8 kernel.
#pragma once

#include "model/ncnn/conversion.h"

namespace vsmlrt::model::ncnn {

struct KernelWeights {
    std::vector<float> kernel;
    std::vector<float> bias; // empty: none
};

struct KernelLayout {
    std::int64_t size = 0;    // elements of the kernel
    std::int64_t outputs = 0; // output channels
    std::int64_t groups = 1;
    bool bias = false;
    int int8_scale_term = 0;
    bool grouped_scales = false; // int8 scales: one a group, else one an output channel
};

// int8 kernels come back as fp32, value / scale. ncnn would also round the layer's input to int8, by a scale
// that is stored as well; that is speed and not part of what the network means, so it is left out.
[[nodiscard]] KernelWeights read_kernel(Conversion &c, const KernelLayout &layout);

} // namespace vsmlrt::model::ncnn
