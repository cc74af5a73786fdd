// Checks a graph's references and brings its nodes into topological order.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// Nodes whose order is already topological keep it; else every node moves only as far as it must. Values
// captured by subgraphs count as references. BadModel for a name defined twice, an input that nothing
// defines, an output that nothing produces, a cycle.
void check_and_order(Network &network);

} // namespace vsmlrt::model
