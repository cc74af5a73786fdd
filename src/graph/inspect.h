// Filling a model card from the network's structure.
#pragma once

#include "model/card.h"

namespace vsmlrt::graph {

// `known` with what it leaves open: scale, multiple, minimum, receptive_field, global and output_channels.
// What the network's metadata states is kept. Found by shape inference at trial sizes and by walking the
// graph; nothing is computed. Networks outside of the IR, of which none of this can be told, give `known`
// back.
//
// scale, multiple, minimum: the smallest multiple from whose `minimum` on all sizes work and give exactly
// scale x the input. receptive_field: never too small; exact for networks that keep their size throughout.
[[nodiscard]] model::Card inspect(const model::Network &network, model::Card known);

} // namespace vsmlrt::graph
