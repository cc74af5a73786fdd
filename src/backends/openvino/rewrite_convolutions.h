// Convolutions that our own kernels compute faster than OpenVINO's.
#pragma once

#include "cpu/convolution_method.h"

#include <memory>
#include <openvino/core/model.hpp>

namespace vsmlrt::openvino {

class Workspaces;

// 3x3 convolutions of stride 1 with constant weights, their bias, scale, ReLU, PReLU and residual sums become
// ConvolutionChain operators, where that is faster than what OpenVINO does in the precision that the method
// stores values in. Returns whether there are any. docs/decisions/0012-operators-of-our-own-on-cpus.md,
// by tiles docs/decisions/0053-convolutions-by-amx-tiles.md.
bool compute_convolutions(const ov::Model &model, const std::shared_ptr<const cpu::ConvolutionMethod> &method,
                          const std::shared_ptr<Workspaces> &workspaces);

} // namespace vsmlrt::openvino
