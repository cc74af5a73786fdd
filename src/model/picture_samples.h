// Pictures of other samples than the float32 and float16 in which frames reach a network.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// Inputs and outputs of these types become float32, and what is 0 to 1 there is for the network
// - float64, bfloat16: the same number;
// - uint8, uint16: the nearest of the type's own codes, 0 to 255 or 65535, limited to them;
// - int8: that of uint8 less 128, as quantised networks have it;
// - bool (outputs alone): 0 or 1.
// Other types are left as they are.
void float_pictures(Network &network);

} // namespace vsmlrt::model
