#include "vs/pair_source.h"

#include <algorithm>

namespace vsmlrt::vs {

int PairSource::second_of(const timeline::Moment &moment) const {
    return std::min(moment.frame + 1, schedule_->source_frames() - 1);
}

void PairSource::request(int n, VSFrameContext *context, const Host &host) const {
    const timeline::Moment moment = schedule_->at(n);
    host.api->requestFrameFilter(moment.frame, clip_.get(), context);
    if (const int second = second_of(moment); second != moment.frame)
        host.api->requestFrameFilter(second, clip_.get(), context);
}

PairSource::Pair PairSource::pair(int n, VSFrameContext *context, const Host &host) const {
    const timeline::Moment moment = schedule_->at(n);
    const int second = second_of(moment);
    return {moment, second, own(host.api->getFrameFilter(moment.frame, clip_.get(), context), host.api),
            own(host.api->getFrameFilter(second, clip_.get(), context), host.api)};
}

NewFrame PairSource::new_frame(const Pair &pair, const VSVideoFormat &format, const Host &host) {
    const VSFrame *const earlier = pair.earlier.get();
    return own(host.api->newVideoFrame(&format, host.api->getFrameWidth(earlier, 0),
                                       host.api->getFrameHeight(earlier, 0), earlier, host.core),
               host.api);
}

} // namespace vsmlrt::vs
