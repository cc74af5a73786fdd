// An input of pictures and coordinates as two.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// Of a network's only input, float32 (N, C, H, W): where its first channels are only read as float16, and
// what is read in full begins behind them, both by Slices, it becomes two inputs: those channels, float16,
// and the others, float32. Leaves Casts that change nothing (see casts.h). False, with the network as it was,
// where it is not so.
bool split_input(Network &network);

} // namespace vsmlrt::model
