// Puts a chain of convolutions into OpenVINO's graph.
#pragma once

#include "backends/openvino/planned_chain.h"
#include "backends/openvino/workspaces.h"

#include <map>

namespace vsmlrt::openvino {

// Values of the graph that chains make, by the one in NCHW that stands for it in the network: the same in
// NHWC.
using NhwcValues = std::map<Output, Output>;

// One operator in place of the chain's layers, which stay behind without readers. What it makes is entered
// into `known`, so that a later chain takes it as it is.
void place_chain(const PlannedChain &chain, const std::shared_ptr<const cpu::ConvolutionChain> &computed,
                 const std::shared_ptr<Workspaces> &workspaces, NhwcValues &known);

} // namespace vsmlrt::openvino
