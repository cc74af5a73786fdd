// A run of equal frames is answered from its first: finding where it starts asks for frames before
// n, so a request goes back step by step and ends at a frame whose result is known, or at a change.
#include "vs/outer_filter.h"

#include "vs/properties.h"
#include "vs/trampoline.h"

#include <array>

namespace vsmlrt::vs {
namespace {

// How far back a run is followed for a frame whose predecessors were not asked for. Where it stops the run is
// taken to begin: the same picture, computed once more.
constexpr int look_back = 16;

} // namespace

// What a frame's request carries from one activation to the next.
struct OuterFilter::Request {
    enum class Stage { sources, result } stage = Stage::sources;
    int examined = 0; // the frame that is being compared with the one before it
    int start = 0;    // of the run, once known
    Frame held{nullptr, {nullptr}};
};

Node OuterFilter::make(const Host &host, std::unique_ptr<OuterFilter> filter) {
    const VSVideoInfo info = host.info(filter->result_);
    std::vector<VSFilterDependency> dependencies;
    // Frames are compared with the one before them, so each is asked for twice; the results are kept by Runs.
    for (const Node &clip : filter->clips_)
        dependencies.push_back({clip.get(), filter->options_.find_repeats ? rpGeneral : rpStrictSpatial});
    dependencies.push_back({filter->result_.get(), rpNoFrameReuse});
    Node node = make_node(host, std::move(filter), info, dependencies);
    // Enlarged frames are big: begin with few in the cache, and let it grow where they are asked for again.
    host.api->setCacheOptions(node.get(), -1, 2, -1);
    return node;
}

void OuterFilter::abandon(void **data) {
    delete static_cast<Request *>(*data);
    *data = nullptr;
}

void OuterFilter::request_sources(int n, VSFrameContext *context, const Host &host) const {
    for (const Node &clip : clips_)
        host.api->requestFrameFilter(n, clip.get(), context);
}

bool OuterFilter::repeats(int n, VSFrameContext *context, const Host &host) const {
    for (const Node &clip : clips_) {
        const Frame here = own(host.api->getFrameFilter(n, clip.get(), context), host.api);
        const Frame before = own(host.api->getFrameFilter(n - 1, clip.get(), context), host.api);
        if (!same_picture(host, here.get(), before.get()))
            return false;
    }
    return true;
}

void OuterFilter::check(int n, VSFrameContext *context, const Host &host) const {
    for (std::size_t i = 0; i < options_.colors.size(); ++i) {
        const Frame frame = own(host.api->getFrameFilter(n, clips_[i].get(), context), host.api);
        check_color(host, frame.get(), n, options_.colors[i]);
    }
}

// True once request.start is known; false if more source frames were asked for.
bool OuterFilter::find_start(int n, Request &request, VSFrameContext *context, const Host &host) {
    int &here = request.examined;
    if (options_.find_repeats && here > 0 && repeats(here, context, host)) {
        --here;
        if (const auto known = runs_.start_of(here)) {
            here = *known;
        } else if (here > 0 && n - here < look_back) {
            request_sources(here - 1, context, host);
            return false;
        }
    }
    request.start = here;
    if (options_.find_repeats)
        runs_.set_start(n, here);
    return true;
}

const VSFrame *OuterFilter::finish(int n, const Frame &result, VSFrameContext *context,
                                   const Host &host) const {
    const Frame source = own(host.api->getFrameFilter(n, clips_.front().get(), context), host.api);
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(result.get());
    std::array<const VSFrame *, 3> planes = {result.get(), result.get(), result.get()};
    constexpr std::array<int, 3> numbers = {0, 1, 2};
    NewFrame frame = own(host.api->newVideoFrame2(&format, host.api->getFrameWidth(result.get(), 0),
                                                  host.api->getFrameHeight(result.get(), 0), planes.data(),
                                                  numbers.data(), source.get(), host.core),
                         host.api);
    VSMap *properties = host.api->getFramePropertiesRW(frame.get());
    const VSMap *made = host.api->getFramePropertiesRO(result.get());
    copy_meaning(host, options_.changed_meaning, made, properties);
    if (host.api->getFrameHeight(source.get(), 0) != host.api->getFrameHeight(result.get(), 0))
        set_progressive(host, properties);
    for (int i = 0; i < options_.flexible_planes; ++i) {
        const std::string key = text(options_.flexible_prop, i);
        host.api->mapConsumeFrame(properties, key.c_str(),
                                  host.api->mapGetFrame(made, key.c_str(), 0, nullptr), maReplace);
    }
    return frame.release();
}

const VSFrame *OuterFilter::frame(int n, int reason, void **data, VSFrameContext *context, const Host &host) {
    if (reason == arInitial) {
        auto request = std::make_unique<Request>();
        request->examined = n;
        request_sources(n, context, host);
        if (options_.find_repeats && n > 0)
            request_sources(n - 1, context, host);
        *data = request.release();
        return nullptr;
    }
    auto &request = *static_cast<Request *>(*data);
    if (request.stage == Request::Stage::sources) {
        check(n, context, host);
        if (!find_start(n, request, context, host))
            return nullptr;
        request.stage = Request::Stage::result;
        request.held = runs_.result_of(request.start);
        if (!request.held) {
            host.api->requestFrameFilter(request.start, result_.get(), context);
            return nullptr;
        }
    }
    if (!request.held) {
        request.held = own(host.api->getFrameFilter(request.start, result_.get(), context), host.api);
        if (options_.find_repeats)
            runs_.offer(n, request.start, request.held);
    }
    const std::unique_ptr<Request> done(static_cast<Request *>(*data));
    *data = nullptr;
    return finish(n, done->held, context, host);
}

} // namespace vsmlrt::vs
