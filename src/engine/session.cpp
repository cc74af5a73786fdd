#include "engine/session.h"

#include "base/hash.h"
#include "base/log.h"
#include "engine/layout.h"
#include "engine/registry.h"
#include "graph/inspect.h"
#include "model/onnx.h"

#include <algorithm>
#include <utility>

namespace vsmlrt::engine {
namespace {

Network with_card(model::Loaded loaded) {
    Network network;
    network.card = graph::inspect(loaded.network, model::read_card(loaded.network));
    network.loaded = std::move(loaded);
    return network;
}

void check(const SessionOptions &options) {
    if (options.program.num_streams < 1 || options.program.num_streams > 64)
        throw BadArgument("\"num_streams\" must be 1 to 64; got ", options.program.num_streams);
    if (options.program.num_threads < 0 || options.program.num_threads > 1024)
        throw BadArgument("\"num_threads\" must be 0 (all) to 1024; got ", options.program.num_threads);
    if (options.whole_frames && options.tile)
        throw BadArgument("this network follows motion across the whole frame and cannot be cut into tiles; "
                          "leave \"tilesize\" out");
}

const char *type_name(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? "fp16" : "fp32";
}

bool any_not_finite(std::span<const pixel::ConstPlane> planes) {
    return std::any_of(planes.begin(), planes.end(), pixel::has_not_finite);
}

} // namespace

Network open_network(const std::filesystem::path &path) {
    Network network = with_card(model::load_network(path));
    network.file = std::filesystem::absolute(path);
    return network;
}

Network open_network(std::span<const std::byte> onnx, const std::string &name) {
    return with_card({model::read_onnx(onnx), content_hash(onnx), name});
}

Session::Session(Network network, const SessionOptions &options, Size frame)
    : network_(std::move(network)), stem_(network_.loaded.stem), options_(options) {
    check(options_);
    layout_ = make_layout(network_.card, options_, frame);
    const int multiple = options_.multiple.value_or(network_.card.multiple);
    range_ = make_shape_range(options_.shapes, layout_.tile, network_.card.minimum, multiple);
    const Backend backend = find_backend(options_.backend);
    device_ = std::make_shared<Device>(backend, find_device(backend, options_.device, options_.device_id));
    runner_ = std::make_unique<Runner>(build_program(device_, take_network(), range_, options_.program),
                                       layout_, options_.program.num_streams);
    if (options_.scale && (*options_.scale != runner_->scale() || *options_.scale != runner_->height_scale()))
        throw BadArgument("\"scale\" is ", *options_.scale, ", and the network \"", stem_, "\" enlarges by ",
                          runner_->scale());
    log(LogLevel::debug, summary());
}

model::Loaded Session::take_network() {
    if (network_.file.empty())
        return network_.loaded;
    if (!network_.loaded.network.nodes.empty())
        return {std::exchange(network_.loaded.network, {}), network_.loaded.fingerprint, stem_};
    model::Loaded again = model::load_network(network_.file);
    if (again.fingerprint != network_.loaded.fingerprint)
        throw DeviceError("the network's file ", network_.file.string(),
                          " has changed since the filter was made; make the filter again");
    return again;
}

std::string Session::summary() const {
    const Program &program = runner_->program();
    const tile::Plan &plan = layout_.plan;
    return text(stem_, " on ", device_->backend().name(), " ", device_->info().id, " (", device_->info().name,
                ") in ", precision_name(program.info().precision), ", tensors ",
                type_name(runner_->input_type()), " to ", type_name(runner_->output_type()), ", ",
                options_.program.num_streams, " stream(s), ", plan.columns.size() * plan.rows.size(),
                " tile(s) of ", layout_.tile.width, "x", layout_.tile.height, ", about ",
                program.info().context_bytes >> 20, " MiB a stream");
}

void Session::run(int n, std::span<const pixel::ConstPlane> inputs, std::span<const pixel::Plane> outputs) {
    if (runner_->run(inputs, outputs).not_finite)
        rerun_in_fp32(n, inputs, outputs);
}

void Session::rerun_in_fp32(int n, std::span<const pixel::ConstPlane> inputs,
                            std::span<const pixel::Plane> outputs) {
    if (any_not_finite(inputs))
        throw DeviceError("frame ", n,
                          " holds NaN or infinite samples before it enters the network; limit the clip "
                          "to finite values first");
    const vsmlrt_precision used = runner_->program().info().precision;
    if (used == VSMLRT_PRECISION_FP32)
        throw DeviceError("the network \"", stem_, "\" gave NaN or infinite samples for frame ", n,
                          " in fp32");
    log(LogLevel::warning,
        text("frame ", n, ": NaN or infinity in ", precision_name(used), ", computed again in fp32"));
    if (exact_runner().run(inputs, outputs).not_finite)
        throw DeviceError("the network \"", stem_, "\" gave NaN or infinite samples for frame ", n, " in ",
                          precision_name(used), " and again in fp32");
}

Runner &Session::exact_runner() {
    const std::lock_guard lock(exact_mutex_);
    if (!exact_) {
        ProgramOptions exact = options_.program;
        exact.precision = VSMLRT_PRECISION_FP32;
        exact.num_streams = 1;
        exact_ = std::make_unique<Runner>(build_program(device_, take_network(), range_, exact), layout_, 1);
    }
    return *exact_;
}

} // namespace vsmlrt::engine
