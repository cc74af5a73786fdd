#include "engine/runner.h"

#include "base/checked.h"
#include "base/counted.h"
#include "base/log.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

std::string dims_text(const vsmlrt_tensor &tensor) {
    return join(std::span(tensor.dims, static_cast<std::size_t>(tensor.rank)), "x");
}

constexpr const char *memory_remedy = "; use fewer streams (num_streams) or smaller tiles (tilesize)";

std::int64_t mib(std::int64_t bytes) {
    return bytes >> 20;
}

// For each stream, and as many spare ones as there is memory for: at least one where the program has any.
Runner::Contexts claim_contexts(const Program &program, vsmlrt_extent tile, int num_streams) {
    const vsmlrt_program_info info = program.info(tile);
    const Memory memory = memory_of(program.device().info());
    constexpr const char *what = "the memory of the network's contexts";
    const std::int64_t streams = checked_mul(info.context_bytes, num_streams, what);
    const int least = std::min<int>(info.spare_contexts, 1);
    // Other processes take of it too.
    const std::optional<std::int64_t> free = program.device().free_memory();
    for (int spare = info.spare_contexts; spare >= least; --spare) {
        const std::int64_t more = checked_mul(spare, info.spare_context_bytes, what);
        const std::int64_t needed = checked_add(streams, more, what);
        if (free && needed > *free)
            continue;
        if (auto taken = claim(memory, needed))
            return {num_streams + spare, std::move(*taken)};
    }
    const std::string needs = text("the network needs about ", mib(info.context_bytes), " MiB for each of ",
                                   num_streams, " streams, ", mib(least * info.spare_context_bytes),
                                   " MiB for frames on their way in and out and ", mib(info.program_bytes),
                                   " MiB for its weights, and of the ", mib(memory.bytes), " MiB of ",
                                   program.device().info().name);
    if (free && streams + least * info.spare_context_bytes > *free)
        throw MemoryTooSmall(needs, ' ', mib(*free), " MiB are free now that it has its weights",
                             memory_remedy);
    const std::int64_t others = claimed_bytes(memory) - info.program_bytes;
    throw MemoryTooSmall(needs, " other programs take ", mib(others), " MiB", memory_remedy);
}

struct Tensors {
    std::vector<vsmlrt_tensor> inputs;
    std::vector<vsmlrt_tensor> outputs;
};

// Types and sizes; what they point to is not to be used.
Tensors tensors_of(const Program &program, ContextPool &pool, vsmlrt_extent tile) {
    if (auto shapes = program.shapes(tile))
        return {std::move(shapes->first), std::move(shapes->second)};
    const auto context = pool.acquire();
    context->bind(tile);
    return {{context->inputs().begin(), context->inputs().end()},
            {context->outputs().begin(), context->outputs().end()}};
}

} // namespace

Runner::Runner(std::shared_ptr<const Program> program, const Layout &layout, int num_streams,
               std::optional<FrameFormats> frames, bool half_planes)
    : program_(std::move(program)), layout_(layout), num_streams_(num_streams),
      half_planes_(half_planes && !frames), contexts_(claim_contexts(*program_, layout_.tile, num_streams)),
      pool_(program_, contexts_.count), frames_(std::move(frames)) {
    measure();
    claim_sums();
    for (const tile::Span &span : layout_.plan.columns)
        columns_.add(span, scale_, layout_.width * scale_);
    for (const tile::Span &span : layout_.plan.rows)
        rows_.add(span, height_scale_, layout_.height * height_scale_);
    if (frames_)
        bind_frames();
    else if (program_->device().info().kind == VSMLRT_DEVICE_GPU) // whose memory another process may take
        pool_.prepare(1, [this](Context &context) { context.bind(layout_.tile); });
}

void Runner::measure() {
    const Tensors tensors = tensors_of(*program_, pool_, layout_.tile);
    if (tensors.outputs.size() != 1)
        throw BadModel("the network has ", tensors.outputs.size(), " outputs; one picture is accepted");
    const vsmlrt_tensor &output = tensors.outputs.front();
    if (output.rank != 4 || output.dims[0] != 1 || output.dims[1] < 1)
        throw BadModel("the network's output is ", dims_text(output),
                       "; a picture (1 x channels x height x width) is "
                       "accepted");
    const std::int64_t scale = output.dims[3] / layout_.tile.width;
    const std::int64_t height_scale = output.dims[2] / layout_.tile.height;
    if (scale < 1 || height_scale < 1 || scale * layout_.tile.width != output.dims[3] ||
        height_scale * layout_.tile.height != output.dims[2])
        throw BadModel(
            "the network gives ", output.dims[3], "x", output.dims[2], " for an input of ",
            layout_.tile.width, "x", layout_.tile.height,
            ", which is not a whole multiple; if its input must be a multiple of some size, say so with "
            "\"multiple\"");
    scale_ = static_cast<int>(scale);
    height_scale_ = static_cast<int>(height_scale);
    channels_ = static_cast<int>(output.dims[1]);
    input_type_ = tensors.inputs.front().type;
    output_type_ = output.type;
}

// Every frame that holds a context blends into a float32 picture of its own, in the host's memory.
void Runner::claim_sums() {
    if (!half_planes_ || layout_.plan.single())
        return;
    const Memory memory = program_->device().info().kind == VSMLRT_DEVICE_GPU
                              ? host_memory()
                              : memory_of(program_->device().info());
    constexpr const char *what = "the memory in which tiles are blended";
    const std::int64_t pixels =
        checked_mul(std::int64_t{layout_.width} * scale_, std::int64_t{layout_.height} * height_scale_, what);
    const std::int64_t frame =
        checked_mul(pixels, std::int64_t{channels_} * static_cast<std::int64_t>(sizeof(float)), what);
    sums_ = claim(memory, checked_mul(frame, contexts_.count, what));
    if (!sums_)
        throw MemoryTooSmall("tiles of half-precision frames are blended in ", mib(frame),
                             " MiB for each of ", contexts_.count, " frames in flight, and of the ",
                             mib(memory.bytes), " MiB of memory programs take ", mib(claimed_bytes(memory)),
                             " MiB already", memory_remedy);
}

void Runner::Direction::add(const tile::Span &span, int scale, int limit) {
    vsmlrt_tile_span added = {};
    added.origin = span.origin;
    added.first = span.begin * scale;
    added.skip = (span.begin - span.origin) * scale;
    added.count = std::max(std::min(span.end * scale, limit) - added.first, 0);
    std::vector<float> &values = weights.emplace_back();
    for (int i = 0; i < added.count; ++i)
        values.push_back(tile::weight(span, scale, added.first + i));
    added.weights = values.data();
    spans.push_back(added);
}

void Runner::bind_frames() {
    frame_plan_.inputs = frames_->inputs.data();
    frame_plan_.num_inputs = static_cast<std::int32_t>(frames_->inputs.size());
    frame_plan_.output = frames_->output;
    frame_plan_.output_extent = {layout_.width * scale_, layout_.height * height_scale_};
    frame_plan_.border = static_cast<vsmlrt_border>(layout_.border);
    frame_plan_.tile = layout_.tile;
    frame_plan_.columns = columns_.spans.data();
    frame_plan_.num_columns = static_cast<std::int32_t>(columns_.spans.size());
    frame_plan_.rows = rows_.spans.data();
    frame_plan_.num_rows = static_cast<std::int32_t>(rows_.spans.size());
    frame_plan_.limit = frames_->limit ? 1 : 0;
    // The spare ones when a frame wants them: their memory takes time that a first frame need not wait for.
    pool_.prepare(num_streams_, [&](Context &context) { context.bind_frames(frame_plan_); });
}

ContextPool::Lease Runner::acquire_bound() {
    while (true) {
        ContextPool::Lease context = pool_.acquire();
        if (context->has_frames())
            return context;
        try {
            context->bind_frames(frame_plan_);
            return context;
        } catch (const DeviceError &failure) { // those of the streams are bound, and serve
            log_once(LogLevel::warning, text("fewer frames are on their way at once: ", failure.what()));
            context.retire();
        }
    }
}

pixel::SampleFindings Runner::run(std::span<const pixel::ConstPlane> inputs,
                                  std::span<const pixel::Plane> outputs) {
    const Counted counted(in_flight_);
    const auto context = pool_.acquire();
    context->bind(layout_.tile);
    return pixel::run_tiles({layout_.border, columns_.spans, rows_.spans}, inputs, outputs, context->inputs(),
                            context->outputs().front(), [&] { context->run(); });
}

pixel::SampleFindings Runner::run(std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output) {
    const Counted counted(in_flight_);
    const auto context = acquire_bound();
    return {context->run_frames(inputs, output)};
}

NetworkTime Runner::time_layers() {
    const auto context = frames_ ? acquire_bound() : pool_.acquire();
    if (!frames_)
        context->bind(layout_.tile);
    return context->time_layers();
}

} // namespace vsmlrt::engine
