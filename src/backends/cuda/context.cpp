// What goes up has memory of the context's own, and what comes down shares it with other contexts, so that
// only the network itself needs an arena: with one context more than arenas, a frame is copied while another
// is computed.
#include "backends/cuda/context.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "module/tensor.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace vsmlrt::cuda {

using nvidia::check;
using nvidia::driver;

namespace {

constexpr const char *first_frame = "cuda: a context's first frame";

Frames::End end_of(const vsmlrt_tensor &tensor) {
    return {tensor.type == VSMLRT_FLOAT16 ? Element::f16 : Element::f32,
            Shape(tensor.dims, tensor.dims + tensor.rank)};
}

} // namespace

Context::Context(Program &program)
    : program_(program), first_(first_frame), stream_(nvidia::make_stream(program.device())),
      sleeper_(program.device()), inputs_(static_cast<std::size_t>(program.info().num_inputs)),
      outputs_(static_cast<std::size_t>(program.info().num_outputs)) {
    program_.arenas().add_context();
}

Context::~Context() {
    // Nothing may run on memory that is about to be freed.
    try {
        program_.device()->use();
        static_cast<void>(driver().stream_synchronize(stream_.get()));
    } catch (...) { // The device is lost.
    }
    program_.arenas().remove_context();
}

void Context::resize(End &end, const vsmlrt_tensor &tensor) const {
    end.bytes = tensor_bytes(tensor.type, Dims(tensor.dims, tensor.dims + tensor.rank));
    if (end.host.bytes() < end.bytes)
        end.host = nvidia::PinnedMemory(program_.device(), end.bytes);
    end.tensor = tensor;
    end.tensor.data = end.host.data();
}

void Context::prepare(vsmlrt_extent extent, const BytesOfFrames &bytes) {
    program_.serve(extent, &bytes);
    const auto result_bytes = static_cast<std::size_t>(bytes.result);
    try {
        if (share_.bytes() != result_bytes) {
            share_ = {}; // before other memory is asked for
            share_ = {program_.results(), result_bytes,
                      program_.arenas().results_wanted(extent, result_bytes), stream_.get()};
        }
        program_.arenas().prepare(extent, static_cast<std::size_t>(bytes.sums));
    } catch (...) { // others may use the memory
        share_ = {};
        throw;
    }
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    if (!extent_ || !same_extent(*extent_, extent) || frames_) {
        program_.device()->use();
        frames_.reset();
        extent_.reset();
        program_.shapes(extent, inputs, outputs);
        BytesOfFrames bytes;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            End &end = inputs_[i];
            resize(end, inputs[i]);
            bytes.inputs += static_cast<std::int64_t>(end.bytes);
            if (end.device.bytes() < end.bytes)
                end.device = nvidia::DeviceMemory(program_.device(), end.bytes, "the network's inputs");
        }
        std::size_t of_result = 0;
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            resize(outputs_[i], outputs[i]);
            outputs_[i].place = of_result;
            of_result += outputs_[i].bytes;
        }
        bytes.result = static_cast<std::int64_t>(std::max(share_.bytes(), of_result));
        prepare(extent, bytes);
        extent_ = extent;
    }
    const auto tensor = [](const End &end) { return end.tensor; };
    std::transform(inputs_.begin(), inputs_.end(), inputs, tensor);
    std::transform(outputs_.begin(), outputs_.end(), outputs, tensor);
}

template <typename Work>
Counted Context::with_network(Work &&work) {
    step("waiting for an arena");
    ArenaPool::Lease lease(program_.arenas(), stream_.get(), *extent_,
                           frames_ ? static_cast<std::size_t>(frames_->bytes().sums) : 0);
    step("launches");
    Launches &network = lease.launches([this](vsmlrt_extent size) { return program_.plan(size); });
    step("starting kernels");
    std::forward<Work>(work)(network, lease.arena());
    return lease.release();
}

void Context::copy_inputs(const Launches &from, const Launches &to, Arena &arena) const {
    for (const Tensor &input : to.plan().inputs)
        check(driver().copy_on_device_async(to.address(input), from.address(input),
                                            static_cast<std::size_t>(bytes_of(input)), arena.stream()),
              "copying a frame on the GPU");
    arena.forget_inputs();
    arena.set_has_inputs();
}

template <typename Work>
void Context::with_inputs(Work &&work) {
    ArenaPool::Lease lease = ArenaPool::Lease::with_inputs(program_.arenas(), stream_.get(), *extent_);
    Launches &network = lease.launches([this](vsmlrt_extent size) { return program_.plan(size); });
    std::forward<Work>(work)(network, lease.arena());
    static_cast<void>(lease.release());
}

void Context::end_of_frame() {
    if (first_)
        first_->report();
    first_.reset();
}

template <typename Work>
void Context::guarded(Work &&work) {
    program_.device()->use();
    try {
        std::forward<Work>(work)();
    } catch (...) {
        static_cast<void>(driver().stream_synchronize(stream_.get()));
        throw;
    }
}

void Context::run() {
    if (!extent_ || frames_)
        throw InternalError("cuda: run before bind");
    if (first_)
        first_.emplace(first_frame);
    std::optional<ResultStore::Result> result; // goes after guarded() has waited, should it fail
    guarded([&] {
        step("upload");
        for (const End &end : inputs_)
            check(driver().copy_to_device_async(end.device.address(), end.host.data(), end.bytes,
                                                stream_.get()),
                  "copying a frame to the GPU");
        const Counted frame = with_network([&](Launches &network, Arena &arena) {
            arena.held().forget();
            for (std::size_t i = 0; i < inputs_.size(); ++i)
                check(driver().copy_on_device_async(network.address(network.plan().inputs[i]),
                                                    inputs_[i].device.address(), inputs_[i].bytes,
                                                    arena.stream()),
                      "copying a frame on the GPU");
            arena.set_has_inputs();
            network.enqueue(arena.stream(), program_.options().use_cuda_graph);
            result.emplace(share_, arena.stream());
            for (std::size_t i = 0; i < outputs_.size(); ++i)
                check(driver().copy_on_device_async(result->address() + outputs_[i].place,
                                                    network.address(network.plan().outputs[i]),
                                                    outputs_[i].bytes, arena.stream()),
                      "copying a frame on the GPU");
        });
        for (const End &end : outputs_)
            check(driver().copy_to_host_async(end.host.data(), result->address() + end.place, end.bytes,
                                              stream_.get()),
                  "copying a frame from the GPU");
        result->copied_on(stream_.get());
        step("computing");
        sleeper_.wait_for(stream_.get(), "running the network");
        result->complete();
    });
    end_of_frame();
}

void Context::bind_frames(const vsmlrt_frame_plan &plan) {
    program_.device()->use();
    frames_.reset();
    extent_.reset();
    std::vector<vsmlrt_tensor> inputs(inputs_.size());
    std::vector<vsmlrt_tensor> outputs(outputs_.size());
    StepClock clock("cuda: binding frames");
    clock.begin("sizes");
    program_.shapes(plan.tile, inputs.data(), outputs.data());
    clock.begin("memory and kernels");
    Frames::Ends ends;
    std::transform(inputs.begin(), inputs.end(), std::back_inserter(ends.inputs), end_of);
    ends.output = end_of(outputs.front());
    try {
        frames_.emplace(plan, std::move(ends), program_.kernels(), program_.frames(), program_.device(),
                        stream_.get(), sleeper_);
        prepare(plan.tile, frames_->bytes());
    } catch (...) {
        frames_.reset();
        share_ = {};
        throw;
    }
    extent_ = plan.tile;
    clock.report();
    log(LogLevel::debug, text("cuda: a context has locked ", (frames_->locked_bytes() >> 20) + 1,
                              " MiB of memory for frames on their way"));
}

bool Context::run_frames(const vsmlrt_frame *inputs, const vsmlrt_frame &output) {
    if (!frames_)
        throw InternalError("cuda: run_frames before bind_frames");
    bool not_finite = false;
    if (first_)
        first_.emplace(first_frame);
    std::optional<ResultStore::Result> result; // goes after guarded() has waited, should it fail
    guarded([&] {
        step("upload");
        frames_->upload(inputs);
        const Counted frame = with_network([&](Launches &network, Arena &arena) {
            Frames::Network where{{},
                                  network.address(network.plan().outputs.front()),
                                  arena.sums(),
                                  arena.held(),
                                  arena.stream(),
                                  network.plan().parts,
                                  {}};
            for (const Tensor &input : network.plan().inputs)
                where.inputs.push_back(network.address(input));
            where.enqueue = [&](EvenChannels even) {
                network.enqueue(arena.stream(), program_.options().use_cuda_graph, even);
            };
            frames_->compute(inputs, where);
            arena.set_has_inputs();
            result.emplace(share_, arena.stream());
            frames_->encode(output, where, *result);
        });
        step("computing");
        not_finite = frames_->download(output, *result);
    });
    end_of_frame();
    return not_finite;
}

std::vector<Context::LaunchName> Context::launch_names() {
    std::vector<LaunchName> names;
    guarded([&] {
        with_network([&](Launches &network, Arena &) {
            for (const Step &step : network.plan().steps)
                names.push_back({step.label, step.alternatives.front().name});
        });
    });
    return names;
}

Context::SideBySide Context::time_side_by_side(Launches &network, Arena &arena, double duration) {
    const int most = program_.is_simulated() ? 1 : 10000;
    const std::size_t launches = network.plan().steps.size();
    const int rounds =
        std::clamp(static_cast<int>(duration / network.time(0, launches, 1, arena.stream())), 1, most);
    struct Running {
        Launches *launches;
        Arena *arena;
    };
    std::vector<Running> running{{&network, &arena}};
    std::vector<std::unique_ptr<ArenaPool::Lease>> others;
    while (auto other = ArenaPool::Lease::of_idle(program_.arenas(), stream_.get(), *extent_)) {
        Launches &same = other->launches([this](vsmlrt_extent size) { return program_.plan(size); });
        copy_inputs(network, same, other->arena());
        running.push_back({&same, &other->arena()});
        others.push_back(std::move(other));
    }
    if (running.size() == 1)
        return {1, network.time(0, launches, rounds, arena.stream())};
    const auto all = [&](int frames) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < frames; ++i)
            for (const Running &each : running)
                each.launches->enqueue(each.arena->stream(), program_.options().use_cuda_graph);
        for (const Running &each : running)
            check(driver().stream_synchronize(each.arena->stream()), "running the network");
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    };
    constexpr int until_recorded = 2;
    static_cast<void>(all(until_recorded));
    return {running.size(),
            all(rounds) / (static_cast<double>(rounds) * static_cast<double>(running.size()))};
}

Context::SideBySide Context::time_side_by_side(double duration) {
    SideBySide timed = {};
    guarded([&] {
        with_inputs(
            [&](Launches &network, Arena &arena) { timed = time_side_by_side(network, arena, duration); });
    });
    return timed;
}

// Where each of the frames side by side has a part of the device, what a layer takes of all of it, for a
// frame, is that part of its time. Where they overlap on all of it layers take more together than a frame of
// the whole does.
double Context::time_layers(const std::function<void(const vsmlrt_layer_time &)> &visit) {
    if (!extent_)
        throw InternalError("cuda: time_layers before bind");
    constexpr int repeats = 10;
    double whole = 0;
    guarded([&] {
        with_inputs([&](Launches &network, Arena &arena) {
            const std::vector<Step> &steps = network.plan().steps;
            const LayerRates rates = program_.layer_rates(steps);
            for (std::size_t i = 0; i < steps.size(); ++i) {
                const std::string &kernel = steps[i].alternatives.front().name;
                vsmlrt_layer_time layer = rates.of(steps[i]);
                layer.layers = steps[i].label.c_str();
                layer.kernel = kernel.c_str();
                layer.milliseconds = network.time(i, i + 1, repeats, arena.stream()) / network.plan().parts;
                visit(layer);
            }
            // Long enough for a card to come to the clocks that its power allows.
            constexpr double duration = 500;
            whole = time_side_by_side(network, arena, duration).milliseconds;
        });
    });
    return whole;
}

double Context::time_launches(std::size_t first, std::size_t last, int repeats) {
    double milliseconds = 0;
    guarded([&] {
        with_inputs([&](Launches &network, Arena &arena) {
            milliseconds = network.time(first, last, repeats, arena.stream());
        });
    });
    return milliseconds;
}

} // namespace vsmlrt::cuda
