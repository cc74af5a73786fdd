// The graphs inside of a network: branches and bodies of control flow (If, Loop, Scan), and model-local
// functions as they are called. Edits leave them alone; whoever judges operators has to look at these as
// well.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

struct InnerGraph {
    std::string where; // for messages: 'in If "choose"'
    // Its nodes, its operator set, and the initializers that they can refer to, those around it included. A
    // function's nodes have the attributes that the call gives them.
    Network graph;
};

// At any depth; a function once for each call. What cannot be read is left out: whoever runs the network
// judges that. Unsupported where there are more than any sensible network has (functions that call each other
// do not end).
[[nodiscard]] std::vector<InnerGraph> inner_graphs(const Network &network);

} // namespace vsmlrt::model
