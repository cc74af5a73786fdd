// Frames of a clip where no filter is asked for its own.
#pragma once

#include "base/error.h"
#include "vs/handles.h"

namespace vsmlrt::vs {

// In a function of the plugin, never in a filter, which would wait for itself. BadArgument with the clip's
// own words where it has no such frame; `failure` stands between its number and those.
[[nodiscard]] inline Frame read_frame(const Host &host, const Node &clip, int n,
                                      const char *failure = "of the clip cannot be read") {
    char message[512] = {};
    Frame frame = own(host.api->getFrame(n, clip.get(), message, sizeof message), host.api);
    if (!frame)
        throw BadArgument("frame ", n, " ", failure, ": ", message);
    return frame;
}

// Computes a frame of a network's result, so that what is timed reads one.
inline void compute_to_time(const Host &host, const Node &result, int n) {
    static_cast<void>(read_frame(host, result, n, "of the result, which the layers are timed on, failed"));
}

} // namespace vsmlrt::vs
