#include "vs/device_frames.h"

#include "base/error.h"
#include "vs/read_frame.h"

#include <algorithm>
#include <atomic>

namespace vsmlrt::vs {
namespace {

std::optional<int> property(const Host &host, const VSMap *properties, const char *name) {
    int error = 0;
    const int value = host.api->mapGetIntSaturated(properties, name, 0, &error);
    if (error)
        return {};
    return value;
}

bool is_limited_rgb(const Host &host, const VSFrame *frame) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame);
    return format.colorFamily == cfRGB && format.sampleType == stInteger &&
           property(host, host.api->getFramePropertiesRO(frame), "_Range") == 0;
}

bool is_interlaced(const Host &host, const VSFrame *frame, int vertical_subsampling) {
    const int height = host.api->getFrameHeight(frame, 0);
    return property(host, host.api->getFramePropertiesRO(frame), "_FieldBased").value_or(0) > 0 &&
           vertical_subsampling <= 1 && height % (2 << vertical_subsampling) == 0;
}

vsmlrt_family family_of(const VSVideoFormat &format) {
    if (format.colorFamily == cfGray)
        return VSMLRT_GRAY;
    return format.colorFamily == cfRGB ? VSMLRT_RGB : VSMLRT_YUV;
}

} // namespace

vsmlrt_frame_format frame_format(const VSVideoFormat &format, const Color &color) {
    vsmlrt_frame_format result = {};
    result.family = family_of(format);
    result.sample = format.sampleType == stInteger ? VSMLRT_INTEGER : VSMLRT_FLOAT;
    result.bits = format.bitsPerSample;
    result.subsampling_w = format.subSamplingW;
    result.subsampling_h = format.subSamplingH;
    if (result.family == VSMLRT_RGB) {
        result.full_range = 1;
        return result;
    }
    result.matrix = color.matrix;
    result.full_range = color.range;
    if (format.subSamplingW > 0 || format.subSamplingH > 0)
        result.chroma_location = color.chroma_location;
    return result;
}

vsmlrt_frame_input frame_input(const VSVideoInfo &info, const Color &color, int channels) {
    return {frame_format(info.format, color), {info.width, info.height}, channels};
}

bool is_plain(const Host &host, const Node &clip) {
    const VSVideoFormat &format = host.info(clip).format;
    if (format.colorFamily != cfRGB || format.sampleType != stInteger)
        return true;
    return !is_limited_rgb(host, read_frame(host, clip, 0).get());
}

Identities::Identities(int frames) {
    static std::atomic<std::uint64_t> next = 1;
    first_ = next.fetch_add(static_cast<std::uint64_t>(frames));
}

vsmlrt_frame source_planes(const Host &host, const Frame &frame, int n, std::uint64_t identity) {
    if (is_limited_rgb(host, frame.get()))
        throw BadArgument("frame ", n,
                          " is RGB of limited range (_Range=0), and the clip was taken as full range; split "
                          "the clip where it changes, or make it one with resize");
    vsmlrt_frame result = {};
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame.get());
    for (int plane = 0; plane < format.numPlanes; ++plane)
        // An input's planes are not written: vsmlrt/frame.h.
        result.planes[plane] = {const_cast<std::uint8_t *>(host.api->getReadPtr(frame.get(), plane)),
                                host.api->getStride(frame.get(), plane)};
    result.identity = identity;
    result.interlaced = is_interlaced(host, frame.get(), format.subSamplingH);
    return result;
}

vsmlrt_frame result_planes(const Host &host, const NewFrame &frame) {
    vsmlrt_frame result = {};
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame.get());
    for (int plane = 0; plane < format.numPlanes; ++plane)
        result.planes[plane] = {host.api->getWritePtr(frame.get(), plane),
                                host.api->getStride(frame.get(), plane)};
    result.interlaced = is_interlaced(host, frame.get(), format.subSamplingH);
    return result;
}

void set_meaning(const Host &host, const VSVideoFormat &format, const Color &color, VSMap *properties) {
    const bool rgb = format.colorFamily == cfRGB;
    host.api->mapSetInt(properties, "_Matrix", rgb ? 0 : color.matrix, maReplace);
    const int range = has_color_choice(format) ? color.range : 0;
    host.api->mapSetInt(properties, "_Range", rgb ? 1 : range, maReplace);
    if (format.subSamplingW > 0 || format.subSamplingH > 0)
        host.api->mapSetInt(properties, "_ChromaLocation", color.chroma_location, maReplace);
    else
        host.api->mapDeleteKey(properties, "_ChromaLocation");
}

} // namespace vsmlrt::vs
