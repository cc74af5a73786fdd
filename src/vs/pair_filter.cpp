#include "vs/pair_filter.h"

#include "vs/frame_planes.h"

namespace vsmlrt::vs {

Node PairFilter::make(const Host &host, std::unique_ptr<PairFilter> filter) {
    const PairSource &source = filter->source_;
    const VSVideoFormat format = filter->options_.format;
    return source.make(host, std::move(filter), format);
}

const VSFrame *PairFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
    if (reason == arInitial) {
        source_.request(n, context, host);
        return nullptr;
    }
    const PairSource::Pair pair = source_.pair(n, context, host);
    std::vector<pixel::ConstPlane> earlier_planes;
    std::vector<pixel::ConstPlane> later_planes;
    add_planes(host, pair.earlier, earlier_planes);
    add_planes(host, pair.later, later_planes);
    const std::vector<float> timestep = inputs_.timestep_row(static_cast<float>(to_double(pair.moment.t)));
    NewFrame result = PairSource::new_frame(pair, options_.format, host);
    std::vector<pixel::Plane> outputs;
    add_planes(host, result, outputs);
    session_->run(n, inputs_.of(earlier_planes, later_planes, timestep), outputs);
    if (options_.limit)
        for (const pixel::Plane &plane : outputs)
            pixel::clamp(plane, 0.0F, 1.0F);
    return result.release();
}

} // namespace vsmlrt::vs
