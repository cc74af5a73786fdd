// Arguments are read and checked in one place for all functions that run a
// network, so that a name means the same in each and is refused in the same words.
#include "vs/model_arguments.h"

#include "base/error.h"
#include "base/log.h"
#include "base/path.h"
#include "vs/convert.h"

#include <algorithm>

namespace vsmlrt::vs {
namespace {

std::string size_text(const VSVideoInfo &info) {
    return text(info.width, "x", info.height);
}

// force_fp16 asks for fp16 as well, as in vs-mlrt.
vsmlrt_precision read_precision(const Arguments &arguments) {
    const bool forced = arguments.flag("force_fp16", false);
    const bool fp16 = arguments.flag("fp16", false) || forced;
    const bool bf16 = arguments.flag("bf16", false);
    const char *switch_name = forced ? "force_fp16" : fp16 ? "fp16" : "bf16";
    const auto given = arguments.data("precision");
    if (fp16 && bf16)
        throw BadArgument("\"", switch_name, "\" and \"bf16\" are two precisions; give one of them");
    if ((fp16 || bf16) && given && *given != "auto" && *given != (fp16 ? "fp16" : "bf16"))
        throw BadArgument("\"precision\" is ", *given, " and \"", switch_name, "\" is set; give one of them");
    if (fp16 || bf16)
        return fp16 ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_BF16;
    for (const auto precision : {VSMLRT_PRECISION_AUTO, VSMLRT_PRECISION_FP32, VSMLRT_PRECISION_TF32,
                                 VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16})
        if (given.value_or("auto") == engine::precision_name(precision))
            return precision;
    if (*given == "fp8") // docs/decisions/0041
        throw Unsupported(
            "\"precision\" fp8 is refused, since no network that was measured keeps 45 dB to its fp32 "
            "result (Real-ESRGAN 42, Real-CUGAN 41, waifu2x 28 dB); use fp16");
    throw BadArgument("\"precision\" must be auto, fp32, tf32, fp16 or bf16; got \"", *given, "\"");
}

std::vector<std::pair<std::string, std::string>> read_properties(const Arguments &arguments) {
    std::vector<std::pair<std::string, std::string>> properties;
    for (const std::string &option : arguments.all_data("options")) {
        const auto equals = option.find('=');
        if (equals == std::string::npos || equals == 0)
            throw BadArgument("\"options\" must be \"key=value\" strings; got \"", option, "\"");
        properties.emplace_back(option.substr(0, equals), option.substr(equals + 1));
    }
    return properties;
}

using Operators = std::set<std::string>;

// Operators that the fp16 rewrite keeps in fp32; nothing where its own list is to be used.
std::optional<Operators> read_kept_operators(const Arguments &arguments, vsmlrt_precision precision) {
    const bool none = arguments.flag("force_fp16", false);
    if (!arguments.has("fp16_blacklist_ops"))
        return none ? std::optional(Operators()) : std::nullopt;
    if (none)
        throw BadArgument("\"force_fp16\" keeps no operator in fp32 and \"fp16_blacklist_ops\" names some; "
                          "give one of them");
    if (precision != VSMLRT_PRECISION_FP16 && precision != VSMLRT_PRECISION_AUTO)
        throw BadArgument("\"fp16_blacklist_ops\" belongs to fp16, and the precision is ",
                          engine::precision_name(precision), "; leave it out or set fp16=1");
    const auto kept = arguments.all_data("fp16_blacklist_ops");
    return Operators(kept.begin(), kept.end());
}

} // namespace

void check_clips(const Host &host, const std::vector<Node> &clips) {
    const VSVideoInfo &first = host.info(clips.front());
    for (const Node &clip : clips) {
        const VSVideoInfo &info = host.info(clip);
        if (info.format.colorFamily == cfUndefined || info.width <= 0 || info.height <= 0)
            throw BadArgument(
                "clips of constant format and size are accepted; got one whose format or size varies "
                "from frame to frame (make it constant with resize)");
        if (!is_accepted(info.format))
            throw BadArgument("clips must be ", accepted_formats, "; got ", host.format_name(info.format));
        if (info.width != first.width || info.height != first.height)
            throw BadArgument("all clips must be of one size; got ", size_text(first), " and ",
                              size_text(info));
        if (info.numFrames != first.numFrames)
            throw BadArgument("all clips must be of one length; got ", first.numFrames, " and ",
                              info.numFrames, " frames");
    }
}

void say_unused_color(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                      const VSVideoFormat &result) {
    const auto say = [&](const char *name, const char *what, auto is_read_by) {
        const auto of_clip = [&](const Node &clip) { return is_read_by(host.info(clip).format); };
        if (arguments.has(name) && !is_read_by(result) && std::none_of(clips.begin(), clips.end(), of_clip))
            log_once(LogLevel::warning,
                     text("\"", name, "\" has no effect: it says what the samples of ", what,
                          " mean, and neither a clip (", host.format_name(host.info(clips.front()).format),
                          ") nor the result (", host.format_name(result), ") is that"));
    };
    say("matrix", "YUV", [](const VSVideoFormat &format) { return format.colorFamily == cfYUV; });
    say("range", "YUV and of integer GRAY", has_color_choice);
}

std::optional<engine::PictureSize> read_size(const Arguments &arguments, const char *name) {
    const std::vector<int> values = arguments.integers(name);
    if (values.empty())
        return {};
    if (values.size() > 2)
        throw BadArgument("\"", name, "\" must be one number or width and height; got ", values.size(),
                          " numbers");
    return engine::PictureSize{values.front(), values.back()};
}

engine::SessionOptions read_session_options(const Arguments &arguments) {
    engine::SessionOptions options;
    options.backend = arguments.data("backend").value_or("auto");
    options.device = arguments.data("device").value_or("");
    if (arguments.has("device") && arguments.has("device_id"))
        throw BadArgument("\"device\" and \"device_id\" both name a device; give one of them");
    if (arguments.has("device_id"))
        options.device_ids = arguments.integers("device_id");
    options.program.precision = read_precision(arguments);
    options.program.num_streams = arguments.integer("num_streams").value_or(0);
    options.program.frames_in_flight = arguments.host_threads();
    options.program.num_threads = arguments.integer("num_threads").value_or(0);
    options.program.properties = read_properties(arguments);
    options.program.keep_fp32 = read_kept_operators(arguments, options.program.precision);
    options.program.plan_folder = path_of(arguments.data("engine_folder").value_or(""));
    options.shapes = {arguments.flag("static_shape", true), read_size(arguments, "min_shapes"),
                      read_size(arguments, "opt_shapes"), read_size(arguments, "max_shapes")};
    options.multiple = arguments.integer("multiple");
    return options;
}

engine::OpenedNetwork read_network(const Arguments &arguments) {
    const std::string path = *arguments.data("network_path");
    if (path.empty())
        throw BadArgument("\"network_path\" must name an .onnx or .param file; got an empty text");
    if (!arguments.flag("path_is_serialization", false))
        return engine::open_network(path_of(path));
    return engine::open_network(std::as_bytes(std::span(path)), "network");
}

bool converts_on_host(const Arguments &arguments) {
    const std::string given = arguments.data("conversion").value_or("auto");
    if (given != "auto" && given != "host")
        throw BadArgument("\"conversion\" must be auto (on the device where it can) or host; got \"", given,
                          "\"");
    return given == "host";
}

VSVideoFormat float_format(const Host &host, int channels, int bits) {
    return make_format(host, channels == 1 ? cfGray : cfRGB, stFloat, bits);
}

int float_bits(const Arguments &arguments, const VSVideoFormat &format) {
    const auto given = arguments.integer("output_format");
    if (given && *given != 0 && *given != 1)
        throw BadArgument("\"output_format\" must be 0 (fp32) or 1 (fp16); got ", *given);
    if (given)
        return *given == 1 ? 16 : 32;
    return format.sampleType == stFloat && format.bitsPerSample == 16 ? 16 : 32;
}

bool is_half(const Host &host, const Node &clip) {
    const VSVideoFormat &format = host.info(clip).format;
    return format.sampleType == stFloat && format.bitsPerSample == 16;
}

bool gives_half(const Host &host, const Arguments &arguments, const VSVideoFormat &format, bool gives_yuv) {
    const auto given = arguments.integer("format");
    const VSVideoFormat result = given ? format_by_id(host, *given) : format;
    if (given || !arguments.has("output_format"))
        return (result.colorFamily != cfYUV || gives_yuv) && result.sampleType == stFloat &&
               result.bitsPerSample == 16;
    return float_bits(arguments, format) == 16;
}

std::optional<VSVideoFormat> asked_format(const Host &host, const Arguments &arguments, int channels,
                                          const VSVideoFormat &format) {
    const auto given = arguments.integer("format");
    if (given && arguments.has("output_format"))
        throw BadArgument("\"format\" and \"output_format\" both say what the result is; give one of them");
    if (given)
        return format_by_id(host, *given);
    if (arguments.has("output_format"))
        return float_format(host, channels, float_bits(arguments, format));
    return {};
}

void set_layers(const Host &host, const engine::NetworkTime &network, VSMap &out) {
    const auto add = [&](const char *key, const std::string &value) {
        host.api->mapSetData(&out, key, value.data(), static_cast<int>(value.size()), dtUtf8, maAppend);
    };
    const auto add_number = [&](const char *key, double value) {
        host.api->mapSetFloat(&out, key, value, maAppend);
    };
    add_number("network_milliseconds", network.milliseconds);
    for (const engine::LayerTime &time : network.layers) {
        add("layers", time.layers);
        add("kernel", time.kernel);
        add_number("milliseconds", time.milliseconds);
        add_number("operations", time.operations);
        add_number("bytes", time.bytes);
        add_number("operations_rate", time.operations_rate);
        add_number("bytes_rate", time.bytes_rate);
    }
}

} // namespace vsmlrt::vs
