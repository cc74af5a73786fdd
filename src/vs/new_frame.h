// Frames for results.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

// A frame of `format` and this size in pixels, with the properties of `source`. Its samples are not set; they
// are about to be written, each of them.
[[nodiscard]] NewFrame new_frame(const Host &host, const VSVideoFormat &format, int width, int height,
                                 const VSFrame *source);

} // namespace vsmlrt::vs
