#include "engine/runner.h"

#include "base/checked.h"
#include "base/counted.h"
#include "base/log.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

constexpr const char *memory_remedy = "; use fewer streams (num_streams) or smaller tiles (tilesize)";

std::int64_t mib(std::int64_t bytes) {
    return bytes >> 20;
}

// For each stream, and as many spare ones as there is memory for: at least one where the program has any.
Runner::Contexts claim_contexts(const Program &program, const vsmlrt_program_info &info, int num_streams) {
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

} // namespace

vsmlrt_program_info contexts_info(const Program &program, const Layout &layout,
                                  const std::optional<FrameFormats> &frames) {
    const auto shapes = frames ? program.shapes(layout.tile) : std::nullopt;
    if (!shapes)
        return program.info(layout.tile);
    const FramePath path(layout, engine::measure(shapes->first, shapes->second, layout.tile));
    const vsmlrt_frame_plan plan = path.plan(*frames);
    return program.info(layout.tile, &plan);
}

Runner::Runner(std::shared_ptr<const Program> program, const Layout &layout, int num_streams,
               std::optional<FrameFormats> frames, bool half_planes)
    : program_(std::move(program)), layout_(layout), num_streams_(num_streams), frames_(std::move(frames)),
      half_planes_(half_planes && !frames_), info_(contexts_info(*program_, layout_, frames_)),
      contexts_(claim_contexts(*program_, info_, num_streams)), pool_(program_, contexts_.count),
      network_(measure()), path_(layout_, network_) {
    claim_sums();
    if (frames_)
        bind_frames();
    else if (program_->device().info().kind == VSMLRT_DEVICE_GPU) // whose memory another process may take
        pool_.prepare(1, [this](Context &context) { context.bind(layout_.tile); });
}

Measured Runner::measure() {
    if (const auto shapes = program_->shapes(layout_.tile))
        return engine::measure(shapes->first, shapes->second, layout_.tile);
    const auto context = pool_.acquire();
    context->bind(layout_.tile);
    return engine::measure(context->inputs(), context->outputs(), layout_.tile);
}

// Every frame that holds a context blends into a float32 picture of its own, in the host's memory.
void Runner::claim_sums() {
    if (!half_planes_ || layout_.plan.single())
        return;
    const Memory memory = program_->device().info().kind == VSMLRT_DEVICE_GPU
                              ? host_memory()
                              : memory_of(program_->device().info());
    constexpr const char *what = "the memory in which tiles are blended";
    const std::int64_t pixels = checked_mul(std::int64_t{layout_.width} * network_.scale,
                                            std::int64_t{layout_.height} * network_.height_scale, what);
    const std::int64_t frame =
        checked_mul(pixels, std::int64_t{network_.channels} * static_cast<std::int64_t>(sizeof(float)), what);
    sums_ = claim(memory, checked_mul(frame, contexts_.count, what));
    if (!sums_)
        throw MemoryTooSmall("tiles of half-precision frames are blended in ", mib(frame),
                             " MiB for each of ", contexts_.count, " frames in flight, and of the ",
                             mib(memory.bytes), " MiB of memory programs take ", mib(claimed_bytes(memory)),
                             " MiB already", memory_remedy);
}

void Runner::bind_frames() {
    frame_plan_ = path_.plan(*frames_);
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
    return pixel::run_tiles({layout_.border, path_.columns(), path_.rows()}, inputs, outputs,
                            context->inputs(), context->outputs().front(), [&] { context->run(); });
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
