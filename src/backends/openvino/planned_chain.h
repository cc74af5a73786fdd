// One chain of convolutions as it will stand in OpenVINO's graph.
#pragma once

#include "backends/openvino/chain_grouping.h"
#include "cpu/convolution_chain.h"

namespace vsmlrt::openvino {

// The description points into the layers that it is made from: these must outlive it.
struct PlannedChain {
    cpu::ConvolutionChainDesc desc;
    ov::OutputVector inputs;  // in the order of the description
    ov::OutputVector outputs; // the same; none: nothing reads what the chain makes
    ov::OutputVector means;   // what others make of outputs, and the chain is to give, in the same order
};

[[nodiscard]] PlannedChain plan_chain(const ConvolutionChainLayers &layers,
                                      const cpu::ConvolutionMethod &method);

// Whether our kernels compute it faster than OpenVINO's, storage and the layout's changes included.
[[nodiscard]] bool is_worth_it(const PlannedChain &chain, const ConvolutionChainLayers &layers,
                               const cpu::ConvolutionMethod &method);

} // namespace vsmlrt::openvino
