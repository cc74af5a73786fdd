// Cast nodes: no chains, none that change nothing, none unused.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// A Cast that follows a Cast takes the first one's input where that gives the same values, or where the step
// between was a wider float on the way to a narrower one. Casts to the type that is already there go (one
// that gives a network output or a value captured by a subgraph becomes an Identity where it cannot go).
// Unused Casts go.
void simplify_casts(Network &network);

} // namespace vsmlrt::model
