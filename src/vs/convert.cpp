// Formats are converted by the core's own resize, never here: what is decided in
// this file is which conversions are needed and which tags and arguments they get.
#include "vs/convert.h"

#include "base/error.h"
#include "vs/resize_input.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace vsmlrt::vs {
namespace {

// A call of another plugin's function that gives one clip.
class Call {
public:
    Call(const Host &host, const char *plugin, const char *function)
        : host_(host), plugin_(plugin), function_(function),
          arguments_(own(host.api->createMap(), host.api)) {}

    Call &node(const char *name, const Node &value) {
        host_.api->mapSetNode(arguments_.get(), name, value.get(), maAppend);
        return *this;
    }
    Call &integer(const char *name, std::int64_t value) {
        host_.api->mapSetInt(arguments_.get(), name, value, maAppend);
        return *this;
    }
    [[nodiscard]] Node run() const {
        VSPlugin *plugin = host_.api->getPluginByID(plugin_, host_.core);
        if (!plugin)
            throw InternalError("VapourSynth has no plugin ", plugin_);
        const Map result = own(host_.api->invoke(plugin, function_, arguments_.get()), host_.api);
        if (const char *error = host_.api->mapGetError(result.get()))
            throw BadArgument(error);
        return own(host_.api->mapGetNode(result.get(), "clip", 0, nullptr), host_.api);
    }

private:
    Host host_;
    const char *plugin_;
    const char *function_;
    Map arguments_;
};

Call resize(const Host &host) {
    return {host, "com.vapoursynth.resize", "Bicubic"};
}

Node shuffle(const Host &host, std::initializer_list<std::pair<const Node *, int>> planes, int family) {
    Call call(host, "com.vapoursynth.std", "ShufflePlanes");
    for (const auto &[clip, plane] : planes)
        call.node("clips", *clip).integer("planes", plane);
    return call.integer("colorfamily", family).run();
}

std::int64_t id_of(const Host &host, const VSVideoFormat &format) {
    return host.api->queryVideoFormatID(format.colorFamily, format.sampleType, format.bitsPerSample,
                                        format.subSamplingW, format.subSamplingH, host.core);
}

void read_by(Call &call, const VSVideoFormat &format, const Color &color) {
    if (!has_color_choice(format))
        return;
    call.integer("range_in", color.range);
    if (format.colorFamily != cfYUV)
        return;
    call.integer("matrix_in", color.matrix);
    if (format.subSamplingW > 0 || format.subSamplingH > 0)
        call.integer("chromaloc_in", color.chroma_location);
}

// Leaving RGB needs a matrix even where the result could be read without one.
void write_by(Call &call, const VSVideoFormat &from, const VSVideoFormat &format, const Color &color) {
    if (format.colorFamily == cfYUV || (format.colorFamily == cfGray && from.colorFamily == cfRGB))
        call.integer("matrix", color.matrix);
    if (has_color_choice(format))
        call.integer("range", color.range);
    if (format.subSamplingW > 0 || format.subSamplingH > 0)
        call.integer("chromaloc", color.chroma_location);
}

Node progressive(const Host &host, const Node &clip) {
    return Call(host, "com.vapoursynth.std", "SetFieldBased").node("clip", clip).integer("value", 0).run();
}

// Whether resize can convert the two fields apart, as it does where frames say that they are interlaced: it
// refuses chroma of less than half the rows.
bool has_whole_fields(int height, const VSVideoFormat &from, const VSVideoFormat &to) {
    return std::max(from.subSamplingH, to.subSamplingH) <= 1 &&
           height % (2 << std::max(from.subSamplingH, to.subSamplingH)) == 0;
}

} // namespace

VSVideoFormat make_format(const Host &host, int family, int sample_type, int bits) {
    VSVideoFormat format = {};
    if (!host.api->queryVideoFormat(&format, family, sample_type, bits, 0, 0, host.core))
        throw InternalError("VapourSynth has no such format");
    return format;
}

bool same_format(const VSVideoFormat &a, const VSVideoFormat &b) {
    return a.colorFamily == b.colorFamily && a.sampleType == b.sampleType &&
           a.bitsPerSample == b.bitsPerSample && a.subSamplingW == b.subSamplingW &&
           a.subSamplingH == b.subSamplingH;
}

bool is_accepted(const VSVideoFormat &format) {
    return format.colorFamily != cfUndefined &&
           (format.sampleType == stFloat || format.bitsPerSample <= 16) && format.subSamplingW <= 2 &&
           format.subSamplingH <= 2;
}

VSVideoFormat format_by_id(const Host &host, int id) {
    VSVideoFormat format = {};
    if (id <= 0 || !host.api->getVideoFormatByID(&format, static_cast<std::uint32_t>(id), host.core) ||
        format.colorFamily == cfUndefined)
        throw BadArgument("\"format\" must be a constant VapourSynth format such as vs.YUV420P8; got ", id);
    if (!is_accepted(format))
        throw BadArgument("\"format\" must be ", accepted_formats, "; got ", host.format_name(format));
    return format;
}

Node reformat(const Host &host, const Node &clip, const VSVideoFormat &format, const Color &color) {
    const VSVideoFormat &from = host.info(clip).format;
    if (same_format(from, format))
        return share(clip);
    const bool fields = has_whole_fields(host.info(clip).height, from, format);
    const bool yuv = from.colorFamily == cfYUV || format.colorFamily == cfYUV;
    const Node input = resize_input(host, clip, yuv && needs_transfer(color));
    Call call = resize(host);
    call.node("clip", fields ? share(input) : progressive(host, input));
    call.integer("format", id_of(host, format));
    read_by(call, from, color);
    write_by(call, from, format, color);
    return call.run();
}

Color take_color(const Host &host, Node &clip, std::optional<int> matrix, std::optional<int> range,
                 ColorNeeds needs) {
    const Color color = fix_color(host, clip, matrix, range, needs);
    if (!color.replaces_matrix && !color.replaces_range)
        return color;
    Call call(host, "com.vapoursynth.std", "SetFrameProps");
    call.node("clip", clip);
    if (color.replaces_matrix)
        call.integer("_Matrix", color.matrix);
    if (color.replaces_range)
        call.integer("_Range", color.range);
    clip = call.run();
    return color;
}

Node to_planes(const Host &host, const Node &clip, Picture picture, const Color &color) {
    const VSVideoFormat &format = host.info(clip).format;
    const bool half = format.sampleType == stFloat && format.bitsPerSample == 16;
    const int bits = half && (format.colorFamily != cfYUV || picture == Picture::yuv) ? 16 : 32;
    if (picture == Picture::yuv)
        return reformat(host, clip, make_format(host, cfYUV, stFloat, bits), color);
    const VSVideoFormat gray = make_format(host, cfGray, stFloat, bits);
    if (picture == Picture::rgb && format.colorFamily != cfGray)
        return reformat(host, clip, make_format(host, cfRGB, stFloat, bits), color);
    if (picture == Picture::rgb) {
        const Node plane = reformat(host, clip, gray, color);
        const Node planes = shuffle(host, {{&plane, 0}, {&plane, 0}, {&plane, 0}}, cfRGB);
        // A GRAY frame may say the matrix of the YUV it was part of, which resize refuses of RGB, and its
        // integers' range, which its floats no longer have.
        return Call(host, "com.vapoursynth.std", "SetFrameProps")
            .node("clip", planes)
            .integer("_Matrix", 0)
            .integer("_Range", 1)
            .run();
    }
    if (format.colorFamily == cfGray)
        return reformat(host, clip, gray, color);
    const Node luma = shuffle(host, {{&clip, 0}}, cfGray);
    return reformat(host, luma, gray, color);
}

Node with_chroma(const Host &host, const Node &luma, const Node &clip, const Color &color) {
    const VSVideoInfo &size = host.info(luma);
    const VSVideoInfo &from = host.info(clip);
    const Node plane = reformat(
        host, luma, make_format(host, cfGray, from.format.sampleType, from.format.bitsPerSample), color);
    if (size.width == from.width && size.height == from.height)
        return shuffle(host, {{&plane, 0}, {&clip, 1}, {&clip, 2}}, cfYUV);
    Call call = resize(host);
    const Node input = resize_input(host, clip, false);
    call.node("clip", size.height == from.height ? share(input) : progressive(host, input));
    call.integer("width", size.width).integer("height", size.height);
    read_by(call, from.format, color);
    const Node enlarged = call.run();
    return shuffle(host, {{&plane, 0}, {&enlarged, 1}, {&enlarged, 2}}, cfYUV);
}

} // namespace vsmlrt::vs
