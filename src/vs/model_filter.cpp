#include "vs/model_filter.h"

#include "vs/frame_planes.h"
#include "vs/properties.h"
#include "vs/trampoline.h"

namespace vsmlrt::vs {
Node ModelFilter::make(const Host &host, std::unique_ptr<ModelFilter> filter) {
    VSVideoInfo info = host.info(filter->clips_.front());
    info.format = filter->options_.format;
    info.width *= filter->session_->scale();
    info.height *= filter->session_->height_scale();
    std::vector<VSFilterDependency> dependencies;
    for (const Node &clip : filter->clips_)
        dependencies.push_back({clip.get(), rpStrictSpatial});
    return make_node(host, std::move(filter), info, dependencies);
}

NewFrame ModelFilter::make_frame(const Host &host, const Frame &source) const {
    NewFrame frame = own(host.api->newVideoFrame(
                             &options_.format, host.api->getFrameWidth(source.get(), 0) * session_->scale(),
                             host.api->getFrameHeight(source.get(), 0) * session_->height_scale(),
                             source.get(), host.core),
                         host.api);
    if (options_.keeps_properties)
        return frame;
    VSMap *properties = host.api->getFramePropertiesRW(frame.get());
    set_family(host, options_.format, properties);
    if (session_->height_scale() != 1)
        set_progressive(host, properties);
    return frame;
}

// The first channel's frame with all of them as properties, itself included.
const VSFrame *ModelFilter::carrier(const Host &host, std::vector<NewFrame> results) const {
    NewFrame first = own(host.api->copyFrame(results.front().get(), host.core), host.api);
    VSMap *properties = host.api->getFramePropertiesRW(first.get());
    for (std::size_t i = 0; i < results.size(); ++i)
        host.api->mapConsumeFrame(properties, text(options_.flexible_prop, i).c_str(), results[i].release(),
                                  maReplace);
    return first.release();
}

const VSFrame *ModelFilter::frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
    if (reason == arInitial) {
        for (const Node &clip : clips_)
            host.api->requestFrameFilter(n, clip.get(), context);
        return nullptr;
    }
    std::vector<Frame> sources;
    std::vector<pixel::ConstPlane> inputs;
    for (const Node &clip : clips_) {
        sources.push_back(own(host.api->getFrameFilter(n, clip.get(), context), host.api));
        add_planes(host, sources.back(), inputs);
    }
    std::vector<NewFrame> results;
    std::vector<pixel::Plane> outputs;
    const int frames = options_.flexible_prop.empty() ? 1 : session_->output_channels();
    for (int i = 0; i < frames; ++i) {
        results.push_back(make_frame(host, sources.front()));
        add_planes(host, results.back(), outputs);
    }
    session_->run(n, inputs, outputs);
    if (options_.limit)
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const bool chroma = options_.format.colorFamily == cfYUV && i > 0;
            pixel::clamp(outputs[i], chroma ? -0.5F : 0.0F, chroma ? 0.5F : 1.0F);
        }
    if (!options_.flexible_prop.empty())
        return carrier(host, std::move(results));
    return results.front().release();
}

} // namespace vsmlrt::vs
