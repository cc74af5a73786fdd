#include "vs/interpolate_schedule.h"

#include "base/error.h"
#include "vs/frame_duration.h"
#include "vs/read_frame.h"

namespace vsmlrt::vs {
namespace {

using timeline::Rational;

Rational read_rate(const Arguments &arguments) {
    const int num = arguments.integer("fps_num").value_or(0);
    const int den = arguments.integer("fps_den").value_or(1);
    if (!arguments.has("fps_num") || num <= 0 || den <= 0)
        throw BadArgument("\"fps_num\" and \"fps_den\" must be above 0; got ", num, " and ", den);
    return timeline::reduced(num, den);
}

timeline::Times read_timestamps(const Arguments &arguments, const VSVideoInfo &info) {
    const std::vector<std::int64_t> times = arguments.long_integers("timestamps");
    const std::vector<int> base = arguments.integers("time_base");
    if (base.size() != 2 || base.front() <= 0 || base.back() <= 0)
        throw BadArgument(
            "\"time_base\" must be the numerator and denominator of \"timestamps\"' unit in seconds, "
            "above 0; got ",
            base.empty() ? "none" : join(base, ", "));
    const auto frames = static_cast<std::size_t>(info.numFrames);
    if (times.size() != frames && times.size() != frames + 1)
        throw BadArgument(
            "\"timestamps\" must hold one time a frame, and may hold the end of the last one; got ",
            times.size(), " for ", info.numFrames, " frames");
    return timeline::Times::stated(times, info.numFrames, timeline::reduced(base.front(), base.back()),
                                   frame_interval(info));
}

// Reads every frame for its duration.
timeline::Times scan(const Host &host, const Node &clip) {
    std::vector<Rational> durations;
    std::vector<std::optional<Rational>> stated;
    for (int n = 0; n < host.info(clip).numFrames; ++n) {
        const Frame frame = read_frame(host, clip, n);
        stated.push_back(stated_duration(host, frame.get(), n));
        const auto duration = timeline::resolve_duration(
            n, std::nullopt, [&](int j) { return stated[static_cast<std::size_t>(j)]; });
        if (!duration)
            refuse_unknown_duration(n);
        durations.push_back(*duration);
    }
    return timeline::Times::successive(durations);
}

timeline::Times read_times(const Host &host, const Arguments &arguments, const Node &clip) {
    const VSVideoInfo &info = host.info(clip);
    if (arguments.has("timestamps"))
        return read_timestamps(arguments, info);
    if (arguments.has("time_base"))
        throw BadArgument(
            "\"time_base\" is the unit of \"timestamps\", which are not given; give them as well, "
            "or leave it out");
    if (const auto interval = frame_interval(info))
        return timeline::Times::constant(info.numFrames, *interval);
    return scan(host, clip);
}

} // namespace

Rational read_factor(const Arguments &arguments) {
    const std::vector<int> given = arguments.integers("multi");
    if (given.empty())
        return {2, 1};
    const int den = given.size() == 2 ? given.back() : 1;
    if (given.size() > 2 || den <= 0 || given.front() <= 0)
        throw BadArgument("\"multi\" must be one number or numerator and denominator, above 0; got ",
                          join(given, ", "));
    return timeline::reduced(given.front(), den);
}

timeline::Schedule read_schedule(const Host &host, const Arguments &arguments, const Node &clip) {
    const bool by_rate = arguments.has("fps_num") || arguments.has("fps_den");
    if (by_rate && arguments.has("multi"))
        throw BadArgument("\"multi\" and \"fps_num\" both say how many frames to make; give one of them");
    if (!by_rate && (arguments.has("timestamps") || arguments.has("time_base")))
        throw BadArgument(
            "\"timestamps\" and \"time_base\" belong to \"fps_num\" and \"fps_den\"; with \"multi\" the "
            "frames' own durations are kept");
    if (!by_rate)
        return timeline::Schedule(timeline::Multiplied(host.info(clip).numFrames, read_factor(arguments)));
    const Rational rate = read_rate(arguments);
    return timeline::Schedule(timeline::Resampled(read_times(host, arguments, clip), rate));
}

} // namespace vsmlrt::vs
