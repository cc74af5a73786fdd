// Convolutions that our own kernels compute faster than OpenVINO's.
#pragma once

#include "cpu/convolution_kernels.h"

#include <memory>
#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

class Workspaces;

// 3x3 convolutions of stride 1 with constant weights, their bias, scale, ReLU, PReLU and residual sums become
// ConvolutionChain operators, where that is faster than what OpenVINO does in fp32 or, with bf16 storage, in
// bf16. Returns whether there are any. docs/decisions/0012-operators-of-our-own-on-cpus.md.
bool compute_convolutions(const ov::Model &model, const cpu::Kernels &kernels, cpu::Storage storage,
                          const std::shared_ptr<Workspaces> &workspaces);

} // namespace vsmlrt::openvino
