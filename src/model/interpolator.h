// The inputs of networks that interpolate between two frames: which channel holds what.
#pragma once

#include "model/network.h"

#include <vector>

namespace vsmlrt::model {

enum class InterpolatorRole {
    first,       // the earlier frame: red, green, blue
    second,      // the later one
    timestep,    // between them, 0 to 1
    flow_scale,  // scale of the flow estimation
    column,      // 2 x / (width - 1) - 1
    row,         // 2 y / (height - 1) - 1
    column_step, // 2 / (width - 1)
    row_step,    // 2 / (height - 1)
};

// One a channel, in the order of the network's inputs. Width and height are the padded ones.
//
// The forms in use (RIFE's exports in vs-mlrt): one input of 7 channels (two frames, timestep), of 8 (and the
// flow scale) or of 11 (and column, row and their steps); or the same in separate inputs, in any order: 3
// channels a frame or 6 for both, 1 or 2 for the others. BadModel for any other.
[[nodiscard]] std::vector<InterpolatorRole> interpolator_channels(const Network &network);

} // namespace vsmlrt::model
