// Pictures of other axes than 1, channels, height, width.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// What the size of an axis says of it: a height or a width is open or greater than 4, channels of a picture
// are 1, 3 or 4.
[[nodiscard]] bool may_be_side(const Dim &dim);
[[nodiscard]] bool are_channels(const Dim &dim);

// Inputs and outputs of these axes get four:
// - height, width (two axes);
// - channels, height, width, where the number of channels is stated; or height, width, channels with 1, 3 or
//   4 channels behind two sizes that are open or greater than 4 (three axes);
// - 1, pictures, channels, height, width, or 1, channels, pictures, height, width (five axes): the pictures
//   become channels, those of the first before those of the second. The number of both is stated; channels
//   are those that a convolution over the input says, else the third axis.
// A result is read as the network's inputs are, and has their axes where it does not state its own.
// Others are left as they are.
void four_axes(Network &network);

} // namespace vsmlrt::model
