// Which convolutions are computed together.
#pragma once

#include "backends/openvino/convolution_layer.h"

namespace vsmlrt::openvino {

// In an order in which every layer comes after what it reads.
using ConvolutionChainLayers = std::vector<ConvolutionLayer>;

// All layers of the model that the method has, and computes faster than OpenVINO does, in chains. A layer
// joins the chain of one of its sources, unless another source depends on that chain by a way around it: a
// chain is computed in one piece.
[[nodiscard]] std::vector<ConvolutionChainLayers> group_into_chains(const ov::Model &model,
                                                                    const cpu::ConvolutionMethod &method);

} // namespace vsmlrt::openvino
