#include "vs/exact_clips.h"

#include "base/error.h"
#include "vs/model_arguments.h"
#include "vs/old_names/stated_precision.h"

namespace vsmlrt::vs {
namespace {

// Float planes of full size, as many as the network has channels.
void check_planes(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                  int channels) {
    for (const char *name : {"format", "matrix", "range", "yuv_to_rgb"})
        if (arguments.has(name))
            throw BadArgument("with \"exact\" nothing is converted, and \"", name,
                              "\" is about a conversion; leave one of them out");
    int planes = 0;
    for (const Node &clip : clips) {
        const VSVideoFormat &format = host.info(clip).format;
        if (format.sampleType != stFloat || format.subSamplingW != 0 || format.subSamplingH != 0)
            throw BadArgument(
                "with \"exact\" clips must be of half or float samples without subsampling; got ",
                host.format_name(format), " (convert it with resize)");
        planes += format.numPlanes;
    }
    if (planes != channels)
        throw BadArgument("the network takes ", channels, " channel(s), and the clips have ", planes,
                          " plane(s), each of which is fed as one");
}

// Without a word about the precision a network stands for an engine, which takes frames of the
// samples that it is built for and no others.
void check_engine(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                  const model::Network &network) {
    if (arguments.has("precision") || arguments.has("fp16") || network.inputs.empty())
        return;
    const bool takes_half = network.inputs.front().type == Element::f16;
    for (const Node &clip : clips)
        if (is_half(host, clip) != takes_half)
            throw BadArgument("the network takes ", takes_half ? "half" : "32-bit float",
                              " samples, and a clip is ", host.format_name(host.info(clip).format),
                              "; convert it with resize, or give a network ", "that is built for it");
}

} // namespace

void check_exact_clips(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                       const model::Network &network, int channels) {
    check_planes(host, arguments, clips, channels);
    check_engine(host, arguments, clips, network);
}

vsmlrt_precision exact_precision(vsmlrt_precision asked, const model::Network &network) {
    if (asked != VSMLRT_PRECISION_AUTO)
        return asked;
    const auto stated = network.metadata.find(stated_precision);
    for (const auto precision : {VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16})
        if (stated != network.metadata.end() && stated->second == engine::precision_name(precision))
            return precision;
    return VSMLRT_PRECISION_FP32;
}

} // namespace vsmlrt::vs
