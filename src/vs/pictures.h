// How the clips of one network enter it, each as a picture of one or three channels.
#pragma once

#include "vs/arguments.h"
#include "vs/convert.h"

#include <vector>

namespace vsmlrt::vs {

// Whether the planes of YUV clips enter the network as they are, and not as RGB: "yuv_to_rgb". BadArgument
// where that is given and no clip is YUV.
[[nodiscard]] bool keeps_yuv(const Host &host, const Arguments &arguments, const std::vector<Node> &clips);

// How a clip enters a network as three channels.
[[nodiscard]] Picture three_channels(const VSVideoFormat &format, bool keep_yuv);

// How the first clip is fed so that all clips together give the network's channels: the others give 1 where
// they are GRAY, else 3. BadArgument where it can be fed neither as 1 nor as 3 so that the sum is right.
[[nodiscard]] Picture first_picture(const Host &host, const std::vector<Node> &clips, int channels,
                                    bool keep_yuv);

} // namespace vsmlrt::vs
