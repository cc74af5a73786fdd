// core.mlrt.Model: from arguments to nodes.
#include "base/error.h"
#include "engine/able_backend.h"
#include "vs/arguments.h"
#include "vs/convert.h"
#include "vs/exact_clips.h"
#include "vs/flow_scale.h"
#include "vs/frame_filter.h"
#include "vs/functions.h"
#include "vs/model_arguments.h"
#include "vs/model_filter.h"
#include "vs/outer_filter.h"
#include "vs/pictures.h"
#include "vs/properties.h"
#include "vs/read_frame.h"

#include <algorithm>

namespace vsmlrt::vs {
namespace {

std::optional<model::Padding> read_padding(const Arguments &arguments) {
    const auto given = arguments.data("padding");
    if (!given)
        return {};
    if (*given == "mirror")
        return model::Padding::mirror;
    if (*given == "edge")
        return model::Padding::edge;
    if (*given == "zero")
        return model::Padding::zero;
    throw BadArgument("\"padding\" must be mirror, edge or zero; got \"", *given, "\"");
}

// Frame properties are named like variables; VapourSynth ends the process over a property that cannot be
// stored.
std::string read_flexible_prop(const Arguments &arguments) {
    const auto name = arguments.data("flexible_output_prop");
    if (!name)
        return {};
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto accepted = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    if (name->empty() || !letter(name->front()) || !std::ranges::all_of(*name, accepted))
        throw BadArgument(
            "\"flexible_output_prop\" must be a property's name: letters, digits and underscores, no "
            "digit first; got \"",
            *name, "\"");
    return *name;
}

engine::SessionOptions read_options(const Arguments &arguments) {
    engine::SessionOptions options = read_session_options(arguments);
    options.tile = read_size(arguments, "tilesize");
    options.overlap = read_size(arguments, "overlap").value_or(engine::PictureSize{});
    if (!options.tile && (options.overlap.width > 0 || options.overlap.height > 0))
        throw BadArgument("\"overlap\" is of tiles, and \"tilesize\" is not given; give it as well, or leave "
                          "\"overlap\" out");
    options.scale = arguments.integer("scale");
    options.padding = read_padding(arguments);
    return options;
}

// Everything between the arguments and the last node.
class Builder {
public:
    Builder(const Host &host, const Arguments &arguments)
        : host_(host), arguments_(arguments), clips_(arguments.nodes("clips")),
          flexible_(read_flexible_prop(arguments)), exact_(arguments.flag("exact", false)) {
        check_clips(host_, clips_);
        if (!flexible_.empty() && arguments.has("format"))
            throw BadArgument(
                "with \"flexible_output_prop\" each channel is a float GRAY frame of its own; leave "
                "\"format\" out (\"output_format\" chooses fp32 or fp16)");
        format_ = host_.info(clips_.front()).format;
        engine::OpenedNetwork network = open_network();
        const model::Card card = network.card;
        if (exact_)
            check_exact_clips(host_, arguments_, clips_, network.loaded.network, card.channels);
        const std::vector<model::Value> &outputs = network.loaded.network.outputs;
        keeps_half_ = exact_ && !outputs.empty() && outputs.front().type == Element::f16;
        keep_yuv_ = exact_ || keeps_yuv(host_, arguments_, clips_);
        picture_ = first_picture(host_, clips_, card.channels, keep_yuv_);
        take_colors();
        engine::SessionOptions options = read_options(arguments_);
        if (exact_)
            options.program.precision = exact_precision(options.program.precision, network.loaded.network);
        options.program.half_outputs =
            keeps_half_ || gives_half(host_, arguments_, format_, picture_ == Picture::yuv);
        NetworkSource networks(std::move(network), [this] { return open_network(); });
        session_ = engine::on_able_backend(options, [&](engine::Devices devices) {
            frames_ = choose_frames(card.output_channels, devices);
            return make_session(networks.take(), options, std::move(devices));
        });
    }

    void build(VSMap &out) {
        const VSVideoFormat final_format = output_format(session_->output_channels());
        say_unused_color(host_, arguments_, clips_, final_format);
        if (format_.colorFamily == cfYUV && final_format.colorFamily == cfRGB && flexible_.empty() && !exact_)
            require_matrix(colors_.front());
        Node result = frames_ ? make_frames(final_format) : make_result(final_format);
        OuterFilterOptions options;
        options.find_repeats = arguments_.flag("dedup", true);
        if (!exact_)
            options.changed_meaning = changed_meaning(format_, final_format);
        options.flexible_prop = flexible_;
        options.flexible_planes = flexible_.empty() ? 0 : session_->output_channels();
        if (!exact_)
            options.colors = colors_;
        const Node outer = OuterFilter::make(
            host_, std::make_unique<OuterFilter>(std::move(clips_), std::move(result), std::move(options)));
        host_.api->mapSetNode(&out, "clip", outer.get(), maReplace);
        if (!flexible_.empty())
            host_.api->mapSetInt(&out, "num_planes", session_->output_channels(), maReplace);
    }

    // Of a frame of the clip: what a kernel takes, and a card at its power limit, depends on what it reads.
    void time_layers(VSMap &out) {
        session_->check_times_layers();
        const Map built = own(host_.api->createMap(), host_.api);
        build(*built);
        const Node clip = own(host_.api->mapGetNode(built.get(), "clip", 0, nullptr), host_.api);
        compute_to_time(host_, clip, 0);
        set_layers(host_, session_->time_layers(), out);
    }

private:
    [[nodiscard]] engine::OpenedNetwork open_network() const {
        engine::OpenedNetwork network = read_network(arguments_);
        if (const double scale = read_flow_scale(arguments_, "flow_scale"); scale != 1)
            set_flow_scale(network, scale);
        return network;
    }

    // Luma alone and planes as they are do not depend on the matrix, and luma not on where chroma lies.
    void take_colors() {
        for (std::size_t i = 0; i < clips_.size(); ++i) {
            const Picture picture = picture_of_clip(i);
            const ColorNeeds needs = {.matrix = picture == Picture::rgb,
                                      .chroma_location = picture != Picture::gray};
            colors_.push_back(exact_ ? Color()
                                     : take_color(host_, clips_[i], arguments_.integer("matrix"),
                                                  arguments_.integer("range"), needs));
        }
    }

    [[nodiscard]] std::shared_ptr<engine::Session>
    make_session(engine::OpenedNetwork network, engine::SessionOptions options, engine::Devices devices) {
        if (!frames_)
            make_planes();
        const std::vector<Node> &fed = frames_ ? clips_ : planes_;
        if (std::all_of(fed.begin(), fed.end(), [&](const Node &clip) { return enters_as_half(clip); }))
            options.program.half_inputs = engine::HalfInputs::always;
        const VSVideoInfo &info = host_.info(clips_.front());
        return std::make_shared<engine::Session>(std::move(network), options,
                                                 engine::PictureSize{info.width, info.height},
                                                 std::move(devices), frames_);
    }

    [[nodiscard]] VSVideoFormat output_format(int channels) const {
        if (!flexible_.empty())
            return float_format(host_, 1, result_bits());
        if (channels != 1 && channels != 3)
            throw Unsupported("the network gives ", channels,
                              " channels; 1 and 3 make a clip, and "
                              "\"flexible_output_prop\" takes any number");
        if (exact_)
            return float_format(host_, channels, result_bits());
        if (gives_yuv() && arguments_.has("output_format") && !arguments_.has("format"))
            return planes_format(float_bits(arguments_, format_));
        if (const auto given = asked_format(host_, arguments_, channels, format_))
            return *given;
        if (keeps_kind(channels))
            return format_;
        return float_format(host_, channels, float_bits(arguments_, format_));
    }

    [[nodiscard]] int result_bits() const { return keeps_half_ ? 16 : float_bits(arguments_, format_); }

    // Whether the network's result can be of the first clip's kind. One channel made of colours (a mask) is
    // GRAY; made of luma alone it takes the clip's chroma along.
    [[nodiscard]] bool keeps_kind(int channels) const {
        const bool gray = format_.colorFamily == cfGray;
        if (channels == 3)
            return picture_ != Picture::gray || !gray;
        return picture_ == Picture::gray || gray;
    }

    // Whether the network's three channels are the planes of YUV.
    [[nodiscard]] bool gives_yuv() const {
        return !exact_ && flexible_.empty() && picture_ == Picture::yuv && session_->output_channels() == 3;
    }

    // Of the frames that the network's channels become.
    [[nodiscard]] VSVideoFormat planes_format(int bits) const {
        if (gives_yuv())
            return make_format(host_, cfYUV, stFloat, bits);
        return float_format(host_, flexible_.empty() ? session_->output_channels() : 1, bits);
    }

    // Half samples that a network reads as they are: not where a device makes RGB or luma of YUV.
    [[nodiscard]] bool enters_as_half(const Node &clip) const {
        return is_half(host_, clip) && !(frames_ && host_.info(clip).format.colorFamily == cfYUV);
    }

    [[nodiscard]] Picture picture_of_clip(std::size_t i) const {
        if (i == 0)
            return picture_;
        const VSVideoFormat &format = host_.info(clips_[i]).format;
        return format.colorFamily == cfGray ? Picture::gray : three_channels(format, keep_yuv_);
    }

    // How the clips cross the backend's door as they are; nothing where the host has to convert.
    [[nodiscard]] std::optional<engine::FrameFormats> choose_frames(int output_channels,
                                                                    const engine::Devices &devices) const {
        if (converts_on_host(arguments_) || !flexible_.empty() || output_channels == 0)
            return {};
        engine::FrameFormats frames;
        for (std::size_t i = 0; i < clips_.size(); ++i) {
            const Picture picture = picture_of_clip(i);
            if (picture == Picture::yuv || !is_plain(host_, clips_[i]))
                return {};
            const int channels = picture == Picture::gray ? 1 : 3;
            frames.inputs.push_back(frame_input(host_.info(clips_[i]), colors_[i], channels));
        }
        const VSVideoFormat result = output_format(output_channels);
        frames.output_channels = output_channels;
        frames.output = frame_format(result, colors_.front());
        frames.limit = result.sampleType != stFloat || result.colorFamily == cfYUV;
        if (!engine::accept_frames(devices, frames))
            return {};
        return frames;
    }

    void make_planes() {
        planes_.clear();
        for (std::size_t i = 0; i < clips_.size(); ++i)
            planes_.push_back(to_planes(host_, clips_[i], picture_of_clip(i), colors_[i]));
    }

    [[nodiscard]] Node make_frames(const VSVideoFormat &final_format) {
        std::vector<Node> clips;
        for (const Node &clip : clips_)
            clips.push_back(share(clip));
        return FrameFilter::make(
            host_, std::make_unique<FrameFilter>(host_, std::move(clips), session_,
                                                 FrameFilterOptions{final_format, colors_.front()}));
    }

    [[nodiscard]] Node make_result(const VSVideoFormat &final_format) {
        const Node inner = make_inner(final_format);
        return flexible_.empty() ? to_result(inner, final_format) : share(inner);
    }

    [[nodiscard]] Node make_inner(const VSVideoFormat &final_format) {
        ModelFilterOptions options;
        const bool float_result =
            final_format.sampleType == stFloat && (final_format.colorFamily != cfYUV || gives_yuv());
        options.format = planes_format(float_result ? final_format.bitsPerSample : 32);
        options.limit = !float_result;
        options.flexible_prop = flexible_;
        options.keeps_properties = exact_;
        return ModelFilter::make(host_, std::make_unique<ModelFilter>(std::move(planes_), session_, options));
    }

    [[nodiscard]] Node to_result(const Node &inner, const VSVideoFormat &final_format) const {
        const Color &color = colors_.front();
        const bool luma_only = session_->output_channels() == 1 && picture_ == Picture::gray &&
                               format_.colorFamily == cfYUV && final_format.colorFamily != cfGray;
        if (luma_only)
            return reformat(host_, with_chroma(host_, inner, clips_.front(), color), final_format, color);
        return reformat(host_, inner, final_format, color);
    }

    Host host_;
    const Arguments &arguments_;
    std::vector<Node> clips_;
    std::vector<Node> planes_; // what the network is fed
    std::string flexible_;
    bool exact_ = false;      // planes are channels, and frame properties stay the first clip's
    bool keeps_half_ = false; // with "exact": the file's result is float16, and so is the clip's
    VSVideoFormat format_ = {};
    bool keep_yuv_ = false;
    Picture picture_ = Picture::rgb;
    std::vector<Color> colors_;
    std::optional<engine::FrameFormats> frames_; // as they cross the backend's door; absent: as planes
    std::shared_ptr<engine::Session> session_;
};

} // namespace

const char *const model_arguments = "clips:vnode[];"
                                    "network_path:data;"
                                    "overlap:int[]:opt;"
                                    "tilesize:int[]:opt;"
                                    "backend:data:opt;"
                                    "device:data:opt;"
                                    "device_id:int[]:opt;"
                                    "num_streams:int:opt;"
                                    "num_threads:int:opt;"
                                    "precision:data:opt;"
                                    "fp16:int:opt;"
                                    "bf16:int:opt;"
                                    "force_fp16:int:opt;"
                                    "fp16_blacklist_ops:data[]:opt;"
                                    "format:int:opt;"
                                    "conversion:data:opt;"
                                    "exact:int:opt;"
                                    "output_format:int:opt;"
                                    "matrix:int:opt;"
                                    "range:int:opt;"
                                    "yuv_to_rgb:int:opt;"
                                    "multiple:int:opt;"
                                    "padding:data:opt;"
                                    "scale:int:opt;"
                                    "flow_scale:float:opt;"
                                    "dedup:int:opt;"
                                    "flexible_output_prop:data:opt;"
                                    "path_is_serialization:int:opt;"
                                    "static_shape:int:opt;"
                                    "min_shapes:int[]:opt;"
                                    "opt_shapes:int[]:opt;"
                                    "max_shapes:int[]:opt;"
                                    "engine_folder:data:opt;"
                                    "options:data[]:opt;";

void model(const Host &host, const VSMap &in, VSMap &out) {
    note_taken_names(host);
    const Arguments arguments(host, in);
    Builder(host, arguments).build(out);
}

void layers(const Host &host, const VSMap &in, VSMap &out) {
    const Arguments arguments(host, in);
    Builder(host, arguments).time_layers(out);
}

} // namespace vsmlrt::vs
