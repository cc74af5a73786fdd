#include "backends/cuda/program.h"

#include "backends/cuda/frames.h"
#include "backends/cuda/network.h"
#include "backends/cuda/tuning.h"
#include "base/checked.h"
#include "base/log.h"
#include "base/path.h"
#include "base/threads.h"
#include "module/shapes.h"
#include "module/tensor.h"

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

// What programs of this process have found out on a device, so that a second network of the same layers times
// nothing. While one of them times kernels the others wait: they would take the device from it.
struct ChosenHere {
    std::mutex mutex;
    Choices choices;
};

ChosenHere &chosen_here(const std::string &device) {
    struct All {
        std::mutex mutex;
        std::map<std::string, ChosenHere> by_device;
    };
    static auto *const all = new All; // filters may outlive static destruction
    const std::lock_guard lock(all->mutex);
    return all->by_device[device];
}

// Both frames of so many pairs under way and of the next ones, and the planes that come with each of them.
std::size_t frames_kept(int pairs, const graph::Graph &graph) {
    constexpr std::int64_t of_both = 6; // channels
    std::int64_t channels = 0;
    for (const graph::Input &input : graph.inputs)
        channels += input.dims[1].size.value_or(0);
    return 2 * static_cast<std::size_t>(pairs) + 4 +
           static_cast<std::size_t>(std::max<std::int64_t>(channels - of_both, 0));
}

vsmlrt_tensor shape_of(Element type, const Shape &dims) {
    return tensor_view(type == Element::f16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32, dims, nullptr);
}

std::vector<std::string> chosen_sources(const Plan &plan) {
    std::vector<std::string> sources;
    for (const Step &step : plan.steps)
        sources.push_back(step.alternatives.front().source);
    return sources;
}

// What the chosen kernels read: packed on as many threads as there are processors, since whoever waits for a
// first frame waits for it.
void upload_constants(const Plan &plan) {
    const Addresses nowhere(plan.buffers, 0);
    for_each_on_threads(plan.steps.size(), [&](std::size_t i) {
        static_cast<void>(plan.steps[i].alternatives.front().launch(nowhere));
    });
}

// The weights of all that is about to be timed, on as many threads as there are processors.
void pack_rivals(const Plan &plan, const Choices &known) {
    std::vector<const Alternative *> rivals;
    std::set<StepKey> keys; // of several steps of one key the first is timed
    for (const Step &step : plan.steps)
        if (is_undecided(step, known) && keys.insert(step.key).second)
            for (std::size_t i = 0; i < step.rivals(); ++i)
                rivals.push_back(&step.alternatives[i]);
    const Addresses nowhere(plan.buffers, 0);
    for_each_on_threads(rivals.size(), [&](std::size_t i) { static_cast<void>(rivals[i]->launch(nowhere)); });
}

// As many contexts more than frames side by side as keep these busy while frames come and go. `parts` of a
// card compute a frame each: eight and more do so faster than the driver takes all that is put on the device
// for the next ones, so that more of those wait for it where the host asks for them (decision 0064).
int contexts_to_spare(int parts, int in_flight) {
    constexpr int few = 5;
    constexpr int some = 10;
    constexpr int many_parts = 8;
    return parts < many_parts ? few : std::clamp(in_flight - parts, few, some);
}

std::int64_t bytes_of_constants(const graph::Graph &graph) {
    std::int64_t bytes = 0;
    for (const graph::Value &value : graph.values)
        if (value.constant)
            bytes += static_cast<std::int64_t>(value.constant->bytes->size());
    return bytes;
}

bool is_in_tf32(const Step &step) {
    return step.alternatives.front().name.starts_with("tf32");
}

} // namespace

Program::Program(const Device &device, const vsmlrt_program_desc &desc)
    : Program(device, desc, StepClock("cuda: making the program")) {}

Program::Program(const Device &device, const vsmlrt_program_desc &desc, StepClock clock)
    : options_(read_options({desc.options, desc.num_options})),
      facts_(device.facts), at_once_{std::max(desc.num_streams, 1), desc.frames_in_flight,
                                     device.memory_bytes},
      architecture_(device.architecture), device_id_(device.id),
      kept_(path_of(desc.shared_folder ? desc.shared_folder : "")),
      graph_(clock.time("reading the network", [&] { return read_network(desc); })),
      context_(clock.time("the GPU's context",
                          [&] { return std::make_shared<const nvidia::DeviceContext>(device.number); })),
      weights_(context_), kernels_(context_, device, kept_), frames_(context_), results_(context_),
      parts_(context_, facts_) {
    if (desc.blob) {
        Blob blob = decode_blob({static_cast<const std::byte *>(desc.blob), desc.blob_size}, architecture_);
        choices_ = std::move(blob.choices);
        kernels_.add_cubins(std::move(blob.cubins));
    }
    if (desc.network_read)
        desc.network_read(desc.user);
    options_.tf32 = options_.tf32 || desc.precision == VSMLRT_PRECISION_TF32;
    context_->use();
    std::vector<std::string> sources;
    std::vector<vsmlrt_program_info> sizes;
    bool rounds_to_tf32 = false;
    const auto take = [&](vsmlrt_extent extent, const Plan &plan) {
        const std::vector<std::string> of_plan = chosen_sources(plan);
        sources.insert(sources.end(), of_plan.begin(), of_plan.end());
        sizes.push_back(info_of(size_of(extent, plan)));
        rounds_to_tf32 = rounds_to_tf32 || std::any_of(plan.steps.begin(), plan.steps.end(), is_in_tf32);
    };
    Plan best = timed_plan(desc.opt_extent, clock);
    take(desc.opt_extent, best);
    for (const vsmlrt_extent &extent : {desc.max_extent, desc.min_extent})
        if (!is_static(desc) && !same_extent(extent, desc.opt_extent))
            take(extent, timed_plan(extent, clock));
    made_.emplace_front(desc.opt_extent, std::move(best));
    clock.begin("finding kernels");
    kernels_.prepare(sources);
    kernels_.keep_only(sources);
    clock.begin("loading kernels");
    for (const std::string &source : sources)
        static_cast<void>(kernels_.function(source));
    info_.precision = precision_of(graph_, desc.precision);
    info_.num_inputs = static_cast<std::int32_t>(graph_.inputs.size());
    info_.num_outputs = static_cast<std::int32_t>(graph_.outputs.size());
    info_.blob_worth_caching = 1;
    info_.program_bytes = bytes_of_constants(graph_);
    describe(sizes);
    if (rounds_to_tf32 && desc.precision == VSMLRT_PRECISION_TF32)
        info_.precision = VSMLRT_PRECISION_TF32;
    frames_.keep(frames_kept(at_once_.streams, graph_));
    arenas_.emplace(context_, kernels_, at_once_.streams, parts_, frames_, results_);
    // Of several sizes one may be all that comes: what it takes is taken when it is known which.
    if (is_static(desc)) {
        clock.time("weights", [&] { static_cast<void>(described(desc.opt_extent)); });
        info_.program_bytes = weights_.bytes();
    }
    clock.report();
    log(LogLevel::debug, text("cuda: ", kernels_.origins()));
}

Plan Program::timed_plan(vsmlrt_extent extent, StepClock &clock) {
    clock.begin("planning");
    ChosenHere &here = chosen_here(device_id_);
    const std::lock_guard lock(here.mutex);
    Choices &known = here.choices;
    known.insert(choices_.begin(), choices_.end());
    Plan plan = make_plan(extent, weights_);
    const auto has_undecided = [&] {
        return std::any_of(plan.steps.begin(), plan.steps.end(),
                           [&](const Step &step) { return is_undecided(step, known); });
    };
    if (has_undecided())
        known.merge(kept_.choices());
    if (has_undecided())
        tune(extent, known, clock);
    for (const Step &step : plan.steps)
        if (const auto found = known.find(step.key); found != known.end())
            choices_.insert(*found);
    decide(plan);
    return plan;
}

void Program::tune(vsmlrt_extent extent, Choices &known, StepClock &clock) {
    // Weights as kernels want them that are not chosen in the end are gone with the trial.
    Constants weights(context_);
    Plan trial = make_plan(extent, weights);
    decide(trial);
    clock.begin("compiling");
    kernels_.prepare(sources_to_time(trial, known));
    clock.begin("weights of kernels to time");
    pack_rivals(trial, known);
    clock.begin("timing kernels");
    const nvidia::Stream stream =
        trial.parts > 1 ? parts_.stream(trial.parts, 0) : nvidia::make_stream(context_);
    const nvidia::DeviceMemory memory(context_, static_cast<std::size_t>(trial.arena_bytes),
                                      "the buffers of one stream");
    // A finite number in every type: what memory held before would be timed, NaNs and all.
    constexpr unsigned char filling = 0x34;
    nvidia::check(nvidia::driver().fill_async(memory.address(), filling, memory.bytes(), stream.get()),
                  "clearing memory");
    vsmlrt::cuda::tune(Launches(std::move(trial), memory.address(), context_, kernels_), known, stream.get());
    kept_.keep_choices(known);
}

// Frames of spare contexts are uploaded and downloaded while the others are computed: the host takes nearly
// three times as long to copy a picture enlarged four times as the device to compute it.
vsmlrt_program_info Program::info_of(const SizeOfFrames &size) const {
    constexpr const char *what = "bytes of a context";
    const BytesOfFrames &frames = size.frames;
    const auto spare = static_cast<std::int64_t>(size.spare_contexts);
    // Of each arena, and of one more frame, which is on its way to the host.
    const std::int64_t shared = share_results(at_once_.streams + spare, frames.result) ? frames.result : 0;
    const std::int64_t of_context = checked_add(frames.inputs, frames.result - shared, what);
    const std::int64_t of_part = size.parts > 1 ? CardParts::bytes_of_part : 0;
    const std::int64_t of_arena = checked_add(checked_add(size.arena_bytes, of_part, what),
                                              checked_add(frames.sums, shared, what), what);
    const std::int64_t others = static_cast<std::int64_t>(size.at_once) - at_once_.streams;
    vsmlrt_program_info info = info_;
    info.context_bytes = checked_add(checked_add(of_context, of_arena, what),
                                     (shared + at_once_.streams - 1) / at_once_.streams, what);
    // Where there is memory for few spare contexts fewer frames run side by side, which want fewer arenas.
    info.spare_contexts = static_cast<std::int32_t>(spare);
    info.spare_context_bytes =
        checked_add(of_context, (checked_mul(others, of_arena, what) + spare - 1) / spare, what);
    return info;
}

SizeOfFrames Program::size_of(vsmlrt_extent extent, const Plan &plan) const {
    return {extent,
            static_cast<std::size_t>(std::max(plan.side_by_side, at_once_.streams)),
            static_cast<std::size_t>(std::max(plan.spare_contexts, 1)),
            plan.parts,
            plan.arena_bytes,
            {bytes_of(plan.inputs), bytes_of(plan.outputs), 0}};
}

// No more than this is taken by contexts whose frames are now of this size and now of that one.
void Program::describe(std::span<const vsmlrt_program_info> sizes) {
    for (const vsmlrt_program_info &size : sizes) {
        info_.context_bytes = std::max(info_.context_bytes, size.context_bytes);
        info_.spare_contexts = std::max(info_.spare_contexts, size.spare_contexts);
        info_.spare_context_bytes += size.spare_context_bytes;
    }
}

vsmlrt_program_info Program::info(vsmlrt_extent extent, const vsmlrt_frame_plan *frames) {
    SizeOfFrames size = described(extent);
    if (frames) {
        const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
        const Shape &result = shapes.dims[static_cast<std::size_t>(graph_.outputs.front())];
        size.frames = Frames::bytes_of(*frames, result[1]);
    }
    return info_of(size);
}

void Program::serve(vsmlrt_extent extent, const BytesOfFrames *frames) {
    SizeOfFrames size = described(extent);
    if (frames)
        size.frames = *frames;
    arenas_->serve(size);
}

SizeOfFrames Program::described(vsmlrt_extent extent) {
    const std::lock_guard lock(described_mutex_);
    const auto known = std::ranges::find_if(
        described_, [&](const SizeOfFrames &each) { return same_extent(each.extent, extent); });
    return known != described_.end() ? *known : described_.emplace_back(describe_size(extent));
}

SizeOfFrames Program::describe_size(vsmlrt_extent extent) {
    Plan plan = plan_of(extent);
    upload_constants(plan);
    frames_.keep(frames_kept(std::max(plan.side_by_side, at_once_.streams), graph_));
    const SizeOfFrames size = size_of(extent, plan);
    keep(extent, std::move(plan));
    return size;
}

std::vector<graph::Shape> Program::input_shapes(vsmlrt_extent extent) const {
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph_.inputs)
        shapes.push_back({1, input.dims[1].size.value_or(0), extent.height, extent.width});
    return shapes;
}

void Program::shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const {
    const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
    const auto shape = [&](graph::ValueId value) {
        const auto place = static_cast<std::size_t>(value);
        return shape_of(graph_.values[place].type, shapes.dims[place]);
    };
    for (const graph::Input &input : graph_.inputs)
        *inputs++ = shape(input.value);
    for (const graph::ValueId output : graph_.outputs)
        *outputs++ = shape(output);
}

// Nobody starts launches of those that are kept: each arena has a copy of its own.
void Program::keep(vsmlrt_extent extent, Plan plan) {
    constexpr std::size_t most = 4;
    const std::lock_guard lock(made_mutex_);
    if (std::any_of(made_.begin(), made_.end(),
                    [&](const auto &made) { return same_extent(made.first, extent); }))
        return; // two arenas planned at the same time
    made_.emplace_front(extent, std::move(plan));
    if (made_.size() > most)
        made_.pop_back();
}

Plan Program::plan(vsmlrt_extent extent) {
    static_cast<void>(described(extent));
    return plan_of(extent);
}

Plan Program::plan_of(vsmlrt_extent extent) {
    {
        const std::lock_guard lock(made_mutex_);
        const auto known = std::find_if(made_.begin(), made_.end(),
                                        [&](const auto &made) { return same_extent(made.first, extent); });
        if (known != made_.end()) {
            if (known->second.side_by_side > 1) // others want it as well
                return known->second;
            Plan plan = std::move(known->second);
            made_.erase(known);
            return plan;
        }
    }
    Plan plan = new_plan(extent);
    if (plan.side_by_side > 1)
        keep(extent, plan);
    return plan;
}

Plan Program::new_plan(vsmlrt_extent extent) {
    try {
        StepClock clock("cuda: planning a size");
        Plan plan = timed_plan(extent, clock);
        clock.report();
        return plan;
    } catch (const Error &failure) { // no memory to time kernels in, say: then by what other sizes have
        log(LogLevel::debug,
            text("cuda: kernels for ", extent.width, "x", extent.height, " are not timed: ", failure.what()));
    }
    const std::lock_guard lock(chosen_here(device_id_).mutex);
    Plan plan = make_plan(extent, weights_);
    decide(plan);
    return plan;
}

Plan Program::make_plan(vsmlrt_extent extent, Constants &weights) {
    const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
    const auto make = [&](const DeviceFacts &facts) {
        return vsmlrt::cuda::make_plan(graph_, shapes, weights, context_, facts,
                                       {options_.plain, options_.half_sums, options_.tf32});
    };
    Plan plan = make(facts_);
    // The driver is asked only by a network that would gain, and for fewer parts where it makes no such
    // number.
    FramesAtOnce at_once = at_once_;
    CardShare share = share_of_card(plan, facts_, at_once, true);
    while (share.parts > 1 && !parts_.are_apart(share.parts)) {
        at_once.most_parts = share.parts - 1;
        share = share_of_card(plan, facts_, at_once, true);
    }
    const bool apart = share.parts > 1;
    if (!apart)
        share = share_of_card(plan, facts_, at_once_, false);
    if (share.parts > 1) {
        const DeviceFacts part = parts_.part(share.parts);
        plan = make(part);
        share_card(plan, share.parts, part, apart);
    }
    plan.side_by_side = share.frames;
    plan.spare_contexts =
        contexts_to_spare(plan.parts, at_once_.in_flight) + std::max(plan.side_by_side - at_once_.streams, 0);
    add_size(plan, extent);
    return plan;
}

void Program::decide(Plan &plan) const {
    for (Step &step : plan.steps) {
        const std::string *choice = choice_for(choices_, step.key);
        if (!choice && plan.parts > 1)
            choice = choice_for(choices_, step.key.on_whole_card());
        if (choice)
            choose(step, *choice);
    }
    follow_leaders(plan);
}

std::vector<std::byte> Program::blob() const {
    const std::lock_guard lock(chosen_here(device_id_).mutex); // a size that comes adds its choices
    return encode_blob(architecture_, {choices_, kernels_.cubins()});
}

} // namespace vsmlrt::cuda
