#include "vs/scene_cuts.h"

#include "pixel/scene.h"

namespace vsmlrt::vs {
namespace {

pixel::Luma luma_of(const Host &host, const VSFrame *frame) {
    return {host.api->getReadPtr(frame, 0), host.api->getStride(frame, 0), host.api->getFrameWidth(frame, 0),
            host.api->getFrameHeight(frame, 0)};
}

} // namespace

bool says_cut(const Host &host, const VSFrame *frame, const char *property) {
    int error = 0;
    return host.api->mapGetInt(host.api->getFramePropertiesRO(frame), property, 0, &error) != 0 && error == 0;
}

bool SceneDetector::is_cut(const Host &host, int n, const VSFrame *a, const VSFrame *b) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(n); known != known_.end())
            return known->second;
    }
    const bool cut = pixel::scene_change(luma_of(host, a), luma_of(host, b)) > threshold_;
    const std::lock_guard lock(mutex_);
    known_[n] = cut;
    if (known_.size() > limit) // The end that is farther from where the clip is being read.
        known_.erase(n > known_.begin()->first + static_cast<int>(limit) / 2 ? known_.begin()
                                                                             : std::prev(known_.end()));
    return cut;
}

} // namespace vsmlrt::vs
