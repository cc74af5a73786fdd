// Types of a network's own inputs and outputs; see set_io_type in edit.h.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// Unsupported where a subgraph uses the value, or an output is an input of another type. Leaves chains of
// Casts (see casts.h).
void set_input_type(Network &network, Element type);
void set_output_type(Network &network, Element type);

} // namespace vsmlrt::model
