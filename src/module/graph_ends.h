// What crosses the door of modules that compute the IR themselves.
#pragma once

#include "graph/ir.h"

namespace vsmlrt {

// Unsupported, naming it, for an input or output that is neither float32 nor float16; BadModel for an input
// that is not a picture (1, C, H, W) with a fixed number of channels.
void check_ends(const graph::Graph &graph);

} // namespace vsmlrt
