#include "vs/frame_filter.h"

#include "vs/properties.h"
#include "vs/trampoline.h"

#include <algorithm>

namespace vsmlrt::vs {

FrameFilter::FrameFilter(const Host &host, std::vector<Node> clips, std::shared_ptr<engine::Session> session,
                         const FrameFilterOptions &options)
    : clips_(std::move(clips)), session_(std::move(session)), options_(options) {
    for (const Node &clip : clips_)
        identities_.emplace_back(host.info(clip).numFrames);
}

Node FrameFilter::make(const Host &host, std::unique_ptr<FrameFilter> filter) {
    VSVideoInfo info = host.info(filter->clips_.front());
    info.format = filter->options_.format;
    info.width *= filter->session_->scale();
    info.height *= filter->session_->height_scale();
    std::vector<VSFilterDependency> dependencies;
    for (const Node &clip : filter->clips_)
        dependencies.push_back({clip.get(), rpStrictSpatial});
    return make_node(host, std::move(filter), info, dependencies);
}

const VSFrame *FrameFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
    if (reason == arInitial) {
        for (const Node &clip : clips_)
            host.api->requestFrameFilter(n, clip.get(), context);
        return nullptr;
    }
    std::vector<Frame> sources;
    std::vector<vsmlrt_frame> inputs;
    for (std::size_t i = 0; i < clips_.size(); ++i) {
        sources.push_back(own(host.api->getFrameFilter(n, clips_[i].get(), context), host.api));
        inputs.push_back(source_planes(host, sources.back(), n, identities_[i].of(n)));
    }
    const VSFrame *const first = sources.front().get();
    NewFrame result =
        own(host.api->newVideoFrame(&options_.format, host.api->getFrameWidth(first, 0) * session_->scale(),
                                    host.api->getFrameHeight(first, 0) * session_->height_scale(), first,
                                    host.core),
            host.api);
    VSMap *const properties = host.api->getFramePropertiesRW(result.get());
    set_meaning(host, options_.format, options_.color, properties);
    if (session_->height_scale() != 1)
        set_progressive(host, properties);
    session_->run(n, inputs, result_planes(host, result));
    return result.release();
}

} // namespace vsmlrt::vs
