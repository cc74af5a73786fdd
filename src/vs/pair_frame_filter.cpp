#include "vs/pair_frame_filter.h"

namespace vsmlrt::vs {

Node PairFrameFilter::make(const Host &host, std::unique_ptr<PairFrameFilter> filter) {
    const PairSource &source = filter->source_;
    const VSVideoFormat format = filter->options_.format;
    return source.make(host, std::move(filter), format);
}

const VSFrame *PairFrameFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
    if (reason == arInitial) {
        source_.request(n, context, host);
        return nullptr;
    }
    const PairSource::Pair pair = source_.pair(n, context, host);
    const auto input = [&](const Frame &frame, int number) {
        return source_planes(host, frame, number, identities_.of(number));
    };
    NewFrame result = PairSource::new_frame(pair, options_.format, host);
    set_meaning(host, options_.format, options_.color, host.api->getFramePropertiesRW(result.get()));
    const std::vector<float> timestep = inputs_.timestep_row(static_cast<float>(to_double(pair.moment.t)));
    session_->run(
        n,
        inputs_.frames_of(input(pair.earlier, pair.moment.frame), input(pair.later, pair.second), timestep),
        result_planes(host, result));
    return result.release();
}

} // namespace vsmlrt::vs
