// core.mlrt.Interpolate: from arguments to nodes.
#include "base/checked.h"
#include "base/error.h"
#include "engine/able_backend.h"
#include "model/interpolator.h"
#include "vs/arguments.h"
#include "vs/convert.h"
#include "vs/flow_scale.h"
#include "vs/frame_duration.h"
#include "vs/functions.h"
#include "vs/interpolate_filter.h"
#include "vs/interpolate_schedule.h"
#include "vs/model_arguments.h"
#include "vs/pair_filter.h"
#include "vs/pair_frame_filter.h"
#include "vs/properties.h"
#include "vs/read_frame.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vsmlrt::vs {
namespace {

using Role = model::InterpolatorRole;

double read_threshold(const Arguments &arguments) {
    const double threshold = arguments.real("scene_threshold").value_or(0);
    if (!(threshold >= 0 && threshold <= 1))
        throw BadArgument("\"scene_threshold\" must be 0 (no detector) to 1; got ", threshold);
    return threshold;
}

// Accepted only to say why there are none.
void refuse_tiles(const Arguments &arguments) {
    for (const char *name : {"tiles", "tilesize", "overlap"})
        if (arguments.has(name))
            throw BadArgument("\"", name,
                              "\" is not accepted: frame interpolation is not computed in tiles, because "
                              "motion across a tile's edge would tear the picture; leave it out (one "
                              "stream takes the least memory)");
}

// A network, what its channels hold, and the flow scale that its input of that name is given.
struct Interpolator {
    engine::OpenedNetwork network;
    std::vector<Role> roles;
    double scale = 1;

    [[nodiscard]] bool has(Role role) const {
        return std::find(roles.begin(), roles.end(), role) != roles.end();
    }
};

Interpolator read_interpolator(const Arguments &arguments) {
    Interpolator result{read_network(arguments), {}, read_flow_scale(arguments, "scale")};
    result.roles = model::interpolator_channels(result.network.loaded.network);
    if (result.scale != 1 && !result.has(Role::flow_scale))
        set_flow_scale(result.network, result.scale);
    return result;
}

// Argument, else what the network's metadata states, else what inspection finds; the 11-channel form is made
// for multiples of 32 / scale also where smaller ones run.
int multiple_of(const Interpolator &interpolator, std::optional<int> asked) {
    if (asked)
        return *asked;
    const int found = interpolator.network.card.multiple;
    const bool stated = interpolator.network.loaded.network.metadata.count("vsmlrt.multiple") != 0;
    if (stated || !interpolator.has(Role::column))
        return found;
    return std::lcm(found, static_cast<int>(std::lround(grid_form_multiple / interpolator.scale)));
}

class Builder {
public:
    Builder(const Host &host, const Arguments &arguments)
        : host_(host), arguments_(arguments), clip_(std::move(arguments.nodes("clip").front())) {
        refuse_tiles(arguments_);
        check_clip();
        schedule_ = std::make_shared<timeline::Schedule>(read_schedule(host_, arguments_, clip_));
        Interpolator interpolator = read_interpolator(arguments_);
        roles_ = interpolator.roles;
        scale_ = interpolator.scale;
        options_.scene_threshold = read_threshold(arguments_);
        options_.color = take_color(host_, clip_, arguments_.integer("matrix"), arguments_.integer("range"));
        make_session(std::move(interpolator));
    }

    void build(VSMap &out) {
        const VSVideoFormat &from = host_.info(clip_).format;
        const VSVideoFormat to = result_format();
        if (options_.scene_threshold == 0) // whose luma of RGB is made by them
            say_unused_color(host_, arguments_, only_clip(), to);
        InterpolateFilter::Nodes nodes;
        nodes.between = make_between(to);
        nodes.stills = make_stills(to);
        if (options_.scene_threshold > 0)
            nodes.luma = reformat(host_, clip_, make_format(host_, cfGray, stInteger, 8), options_.color);
        nodes.clip = share(clip_);
        options_.find_repeats = arguments_.flag("dedup", true);
        options_.changed_meaning = changed_meaning(from, to);
        options_.interval = frame_interval(host_.info(clip_));
        options_.result_rate = result_rate();
        const Node node = InterpolateFilter::make(
            host_, std::make_unique<InterpolateFilter>(std::move(nodes), schedule_, options_));
        host_.api->mapSetNode(&out, "clip", node.get(), maReplace);
    }

    // Of the first frame between two: what a kernel takes, and a card at its power limit, depends on what it
    // reads.
    void time_layers(VSMap &out) {
        session_->check_times_layers();
        const int frames = schedule_->source_frames();
        int first = 0;
        while (first < schedule_->frames() && !timeline::has_pair(schedule_->at(first), frames))
            ++first;
        if (first == schedule_->frames())
            throw BadArgument(
                "every frame asked for is one of the clip, and the network would not run; ask for "
                "more with \"multi\" or \"fps_num\"");
        compute_to_time(host_, make_between(result_format()), first);
        set_layers(host_, session_->time_layers(), out);
    }

private:
    [[nodiscard]] std::vector<Node> only_clip() const {
        std::vector<Node> clips;
        clips.push_back(share(clip_));
        return clips;
    }

    void check_clip() const {
        check_clips(host_, only_clip());
        if (host_.info(clip_).numFrames < 2)
            throw BadArgument(
                "a clip of two frames or more is accepted, since frames are made between two; got ",
                host_.info(clip_).numFrames);
    }

    void make_session(Interpolator interpolator) {
        const VSVideoInfo &info = host_.info(clip_);
        engine::SessionOptions options = read_session_options(arguments_);
        options.whole_frames = true;
        // Half is too coarse for a grid of coordinates, and for a timestep that is computed with in fp32.
        const bool coordinates = interpolator.has(Role::row) || interpolator.has(Role::column);
        if (is_half(host_, to_planes(host_, clip_, Picture::rgb, options_.color)) && !coordinates)
            options.program.half_inputs = engine::HalfInputs::where_computed_in_half;
        options.program.half_outputs = gives_half(host_, arguments_, info.format);
        options.multiple = multiple_of(interpolator, options.multiple);
        const engine::PictureSize size{info.width, info.height};
        const engine::PictureSize tile = engine::frame_tile(interpolator.network.card, options, size);
        NetworkSource networks(std::move(interpolator.network),
                               [this] { return read_interpolator(arguments_).network; });
        session_ = engine::on_able_backend(options, [&](engine::Devices devices) {
            frames_ = choose_frames(tile, devices);
            return std::make_shared<engine::Session>(networks.take(), options, size, std::move(devices),
                                                     frames_);
        });
        if (session_->scale() != 1 || session_->height_scale() != 1 || session_->output_channels() != 3)
            throw BadModel(
                "the network gives ", session_->output_channels(), " channel(s) of ", session_->scale(),
                "x the size, and is not an interpolator; one RGB frame of the same size is accepted");
    }

    [[nodiscard]] VSVideoFormat result_format() const {
        const VSVideoFormat &from = host_.info(clip_).format;
        return asked_format(host_, arguments_, 3, from).value_or(from);
    }

    // How frames cross the backend's door as they are; nothing where the host has to convert. `padded`: what
    // the network reads of a frame.
    [[nodiscard]] std::optional<engine::FrameFormats> choose_frames(engine::PictureSize padded,
                                                                    const engine::Devices &devices) const {
        if (converts_on_host(arguments_) || !is_plain(host_, clip_))
            return {};
        const PairInputs inputs(roles_, padded, static_cast<float>(scale_));
        auto formats = inputs.frame_inputs(frame_input(host_.info(clip_), options_.color, 3));
        if (!formats)
            return {};
        const VSVideoFormat result = result_format();
        engine::FrameFormats frames;
        frames.inputs = std::move(*formats);
        frames.output_channels = 3;
        frames.output = frame_format(result, options_.color);
        frames.limit = result.sampleType != stFloat || result.colorFamily == cfYUV;
        if (!engine::accept_frames(devices, frames))
            return {};
        return frames;
    }

    [[nodiscard]] Node make_frame_pairs(const VSVideoFormat &to) const {
        PairInputs inputs(roles_, session_->tile(), static_cast<float>(scale_));
        return PairFrameFilter::make(
            host_, std::make_unique<PairFrameFilter>(host_, PairSource(share(clip_), schedule_), session_,
                                                     std::move(inputs),
                                                     PairFrameFilter::Options{to, options_.color}));
    }

    [[nodiscard]] Node make_pairs(const VSVideoFormat &to) const {
        const bool float_result = to.sampleType == stFloat && to.colorFamily != cfYUV;
        PairFilter::Options options;
        options.format = float_format(host_, 3, float_result ? to.bitsPerSample : 32);
        options.limit = !float_result;
        PairInputs inputs(roles_, session_->tile(), static_cast<float>(scale_));
        return PairFilter::make(
            host_, std::make_unique<PairFilter>(
                       PairSource(to_planes(host_, clip_, Picture::rgb, options_.color), schedule_), session_,
                       std::move(inputs), options));
    }

    [[nodiscard]] Node make_between(const VSVideoFormat &to) const {
        return frames_ ? make_frame_pairs(to) : reformat(host_, make_pairs(to), to, options_.color);
    }

    [[nodiscard]] Node make_stills(const VSVideoFormat &to) const {
        const VSVideoFormat &from = host_.info(clip_).format;
        if (from.colorFamily == cfGray && to.colorFamily == cfRGB)
            return reformat(host_, to_planes(host_, clip_, Picture::rgb, options_.color), to, options_.color);
        return reformat(host_, clip_, to, options_.color);
    }

    [[nodiscard]] timeline::Rational result_rate() const {
        if (arguments_.has("fps_num"))
            return timeline::reduced(*arguments_.integer("fps_num"),
                                     arguments_.integer("fps_den").value_or(1));
        if (!options_.interval)
            return {};
        return read_factor(arguments_) / *options_.interval;
    }

    Host host_;
    const Arguments &arguments_;
    Node clip_;
    std::shared_ptr<const timeline::Schedule> schedule_;
    std::vector<Role> roles_;
    double scale_ = 1;
    InterpolateFilterOptions options_;
    std::optional<engine::FrameFormats> frames_; // as they cross the backend's door; absent: as planes
    std::shared_ptr<engine::Session> session_;
};

} // namespace

const char *const interpolate_arguments = "clip:vnode;"
                                          "network_path:data;"
                                          "multi:int[]:opt;"
                                          "fps_num:int:opt;"
                                          "fps_den:int:opt;"
                                          "timestamps:int[]:opt;"
                                          "time_base:int[]:opt;"
                                          "scale:float:opt;"
                                          "scene_threshold:float:opt;"
                                          "dedup:int:opt;"
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
                                          "output_format:int:opt;"
                                          "matrix:int:opt;"
                                          "range:int:opt;"
                                          "multiple:int:opt;"
                                          "static_shape:int:opt;"
                                          "min_shapes:int[]:opt;"
                                          "opt_shapes:int[]:opt;"
                                          "max_shapes:int[]:opt;"
                                          "engine_folder:data:opt;"
                                          "options:data[]:opt;"
                                          "path_is_serialization:int:opt;"
                                          "tiles:int[]:opt;"
                                          "tilesize:int[]:opt;"
                                          "overlap:int[]:opt;";

void interpolate(const Host &host, const VSMap &in, VSMap &out) {
    const Arguments arguments(host, in);
    Builder(host, arguments).build(out);
}

void interpolate_layers(const Host &host, const VSMap &in, VSMap &out) {
    const Arguments arguments(host, in);
    Builder(host, arguments).time_layers(out);
}

} // namespace vsmlrt::vs
