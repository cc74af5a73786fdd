// Pictures as networks of other frameworks take them.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// A network whose pictures have their channels last (TensorFlow and Keras: 1, height, width, channels) takes
// and gives them first, and one whose file leaves the number of channels open has the number that its first
// convolution takes. The result means the same. Unchanged where neither is so, where a branch or body uses a
// picture by its name, and where channels last are not plain: 1, 3 or 4 of them behind two sizes that are
// open or greater than 4. Pictures of two, three and five axes get four (picture_axes.h), and those of other
// samples than float32 and float16 become float32 (picture_samples.h).
[[nodiscard]] Network state_pictures(Network network);

} // namespace vsmlrt::model
