// The planes of float frames as the engine takes them.
#pragma once

#include "pixel/codec.h"
#include "vs/handles.h"

#include <vector>

namespace vsmlrt::vs {

inline vsmlrt_type sample_type(const VSVideoFormat &format) {
    return format.bitsPerSample == 16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
}

inline void add_planes(const Host &host, const Frame &frame, std::vector<pixel::ConstPlane> &planes) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame.get());
    for (int plane = 0; plane < format.numPlanes; ++plane)
        planes.push_back({sample_type(format), host.api->getReadPtr(frame.get(), plane),
                          host.api->getStride(frame.get(), plane),
                          host.api->getFrameWidth(frame.get(), plane),
                          host.api->getFrameHeight(frame.get(), plane)});
}

inline void add_planes(const Host &host, const NewFrame &frame, std::vector<pixel::Plane> &planes) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame.get());
    for (int plane = 0; plane < format.numPlanes; ++plane)
        planes.push_back({sample_type(format), host.api->getWritePtr(frame.get(), plane),
                          host.api->getStride(frame.get(), plane),
                          host.api->getFrameWidth(frame.get(), plane),
                          host.api->getFrameHeight(frame.get(), plane)});
}

} // namespace vsmlrt::vs
