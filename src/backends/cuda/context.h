// One execution of a program at a time: stream, arena, pinned staging, and the launches for the bound size.
#pragma once

#include "backends/cuda/frames.h"
#include "backends/cuda/program.h"

#include <optional>

namespace vsmlrt::cuda {

class Context {
public:
    explicit Context(Program &program);
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;
    ~Context();

    // See vsmlrt_backend::bind.
    void bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs);
    void run();

    // See vsmlrt_backend::bind_frames and run_frames. The result says whether it held a NaN or an infinity.
    void bind_frames(const vsmlrt_frame_plan &plan);
    [[nodiscard]] bool run_frames(const vsmlrt_frame *inputs, const vsmlrt_frame &output);

    // The launches of the bound size, in order: what each serves, and by which kernel.
    struct LaunchName {
        std::string label;
        std::string kernel;
    };
    [[nodiscard]] std::vector<LaunchName> launch_names() const;
    // Milliseconds on the device of launches [first, last), as a graph; the mean of `repeats`. The inputs are
    // what the last run left.
    [[nodiscard]] double time_launches(std::size_t first, std::size_t last, int repeats);
    // Hands all launches `repeats` times to the device, without waiting; wait() returns when they have ended.
    void start_launches(int repeats);
    void wait() const;

    // Times the kernels that can serve each step of the bound size, where `choices` does not know yet which
    // is the fastest, and adds it.
    void tune(Choices &choices);

private:
    // A launch with its parameters, ready to go.
    struct Prepared {
        nvidia::FunctionHandle *function = nullptr;
        nvidia::LaunchConfig config;
        nvidia::LaunchAttribute attribute;
        std::vector<std::vector<std::byte>> values;
        std::vector<nvidia::TensorMapBytes> maps;
        std::vector<void *> parameters;
    };
    // One end of the network: where it crosses the door, and its copy on the device.
    struct End {
        vsmlrt_tensor tensor = {};
        std::size_t bytes = 0;
        nvidia::PinnedMemory host; // made when tensors are bound
        nvidia::DeviceMemory device;
    };
    struct Bound {
        vsmlrt_extent extent = {0, 0};
        std::vector<End> inputs;
        std::vector<End> outputs;
        nvidia::DeviceMemory arena;
        Plan plan;
        std::vector<std::uint64_t> addresses; // of the plan's buffers
        std::vector<Prepared> launches;
        nvidia::GraphExec graph; // of the launches
        bool ran = false;        // once without a graph: failures then name their kernel
    };

    [[nodiscard]] Bound prepare(vsmlrt_extent extent);
    [[nodiscard]] End make_end(const Tensor &tensor) const;
    void bind_extent(vsmlrt_extent extent);
    void prepare_launch(Prepared &prepared, const Alternative &chosen, const Addresses &addresses) const;
    void launch(Prepared &prepared) const;
    void enqueue_network();
    // What `work` puts on the stream, as a graph.
    [[nodiscard]] nvidia::GraphExec record(const std::function<void()> &work);
    [[nodiscard]] double time(const nvidia::GraphExec &graph, int repeats);
    [[nodiscard]] double time_alternative(const Alternative &alternative);

    Program &program_;
    nvidia::Stream stream_;
    std::optional<Bound> bound_;
    std::optional<Frames> frames_; // while frames are bound
};

} // namespace vsmlrt::cuda
