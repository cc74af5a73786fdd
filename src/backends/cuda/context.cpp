#include "backends/cuda/context.h"

#include "backends/cuda/tensor_map.h"
#include "base/error.h"
#include "module/shapes.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace vsmlrt::cuda {

using nvidia::check;
using nvidia::driver;

Context::Context(Program &program) : program_(program), stream_(nvidia::make_stream(program.device())) {}

Context::~Context() {
    // Nothing may run on memory that is about to be freed.
    try {
        program_.device()->use();
        static_cast<void>(driver().stream_synchronize(stream_.get()));
    } catch (...) { // The device is lost.
    }
}

Context::End Context::make_end(const Tensor &tensor) const {
    if (tensor.dims.size() > VSMLRT_MAX_RANK)
        throw Unsupported("an output of ", tensor.dims.size(), " axes; at most ",
                          std::int32_t{VSMLRT_MAX_RANK}, " are accepted");
    const auto bytes = static_cast<std::size_t>(bytes_of(tensor));
    End end;
    end.bytes = bytes;
    end.device = nvidia::DeviceMemory(program_.device(), bytes + 64, "the network's inputs and outputs");
    end.tensor.type = tensor.type == Element::f16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
    end.tensor.rank = static_cast<std::int32_t>(tensor.dims.size());
    std::copy(tensor.dims.begin(), tensor.dims.end(), std::begin(end.tensor.dims));
    return end;
}

void Context::prepare_launch(Prepared &prepared, const Alternative &chosen,
                             const Addresses &addresses) const {
    const Launch launch = chosen.launch(addresses);
    prepared.function = program_.kernels().function(chosen.source);
    std::copy(launch.grid.begin(), launch.grid.end(), prepared.config.grid);
    std::copy(launch.block.begin(), launch.block.end(), prepared.config.block);
    prepared.config.shared_bytes = launch.shared_bytes;
    prepared.config.stream = stream_.get();
    constexpr unsigned shared_without_asking = 48 << 10;
    if (launch.shared_bytes > shared_without_asking)
        check(driver().function_set_attribute(prepared.function,
                                              nvidia::FunctionAttribute::most_dynamic_shared,
                                              static_cast<int>(launch.shared_bytes)),
              "asking for shared memory");
    if (launch.dependent) {
        constexpr int programmatic_serialization = 6;
        prepared.attribute.id = programmatic_serialization;
        prepared.attribute.value = 1;
        prepared.config.attributes = &prepared.attribute;
        prepared.config.num_attributes = 1;
    }
    for (const Argument &each : launch.arguments) {
        if (const auto *map = std::get_if<TensorMap>(&each)) {
            prepared.maps.push_back(encode(*map));
            prepared.values.emplace_back();
        } else {
            prepared.values.push_back(std::get<std::vector<std::byte>>(each));
        }
    }
    std::size_t next_map = 0;
    for (std::vector<std::byte> &value : prepared.values)
        prepared.parameters.push_back(value.empty() ? static_cast<void *>(&prepared.maps[next_map++])
                                                    : static_cast<void *>(value.data()));
}

Context::Bound Context::prepare(vsmlrt_extent extent) {
    Bound bound;
    bound.plan = program_.plan(extent);
    bound.extent = extent;
    for (const Tensor &tensor : bound.plan.inputs)
        bound.inputs.push_back(make_end(tensor));
    for (const Tensor &tensor : bound.plan.outputs)
        bound.outputs.push_back(make_end(tensor));
    bound.arena = nvidia::DeviceMemory(program_.device(), static_cast<std::size_t>(bound.plan.arena_bytes),
                                       "the buffers of one stream");
    for (const Buffer &buffer : bound.plan.buffers)
        bound.addresses.push_back(buffer.kind == BufferKind::constant ? buffer.address
                                  : buffer.kind == BufferKind::input
                                      ? bound.inputs[buffer.index].device.address()
                                  : buffer.kind == BufferKind::output
                                      ? bound.outputs[buffer.index].device.address()
                                      : bound.arena.address() + static_cast<std::uint64_t>(buffer.offset));
    const Addresses of(bound.addresses);
    bound.launches.resize(bound.plan.steps.size());
    for (std::size_t i = 0; i < bound.plan.steps.size(); ++i)
        prepare_launch(bound.launches[i], bound.plan.steps[i].alternatives.front(), of);
    return bound;
}

void Context::bind_extent(vsmlrt_extent extent) {
    program_.device()->use();
    frames_.reset();
    if (bound_ && same_extent(bound_->extent, extent))
        return;
    bound_.reset(); // its memory makes room for the next one's
    bound_ = prepare(extent);
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    bind_extent(extent);
    // Frames that cross the door as they are need no tensors on the host.
    for (std::vector<End> *ends : {&bound_->inputs, &bound_->outputs})
        for (End &end : *ends)
            if (end.host.data() == nullptr) {
                end.host = nvidia::PinnedMemory(program_.device(), end.bytes);
                end.tensor.data = end.host.data();
            }
    const auto tensor = [](const End &end) { return end.tensor; };
    std::transform(bound_->inputs.begin(), bound_->inputs.end(), inputs, tensor);
    std::transform(bound_->outputs.begin(), bound_->outputs.end(), outputs, tensor);
}

void Context::launch(Prepared &prepared) const {
    check(driver().launch(&prepared.config, prepared.function, prepared.parameters.data(), nullptr),
          "launching a kernel");
}

void Context::enqueue_network() {
    if (!program_.options().use_cuda_graph || !bound_->ran) {
        for (Prepared &each : bound_->launches)
            launch(each);
        return;
    }
    if (!bound_->graph)
        bound_->graph = record([this] {
            for (Prepared &each : bound_->launches)
                launch(each);
        });
    check(driver().graph_launch(bound_->graph.get(), stream_.get()), "launching a graph");
}

nvidia::GraphExec Context::record(const std::function<void()> &work) {
    constexpr int of_this_thread = 1;
    check(driver().capture_begin(stream_.get(), of_this_thread), "recording a graph");
    nvidia::GraphHandle *recorded = nullptr;
    try {
        work();
    } catch (...) {
        static_cast<void>(driver().capture_end(stream_.get(), &recorded));
        const nvidia::Graph freed(program_.device(), recorded);
        throw;
    }
    check(driver().capture_end(stream_.get(), &recorded), "recording a graph");
    const nvidia::Graph graph(program_.device(), recorded);
    nvidia::GraphExecHandle *exec = nullptr;
    check(driver().graph_instantiate(&exec, graph.get(), 0), "making a graph");
    return {program_.device(), exec};
}

double Context::time(const nvidia::GraphExec &graph, int repeats) {
    const nvidia::Event begin = nvidia::make_event(program_.device());
    const nvidia::Event end = nvidia::make_event(program_.device());
    check(driver().graph_launch(graph.get(), stream_.get()), "launching a graph");
    check(driver().event_record(begin.get(), stream_.get()), "timing");
    for (int i = 0; i < repeats; ++i)
        check(driver().graph_launch(graph.get(), stream_.get()), "launching a graph");
    check(driver().event_record(end.get(), stream_.get()), "timing");
    check(driver().event_synchronize(end.get()), "timing");
    float milliseconds = 0;
    check(driver().event_elapsed(&milliseconds, begin.get(), end.get()), "timing");
    return static_cast<double>(milliseconds) / repeats;
}

std::vector<Context::LaunchName> Context::launch_names() const {
    std::vector<LaunchName> names;
    for (const Step &step : bound_->plan.steps)
        names.push_back({step.label, step.alternatives.front().name});
    return names;
}

double Context::time_launches(std::size_t first, std::size_t last, int repeats) {
    program_.device()->use();
    return time(record([&] {
                    for (std::size_t i = first; i < last; ++i)
                        launch(bound_->launches[i]);
                }),
                repeats);
}

void Context::start_launches(int repeats) {
    program_.device()->use();
    bound_->ran = true; // kernels are loaded: a graph may be recorded
    for (int i = 0; i < repeats; ++i)
        enqueue_network();
}

void Context::wait() const {
    check(driver().stream_synchronize(stream_.get()), "running the network");
}

double Context::time_alternative(const Alternative &alternative) {
    constexpr int launches = 4;
    constexpr int repeats = 3;
    Prepared prepared;
    prepare_launch(prepared, alternative, Addresses(bound_->addresses));
    return time(record([&] {
                    for (int i = 0; i < launches; ++i)
                        launch(prepared);
                }),
                repeats);
}

void Context::tune(Choices &choices) {
    program_.device()->use();
    for (const Step &step : bound_->plan.steps) {
        // The last one is the plain kernel, which is right everywhere and fast nowhere.
        if (step.alternatives.size() < 3 || choices.contains(step.problem))
            continue;
        double best = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i + 1 < step.alternatives.size(); ++i) {
            const double milliseconds = time_alternative(step.alternatives[i]);
            if (milliseconds < best) {
                best = milliseconds;
                choices[step.problem] = step.alternatives[i].name;
            }
        }
    }
}

void Context::run() {
    if (!bound_ || frames_)
        throw InternalError("cuda: run before bind");
    program_.device()->use();
    for (const End &end : bound_->inputs)
        check(driver().copy_to_device_async(end.device.address(), end.host.data(), end.host.bytes(),
                                            stream_.get()),
              "copying a frame to the GPU");
    enqueue_network();
    for (const End &end : bound_->outputs)
        check(driver().copy_to_host_async(end.host.data(), end.device.address(), end.host.bytes(),
                                          stream_.get()),
              "copying a frame from the GPU");
    check(driver().stream_synchronize(stream_.get()), "running the network");
    bound_->ran = true;
}

void Context::bind_frames(const vsmlrt_frame_plan &plan) {
    bind_extent(plan.tile);
    Frames::Network network;
    for (std::size_t i = 0; i < bound_->inputs.size(); ++i)
        network.inputs.push_back({bound_->plan.inputs[i], bound_->inputs[i].device.address()});
    network.output = {bound_->plan.outputs.front(), bound_->outputs.front().device.address()};
    frames_.emplace(plan, std::move(network), program_.kernels(), program_.frames(), program_.device(),
                    stream_.get());
}

bool Context::run_frames(const vsmlrt_frame *inputs, const vsmlrt_frame &output) {
    if (!frames_)
        throw InternalError("cuda: run_frames before bind_frames");
    program_.device()->use();
    const bool not_finite = frames_->run(inputs, output, [this] { enqueue_network(); });
    bound_->ran = true;
    return not_finite;
}

} // namespace vsmlrt::cuda
