#include "vs/pair_filter.h"

#include "vs/frame_planes.h"
#include "vs/trampoline.h"

#include <algorithm>

namespace vsmlrt::vs {

Node PairFilter::make(const Host &host, std::unique_ptr<PairFilter> filter) {
    VSVideoInfo info = host.info(filter->clip_);
    info.format = filter->options_.format;
    info.numFrames = filter->schedule_->frames();
    // Each converted frame is asked for by every output frame of its two pairs.
    const VSFilterDependency dependency = {filter->clip_.get(), rpGeneral};
    return make_node(host, std::move(filter), info, std::span(&dependency, 1));
}

const VSFrame *PairFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
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
    std::vector<pixel::ConstPlane> earlier_planes;
    std::vector<pixel::ConstPlane> later_planes;
    add_planes(host, earlier, earlier_planes);
    add_planes(host, later, later_planes);
    const std::vector<float> timestep = inputs_.timestep_row(static_cast<float>(to_double(moment.t)));
    NewFrame result =
        own(host.api->newVideoFrame(&options_.format, host.api->getFrameWidth(earlier.get(), 0),
                                    host.api->getFrameHeight(earlier.get(), 0), earlier.get(), host.core),
            host.api);
    std::vector<pixel::Plane> outputs;
    add_planes(host, result, outputs);
    session_->run(n, inputs_.of(earlier_planes, later_planes, timestep), outputs);
    if (options_.limit)
        for (const pixel::Plane &plane : outputs)
            pixel::clamp(plane, 0.0F, 1.0F);
    return result.release();
}

} // namespace vsmlrt::vs
