#include "vs/pictures.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::vs {
namespace {

int channels_of(const VSVideoFormat &format) {
    return format.colorFamily == cfGray ? 1 : 3;
}

} // namespace

bool keeps_yuv(const Host &host, const Arguments &arguments, const std::vector<Node> &clips) {
    const bool to_rgb = arguments.flag("yuv_to_rgb", true);
    const auto is_yuv = [&](const Node &clip) { return host.info(clip).format.colorFamily == cfYUV; };
    if (arguments.has("yuv_to_rgb") && std::none_of(clips.begin(), clips.end(), is_yuv))
        throw BadArgument(
            "\"yuv_to_rgb\" says how YUV clips enter the network, and none of the clips is YUV; "
            "leave it out");
    return !to_rgb;
}

Picture three_channels(const VSVideoFormat &format, bool keep_yuv) {
    return keep_yuv && format.colorFamily == cfYUV ? Picture::yuv : Picture::rgb;
}

Picture first_picture(const Host &host, const std::vector<Node> &clips, int channels, bool keep_yuv) {
    int others = 0;
    for (std::size_t i = 1; i < clips.size(); ++i)
        others += channels_of(host.info(clips[i]).format);
    const VSVideoFormat &format = host.info(clips.front()).format;
    const int wanted = channels - others;
    if (wanted == 3)
        return three_channels(format, keep_yuv);
    if (wanted == 1 && format.colorFamily != cfRGB)
        return Picture::gray;
    std::vector<std::string> given;
    for (const Node &clip : clips)
        given.push_back(host.format_name(host.info(clip).format));
    throw BadArgument("the network takes ", channels, " channel(s), and the clips (", join(given, ", "),
                      ") give ", others + channels_of(format),
                      "; an RGB or YUV clip gives 3 and a GRAY clip 1");
}

} // namespace vsmlrt::vs
