// The flow scale of interpolators that have no input for it.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// Makes a network of RIFE v4.0 to v4.6's structure estimate motion at `scale` > 0 times the size: each of its
// four blocks reads its inputs resized by another factor, and multiplies and resizes the flow back. BadModel
// for networks that are not built so: 11 Resize nodes by constant factors and 7 products of what is
// computed from the pictures with a constant.
void scale_flow(Network &network, double scale);

} // namespace vsmlrt::model
