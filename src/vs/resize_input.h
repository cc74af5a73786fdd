// What VapourSynth's resize is told of a frame.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

// The clip without the properties that resize reads, that the conversions here do not depend on, and that it
// refuses where their values are odd: the matrix, which it is given as an argument where it matters; transfer
// and primaries unless `needs_transfer`; a chroma location without subsampling; a range of RGB floats, or
// other than limited and full; what is no order of fields. The frames that come out of the plugin have the
// properties of its input.
[[nodiscard]] Node resize_input(const Host &host, const Node &clip, bool needs_transfer);

} // namespace vsmlrt::vs
