#include "vs/new_frame.h"

#include "base/heap.h"

namespace vsmlrt::vs {

NewFrame new_frame(const Host &host, const VSVideoFormat &format, int width, int height,
                   const VSFrame *source) {
    NewFrame frame = own(host.api->newVideoFrame(&format, width, height, source, host.core), host.api);
    for (int plane = 0; plane < format.numPlanes; ++plane)
        ask_for_large_pages(host.api->getWritePtr(frame.get(), plane),
                            static_cast<std::size_t>(host.api->getStride(frame.get(), plane)) *
                                static_cast<std::size_t>(host.api->getFrameHeight(frame.get(), plane)));
    return frame;
}

} // namespace vsmlrt::vs
