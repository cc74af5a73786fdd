// A network's bytes as the graph that is planned: lowered, and in the storage types of the precision.
#pragma once

#include "graph/ir.h"
#include "vsmlrt/backend.h"

namespace vsmlrt::cuda {

// BadModel or Unsupported for what cannot be read, lowered or taken through the door. bf16 takes what fp16
// would store in half precision; networks that hold float16 already are taken as they are.
[[nodiscard]] graph::Graph read_network(const vsmlrt_program_desc &desc);

// What the graph really computes in.
[[nodiscard]] vsmlrt_precision precision_of(const graph::Graph &graph, vsmlrt_precision asked);

} // namespace vsmlrt::cuda
