#include "vs/color.h"

#include "base/error.h"

namespace vsmlrt::vs {
namespace {

constexpr int unspecified = 2;

std::optional<int> property(const Host &host, const VSFrame *frame, const char *name) {
    int error = 0;
    const int value = host.api->mapGetIntSaturated(host.api->getFramePropertiesRO(frame), name, 0, &error);
    if (error)
        return {};
    return value;
}

std::optional<int> matrix_of(const Host &host, const VSFrame *frame) {
    const auto matrix = property(host, frame, "_Matrix");
    return matrix && *matrix != unspecified ? matrix : std::nullopt;
}

void require_same(const char *name, int n, std::optional<int> here, int fixed) {
    if (here && *here != fixed)
        throw BadArgument("frame ", n, " says ", name, "=", *here, ", and the clip was taken as ", name, "=",
                          fixed, "; split the clip where it changes, or make it one with resize");
}

} // namespace

bool has_color_choice(const VSVideoFormat &format) {
    return format.colorFamily == cfYUV || (format.colorFamily == cfGray && format.sampleType == stInteger);
}

Color fix_color(const Host &host, const Node &clip, std::optional<int> matrix, std::optional<int> range) {
    const VSVideoInfo &info = host.info(clip);
    Color color;
    if (!has_color_choice(info.format))
        return color;
    char message[512] = {};
    const Frame first = own(host.api->getFrame(0, clip.get(), message, sizeof message), host.api);
    if (!first)
        throw BadArgument("frame 0 of the clip cannot be read: ", message);
    if (!matrix)
        matrix = matrix_of(host, first.get());
    color.matrix = matrix.value_or(info.height > 576 ? 1 : 6);
    if (!range)
        range = property(host, first.get(), "_Range");
    color.range = range.value_or(0);
    color.chroma_location = property(host, first.get(), "_ChromaLocation").value_or(0);
    return color;
}

void check_color(const Host &host, const VSFrame *frame, int n, const Color &fixed) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame);
    if (!has_color_choice(format))
        return;
    require_same("_Range", n, property(host, frame, "_Range"), fixed.range);
    if (format.colorFamily != cfYUV)
        return;
    require_same("_Matrix", n, matrix_of(host, frame), fixed.matrix);
    if (format.subSamplingW > 0 || format.subSamplingH > 0)
        require_same("_ChromaLocation", n, property(host, frame, "_ChromaLocation"), fixed.chroma_location);
}

} // namespace vsmlrt::vs
