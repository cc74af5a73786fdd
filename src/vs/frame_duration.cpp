#include "vs/frame_duration.h"

#include "base/error.h"

namespace vsmlrt::vs {

std::optional<timeline::Rational> stated_duration(const Host &host, const VSFrame *frame, int n) {
    const VSMap *properties = host.api->getFramePropertiesRO(frame);
    int no_num = 0;
    int no_den = 0;
    const std::int64_t num = host.api->mapGetInt(properties, "_DurationNum", 0, &no_num);
    const std::int64_t den = host.api->mapGetInt(properties, "_DurationDen", 0, &no_den);
    if (no_num != 0 && no_den != 0)
        return {};
    if (no_num != 0 || no_den != 0 || num <= 0 || den <= 0)
        throw BadArgument("frame ", n, " has a duration of _DurationNum=", num, ", _DurationDen=", den,
                          "; both must be above 0 (std.AssumeFPS gives every frame one)");
    return timeline::reduced(num, den);
}

std::optional<timeline::Rational> frame_interval(const VSVideoInfo &info) {
    if (info.fpsNum <= 0 || info.fpsDen <= 0)
        return {};
    return timeline::reduced(info.fpsDen, info.fpsNum);
}

void refuse_unknown_duration(int n) {
    throw BadArgument("frame ", n,
                      " has no duration (_DurationNum, _DurationDen), no frame before it has one, and "
                      "the clip has no frame rate; give it one with std.AssumeFPS");
}

} // namespace vsmlrt::vs
