// Exporters write the size of their example into the file, whether or not the network depends on it.
#pragma once

#include "model/network.h"

namespace vsmlrt::graph {

// The network without the sizes and the batch that its inputs (pictures) state, where its graph is free of
// them: shapes are inferred at the stated sizes and at others, and every operator has to do the same at both.
// A size that the graph depends on stays stated. A batch that it depends on is made of one picture, repeated,
// and the first result is the network's. Where that cannot be told, because an operator is outside of the IR,
// sizes stay and the batch is repeated.
[[nodiscard]] model::Network release_stated_sizes(const model::Network &network);

} // namespace vsmlrt::graph
