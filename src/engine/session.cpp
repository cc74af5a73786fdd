// All checks and defaults are in front, when a filter is made. Frames then go straight
// through, but for results that are not finite, which an fp32 program computes once more, and for
// those on which one of several devices fails, which another one computes.
#include "engine/session.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/path.h"
#include "engine/layout.h"
#include "engine/registry.h"
#include "engine/streams.h"
#include "graph/inspect.h"
#include "graph/stated_sizes.h"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace vsmlrt::engine {
namespace {

// As each part of a session takes it.
model::Loaded prepared(model::Loaded loaded) {
    loaded.network = graph::release_stated_sizes(loaded.network);
    return loaded;
}

OpenedNetwork with_card(model::Loaded loaded) {
    OpenedNetwork network;
    loaded = prepared(std::move(loaded));
    network.card = graph::inspect(loaded.network, model::read_card(loaded.network));
    network.loaded = std::move(loaded);
    return network;
}

void check(const SessionOptions &options) {
    if (options.program.num_streams < 0 || options.program.num_streams > most_streams)
        throw BadArgument("\"num_streams\" must be 0 (as many as are fastest) to ", most_streams, "; got ",
                          options.program.num_streams);
    if (options.program.num_threads < 0 || options.program.num_threads > 1024)
        throw BadArgument("\"num_threads\" must be 0 (all) to 1024; got ", options.program.num_threads);
    if (options.whole_frames && options.tile)
        throw BadArgument("this network follows motion across the whole frame and cannot be cut into tiles; "
                          "leave \"tilesize\" out");
}

// What float16 rounds off is at most a quarter of a step of such samples.
bool is_coarser_than_half(const vsmlrt_frame_format &format) {
    return format.sample == VSMLRT_FLOAT ? format.bits == 16 : format.bits <= 10;
}

const char *type_name(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? "fp16" : "fp32";
}

} // namespace

OpenedNetwork open_network(const std::filesystem::path &path) {
    OpenedNetwork network = with_card(model::load_network(path));
    network.file = absolute_path(path);
    return network;
}

OpenedNetwork open_network(std::span<const std::byte> onnx, const std::string &name) {
    return with_card({model::read_network(onnx), content_hash(onnx), name});
}

PictureSize frame_tile(const model::Card &card, const SessionOptions &options, PictureSize frame) {
    const Layout layout = make_layout(card, options, frame);
    return {layout.tile.width, layout.tile.height};
}

Devices open_devices(const SessionOptions &options) {
    const Backend backend = find_backend(options.backend);
    if (std::set(options.device_ids.begin(), options.device_ids.end()).size() != options.device_ids.size())
        throw BadArgument("\"device_id\" names a device twice; got ", join(options.device_ids, ", "),
                          " (more streams on one device: num_streams)");
    if (!options.device.empty() && options.device_ids.size() > 1)
        throw BadArgument("\"device\" names one device and \"device_id\" several; give one of them");
    Devices devices;
    for (const int id : options.device_ids)
        devices.push_back(std::make_shared<Device>(backend, find_device(backend, options.device, id)));
    return devices;
}

bool accept_frames(const Devices &devices, const FrameFormats &formats) {
    return std::all_of(devices.begin(), devices.end(), [&](const std::shared_ptr<const Device> &device) {
        return device->accepts_frames(formats.inputs, formats.output_channels, formats.output);
    });
}

Session::Session(OpenedNetwork network, const SessionOptions &options, PictureSize frame, Devices devices,
                 std::optional<FrameFormats> frames)
    : network_(std::move(network)), stem_(network_.loaded.stem), options_(options),
      frames_(std::move(frames)) {
    check(options_);
    // Of what the host asks for each device gets its share.
    const int shares = std::max(static_cast<int>(devices.size()), 1);
    options_.program.frames_in_flight = (options_.program.frames_in_flight + shares - 1) / shares;
    if (frames_) {
        options_.program.narrow_inputs = true;
        options_.program.narrow_outputs = is_coarser_than_half(frames_->output);
    }
    layout_ = make_layout(network_.card, options_, frame);
    range_ = range_of_shapes();
    for (std::shared_ptr<const Device> &device : devices) {
        auto place = std::make_unique<Place>();
        place->runner = make_runner(device);
        place->device = std::move(device);
        places_.push_back(std::move(place));
    }
    if (options_.scale && (*options_.scale != scale() || *options_.scale != height_scale()))
        throw BadArgument("\"scale\" is ", *options_.scale, ", and the network \"", stem_, "\" enlarges by ",
                          scale());
    log(LogLevel::debug, summary());
}

// A network that is made for one size has no range, whatever is asked for.
ShapeRange Session::range_of_shapes() const {
    const model::Card &card = network_.card;
    if (card.fixed_width == 0 && card.fixed_height == 0)
        return make_shape_range(options_.shapes, layout_.tile, card.minimum,
                                options_.multiple.value_or(card.multiple));
    if (layout_.plan.columns.size() * layout_.plan.rows.size() > 1 && !options_.tile)
        log_once(LogLevel::warning,
                 text("the network \"", stem_, "\" is made for pictures of ", layout_.tile.width, "x",
                      layout_.tile.height, " alone: frames are computed in tiles of that size"));
    if (!options_.shapes.is_static)
        log_once(LogLevel::warning, text("static_shape=False has no effect: the network \"", stem_,
                                         "\" is made for pictures of one size"));
    return {layout_.tile, layout_.tile, layout_.tile};
}

std::unique_ptr<Runner> Session::make_runner(const std::shared_ptr<const Device> &device) {
    const int threads = options_.program.num_threads;
    int streams = options_.program.num_streams;
    if (streams == 0)
        streams = automatic_streams(device->info(), {options_.program.frames_in_flight, threads});
    auto program = build(device, streams);
    if (options_.program.num_streams == 0) {
        const int fitting = streams_within_memory(*program, contexts_info(*program, layout_, frames_),
                                                  streams, threads, blending_bytes());
        if (fitting != streams) {
            program.reset(); // before another one's weights are there
            program = build(device, streams = fitting);
        }
    }
    return std::make_unique<Runner>(std::move(program), layout_, streams, frames_,
                                    options_.program.half_outputs);
}

std::shared_ptr<const Program> Session::build(const std::shared_ptr<const Device> &device, int num_streams) {
    ProgramOptions options = options_.program;
    options.num_streams = num_streams;
    try {
        return build_program(device, take_network(), range_, options);
    } catch (const Unsupported &failure) {
        if (options_.backend == "auto")
            throw;
        throw Unsupported(failure.what(), "; backend auto takes one that can, if this machine has one");
    }
}

// Of one frame in flight, as far as the card tells.
std::int64_t Session::blending_bytes() const {
    if (!options_.program.half_outputs || frames_ || layout_.plan.single())
        return 0;
    const std::int64_t scale = options_.scale.value_or(network_.card.scale.value_or(1));
    return std::int64_t{layout_.width} * layout_.height * scale * scale *
           std::max(network_.card.output_channels, 1) * static_cast<std::int64_t>(sizeof(float));
}

model::Loaded Session::take_network() {
    if (network_.file.empty())
        return network_.loaded;
    if (!network_.loaded.network.nodes.empty())
        return {std::exchange(network_.loaded.network, {}), network_.loaded.fingerprint, stem_};
    model::Loaded again = prepared(model::load_network(network_.file));
    if (again.fingerprint != network_.loaded.fingerprint)
        throw DeviceError("the network's file ", text_of(network_.file),
                          " has changed since the filter was made; make the filter again");
    return again;
}

std::string Session::summary() const {
    const Runner &runner = *places_.front()->runner;
    const Program &program = runner.program();
    std::vector<std::string> devices;
    for (const std::unique_ptr<Place> &place : places_)
        devices.push_back(text(place->device->info().id, " (", place->device->info().name, ")"));
    const tile::Plan &plan = layout_.plan;
    return text(stem_, " on ", places_.front()->device->backend().name(), " ", join(devices, ", "), " in ",
                precision_name(program.info().precision), ", tensors ",
                type_name(runner.network().input_type), " to ", type_name(runner.network().output_type),
                frames_ ? ", frames converted there, " : ", ", runner.num_streams(), " stream(s), ",
                plan.columns.size() * plan.rows.size(), " tile(s) of ", layout_.tile.width, "x",
                layout_.tile.height, ", about ", runner.info().context_bytes >> 20, " MiB a stream");
}

// The one with the fewest frames under way, so that unequal devices get what each can do; null where every
// one that works has failed on this frame.
Session::Place *Session::idlest(std::span<const Failure> failed) const {
    Place *found = nullptr;
    for (const std::unique_ptr<Place> &place : places_) {
        const bool tried = std::any_of(failed.begin(), failed.end(),
                                       [&](const Failure &failure) { return failure.place == place.get(); });
        if (!tried && !place->lost && (!found || place->runner->in_flight() < found->runner->in_flight()))
            found = place.get();
    }
    return found;
}

void Session::give_up(const Failure &failure, int n, const Place &instead) {
    const LogLater later;
    const std::lock_guard lock(giving_up_);
    const auto working =
        std::count_if(places_.begin(), places_.end(), [](const auto &place) { return !place->lost; });
    if (failure.place->lost || working == 1) // the last one stays, whatever it does
        return;
    failure.place->lost = true;
    log(LogLevel::warning, text("the device ", failure.place->device->info().id, " failed on frame ", n,
                                " and gets no more (", failure.reason, "); ", instead.device->info().id,
                                " computed it, and the work goes on without the other"));
}

// What fails on every device is the frame's fault: then none is given up.
template <typename Compute>
void Session::on_a_device(int n, const Compute &compute) {
    std::vector<Failure> failed;
    std::exception_ptr first;
    while (Place *place = idlest(failed)) {
        try {
            compute(*place);
        } catch (const DeviceError &failure) {
            if (!first)
                first = std::current_exception();
            failed.push_back({place, failure.what()});
            continue;
        }
        for (const Failure &failure : failed)
            give_up(failure, n, *place);
        return;
    }
    std::rethrow_exception(first);
}

bool Session::any_not_finite(std::span<const pixel::ConstPlane> planes) const {
    return std::any_of(planes.begin(), planes.end(), pixel::has_not_finite);
}

bool Session::any_not_finite(std::span<const vsmlrt_frame> frames) const {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const vsmlrt_frame_format &format = frames_->inputs[i].format;
        if (format.sample != VSMLRT_FLOAT)
            continue;
        for (int number = 0; number < (format.family == VSMLRT_GRAY ? 1 : 3); ++number) {
            const bool chroma = format.family == VSMLRT_YUV && number > 0;
            const vsmlrt_plane &plane = frames[i].planes[number];
            const vsmlrt_extent extent = frames_->inputs[i].extent;
            if (pixel::has_not_finite({format.bits == 16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32, plane.data,
                                       plane.stride, extent.width >> (chroma ? format.subsampling_w : 0),
                                       extent.height >> (chroma ? format.subsampling_h : 0)}))
                return true;
        }
    }
    return false;
}

void Session::run(int n, std::span<const pixel::ConstPlane> inputs, std::span<const pixel::Plane> outputs) {
    run_checked(n, inputs, outputs);
}

void Session::run(int n, std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output) {
    run_checked(n, inputs, output);
}

template <typename Inputs, typename Outputs>
void Session::run_checked(int n, const Inputs &inputs, const Outputs &outputs) {
    vsmlrt_precision used = VSMLRT_PRECISION_FP32;
    bool finite = true;
    on_a_device(n, [&](Place &place) {
        finite = !place.runner->run(inputs, outputs).not_finite;
        used = place.runner->program().info().precision;
    });
    if (finite)
        return;
    if (any_not_finite(inputs))
        throw DeviceError("frame ", n,
                          " holds NaN or infinite samples before it enters the network; limit the clip "
                          "to finite values first");
    if (used == VSMLRT_PRECISION_FP32)
        throw DeviceError("the network \"", stem_, "\" gave NaN or infinite samples for frame ", n,
                          " in fp32");
    log(LogLevel::warning,
        text("frame ", n, ": NaN or infinity in ", precision_name(used), ", computed again in fp32"));
    on_a_device(n, [&](Place &place) { finite = !exact_runner(place).run(inputs, outputs).not_finite; });
    if (!finite)
        throw DeviceError("the network \"", stem_, "\" gave NaN or infinite samples for frame ", n, " in ",
                          precision_name(used), " and again in fp32");
}

Runner &Session::exact_runner(Place &place) {
    const std::lock_guard lock(exact_mutex_);
    if (!place.exact) {
        ProgramOptions exact = options_.program;
        exact.precision = VSMLRT_PRECISION_FP32;
        exact.keep_fp32.reset();
        exact.num_streams = exact.frames_in_flight = 1;
        place.exact = std::make_unique<Runner>(build_program(place.device, take_network(), range_, exact),
                                               layout_, 1, frames_, options_.program.half_outputs);
    }
    return *place.exact;
}

} // namespace vsmlrt::engine
