// VapourSynth calls a filter several times for one frame, as what it asked for arrives: what
// is known by then travels in a Request, and each stage asks for what the next one needs.
#include "vs/interpolate_filter.h"

#include "vs/frame_duration.h"
#include "vs/properties.h"
#include "vs/repeats.h"
#include "vs/trampoline.h"

#include <algorithm>
#include <array>

namespace vsmlrt::vs {
namespace {

constexpr const char *cut_after = "_SceneChangeNext";
constexpr const char *cut_before = "_SceneChangePrev";

} // namespace

// What a frame's request carries from one activation to the next.
struct InterpolateFilter::Request {
    enum class Stage { sources, picture } stage = Stage::sources;
    int n = 0;
    timeline::Moment moment;
    bool pair = false; // the moment lies between two frames
    int first = 0;     // source frames that were asked for
    int last = 0;
    std::vector<timeline::Rational> durations;
    bool cut = false;
    std::optional<int> still; // the source frame that is shown; none: the one between
};

Node InterpolateFilter::make(const Host &host, std::unique_ptr<InterpolateFilter> filter) {
    VSVideoInfo info = host.info(filter->nodes_.between);
    info.numFrames = filter->schedule_->frames();
    info.fpsNum = filter->options_.result_rate.num;
    info.fpsDen = filter->options_.result_rate.num == 0 ? 0 : filter->options_.result_rate.den;
    std::vector<VSFilterDependency> dependencies = {{filter->nodes_.clip.get(), rpGeneral},
                                                    {filter->nodes_.between.get(), rpStrictSpatial}};
    if (filter->nodes_.stills.get() != filter->nodes_.clip.get())
        dependencies.push_back({filter->nodes_.stills.get(), rpGeneral});
    if (filter->nodes_.luma)
        dependencies.push_back({filter->nodes_.luma.get(), rpGeneral});
    return make_node(host, std::move(filter), info, dependencies);
}

void InterpolateFilter::abandon(void **data) {
    delete static_cast<Request *>(*data);
    *data = nullptr;
}

Frame InterpolateFilter::source(int n, VSFrameContext *context, const Host &host) const {
    return own(host.api->getFrameFilter(n, nodes_.clip.get(), context), host.api);
}

void InterpolateFilter::begin(Request &request, VSFrameContext *context, const Host &host) const {
    request.moment = schedule_->at(request.n);
    request.pair = timeline::has_pair(request.moment, schedule_->source_frames());
    request.first = request.moment.frame;
    request.last = std::max(request.first + (request.pair ? 1 : 0), schedule_->intervals(request.n).last);
    for (int frame = request.first; frame <= request.last; ++frame)
        host.api->requestFrameFilter(frame, nodes_.clip.get(), context);
    if (!nodes_.luma || !request.pair)
        return;
    for (const int frame : {request.moment.frame, request.moment.frame + 1})
        host.api->requestFrameFilter(frame, nodes_.luma.get(), context);
}

// False if an earlier frame was asked for, whose duration one without takes.
bool InterpolateFilter::know_durations(Request &request, VSFrameContext *context, const Host &host) const {
    const timeline::Intervals wanted = schedule_->intervals(request.n);
    std::optional<int> missing;
    request.durations.clear();
    for (int frame = wanted.first; frame <= wanted.last; ++frame) {
        const auto duration = timeline::resolve_duration(
            frame, options_.interval, [&](int j) -> std::optional<timeline::Rational> {
                if (j < request.first) {
                    missing = j;
                    return timeline::Rational{};
                }
                return stated_duration(host, source(j, context, host).get(), j);
            });
        if (missing) {
            request.first = *missing;
            host.api->requestFrameFilter(request.first, nodes_.clip.get(), context);
            return false;
        }
        if (!duration)
            refuse_unknown_duration(frame);
        request.durations.push_back(*duration);
    }
    return true;
}

bool InterpolateFilter::find_cut(const Request &request, VSFrameContext *context, const Host &host) {
    const int frame = request.moment.frame;
    if (says_cut(host, source(frame, context, host).get(), cut_after))
        return true;
    if (!request.pair)
        return false;
    if (says_cut(host, source(frame + 1, context, host).get(), cut_before))
        return true;
    if (!nodes_.luma)
        return false;
    const Frame here = own(host.api->getFrameFilter(frame, nodes_.luma.get(), context), host.api);
    const Frame next = own(host.api->getFrameFilter(frame + 1, nodes_.luma.get(), context), host.api);
    return detector_.is_cut(host, frame, here.get(), next.get());
}

void InterpolateFilter::choose(Request &request, VSFrameContext *context, const Host &host) {
    const int frame = request.moment.frame;
    const Frame here = source(frame, context, host);
    check_color(host, here.get(), frame, options_.color);
    request.cut = find_cut(request, context, host);
    if (!request.pair || request.cut)
        request.still = timeline::nearer_frame(request.moment, schedule_->source_frames());
    if (request.pair) {
        const Frame next = source(frame + 1, context, host);
        check_color(host, next.get(), frame + 1, options_.color);
        if (!request.still && options_.find_repeats && same_picture(host, here.get(), next.get()))
            request.still = frame;
    }
}

// Tells a scene's last frame and the next one's first, of those that are shown.
void InterpolateFilter::set_cuts(const Request &request, VSMap *properties, VSFrameContext *context,
                                 const Host &host) const {
    const auto shown = [&](int n) {
        return timeline::nearer_frame(schedule_->at(n), schedule_->source_frames());
    };
    const int here = request.still.value_or(request.moment.frame);
    bool after = false;
    if (request.n + 1 < schedule_->frames()) {
        const int next = shown(request.n + 1);
        after = request.cut && here == request.moment.frame && next > here;
        for (int frame = here + 1; frame <= request.last && frame < next; ++frame)
            after = after || says_cut(host, source(frame, context, host).get(), cut_after);
    }
    bool before = false;
    if (request.n > 0 && request.still) {
        const bool begins = here > request.moment.frame
                                ? request.cut
                                : says_cut(host, source(here, context, host).get(), cut_before);
        before = begins && shown(request.n - 1) < here;
    }
    for (const auto &[key, value] : {std::pair{cut_after, after}, std::pair{cut_before, before}}) {
        host.api->mapDeleteKey(properties, key);
        if (value)
            host.api->mapSetInt(properties, key, 1, maReplace);
    }
}

void InterpolateFilter::set_times(const Request &request, VSMap *properties, VSFrameContext *context,
                                  const Host &host) const {
    const timeline::Rational duration = schedule_->duration(request.n, request.durations);
    host.api->mapSetInt(properties, "_DurationNum", duration.num, maReplace);
    host.api->mapSetInt(properties, "_DurationDen", duration.den, maReplace);
    const Frame earlier = source(request.moment.frame, context, host);
    int error = 0;
    const double begin =
        host.api->mapGetFloat(host.api->getFramePropertiesRO(earlier.get()), "_AbsoluteTime", 0, &error);
    host.api->mapDeleteKey(properties, "_AbsoluteTime");
    if (error == 0)
        host.api->mapSetFloat(properties, "_AbsoluteTime",
                              begin + to_double(schedule_->offset(request.n, request.durations)), maReplace);
}

const VSFrame *InterpolateFilter::finish(const Request &request, VSFrameContext *context,
                                         const Host &host) const {
    const int here = request.still.value_or(request.moment.frame);
    const Node &node = request.still ? nodes_.stills : nodes_.between;
    const int number = request.still ? here : request.n;
    const Frame picture = own(host.api->getFrameFilter(number, node.get(), context), host.api);
    const Frame origin = source(here, context, host);
    std::array<const VSFrame *, 3> planes = {picture.get(), picture.get(), picture.get()};
    constexpr std::array<int, 3> numbers = {0, 1, 2};
    NewFrame frame = own(host.api->newVideoFrame2(host.api->getVideoFrameFormat(picture.get()),
                                                  host.api->getFrameWidth(picture.get(), 0),
                                                  host.api->getFrameHeight(picture.get(), 0), planes.data(),
                                                  numbers.data(), origin.get(), host.core),
                         host.api);
    VSMap *properties = host.api->getFramePropertiesRW(frame.get());
    copy_meaning(host, options_.changed_meaning, host.api->getFramePropertiesRO(picture.get()), properties);
    set_cuts(request, properties, context, host);
    set_times(request, properties, context, host);
    return frame.release();
}

const VSFrame *InterpolateFilter::frame(int n, int reason, void **data, VSFrameContext *context,
                                        const Host &host) {
    if (reason == arInitial) {
        auto request = std::make_unique<Request>();
        request->n = n;
        begin(*request, context, host);
        *data = request.release();
        return nullptr;
    }
    auto &request = *static_cast<Request *>(*data);
    if (request.stage == Request::Stage::sources) {
        if (!know_durations(request, context, host))
            return nullptr;
        choose(request, context, host);
        request.stage = Request::Stage::picture;
        const bool held = request.still && nodes_.stills.get() == nodes_.clip.get();
        if (!held) {
            host.api->requestFrameFilter(request.still.value_or(n),
                                         (request.still ? nodes_.stills : nodes_.between).get(), context);
            return nullptr;
        }
    }
    const std::unique_ptr<Request> done(static_cast<Request *>(*data));
    *data = nullptr;
    return finish(*done, context, host);
}

} // namespace vsmlrt::vs
