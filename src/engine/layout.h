// How frames of one size are laid out for a network: padding and tiles.
#pragma once

#include "engine/session.h"

namespace vsmlrt::engine {

// `card` with what the options override. BadArgument for a multiple or tile below 1, a negative overlap, or a
// tile that its overlaps use up.
[[nodiscard]] Layout make_layout(const model::Card &card, const SessionOptions &options, PictureSize frame);

} // namespace vsmlrt::engine
