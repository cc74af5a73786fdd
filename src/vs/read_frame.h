// Frames of a clip where no filter is asked for its own.
#pragma once

#include "base/error.h"
#include "vs/handles.h"

namespace vsmlrt::vs {

// In a function of the plugin, never in a filter, which would wait for itself. BadArgument with the clip's
// own words where it has no such frame.
[[nodiscard]] inline Frame read_frame(const Host &host, const Node &clip, int n) {
    char message[512] = {};
    Frame frame = own(host.api->getFrame(n, clip.get(), message, sizeof message), host.api);
    if (!frame)
        throw BadArgument("frame ", n, " of the clip cannot be read: ", message);
    return frame;
}

} // namespace vsmlrt::vs
