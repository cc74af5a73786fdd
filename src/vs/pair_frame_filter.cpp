#include "vs/pair_frame_filter.h"

#include "vs/trampoline.h"

#include <algorithm>

namespace vsmlrt::vs {

Node PairFrameFilter::make(const Host &host, std::unique_ptr<PairFrameFilter> filter) {
    VSVideoInfo info = host.info(filter->clip_);
    info.format = filter->options_.format;
    info.numFrames = filter->schedule_->frames();
    // Each frame is asked for by every output frame of its two pairs.
    const VSFilterDependency dependency = {filter->clip_.get(), rpGeneral};
    return make_node(host, std::move(filter), info, std::span(&dependency, 1));
}

const VSFrame *PairFrameFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
    const timeline::Moment moment = schedule_->at(n);
    const int second = std::min(moment.frame + 1, schedule_->source_frames() - 1);
    if (reason == arInitial) {
        host.api->requestFrameFilter(moment.frame, clip_.get(), context);
        if (second != moment.frame)
            host.api->requestFrameFilter(second, clip_.get(), context);
        return nullptr;
    }
    const Frame earlier = own(host.api->getFrameFilter(moment.frame, clip_.get(), context), host.api);
    const Frame later = own(host.api->getFrameFilter(second, clip_.get(), context), host.api);
    const auto input = [&](const Frame &frame, int number) {
        return source_planes(host, frame, number, identities_.of(number));
    };
    NewFrame result =
        own(host.api->newVideoFrame(&options_.format, host.api->getFrameWidth(earlier.get(), 0),
                                    host.api->getFrameHeight(earlier.get(), 0), earlier.get(), host.core),
            host.api);
    set_meaning(host, options_.format, options_.color, host.api->getFramePropertiesRW(result.get()));
    const std::vector<float> timestep = inputs_.timestep_row(static_cast<float>(to_double(moment.t)));
    session_->run(n, inputs_.frames_of(input(earlier, moment.frame), input(later, second), timestep),
                  result_planes(host, result));
    return result.release();
}

} // namespace vsmlrt::vs
