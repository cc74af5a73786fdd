// The rules of "exact": clips are fed as they are, as the plugins that the old names stand for have it.
#pragma once

#include "engine/session.h"
#include "vs/arguments.h"

#include <vector>

namespace vsmlrt::vs {

// BadArgument unless the clips are of half or float samples without subsampling and have as many planes as
// the network has channels, and no argument asks for a conversion. A network without a word about the
// precision stands for an engine: clips must then be of the samples that its first input has.
void check_exact_clips(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                       const model::Network &network, int channels);

// The precision that was asked for, else the one that a network which stands for an engine states, else fp32:
// nothing computes in less than it is asked for.
[[nodiscard]] vsmlrt_precision exact_precision(vsmlrt_precision asked, const model::Network &network);

} // namespace vsmlrt::vs
