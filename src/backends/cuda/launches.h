// The kernels of a plan with their parameters, at one place in memory, and the graph of them.
#pragma once

#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/plan.h"

#include <functional>
#include <map>

namespace vsmlrt::cuda {

// Used by one thread at a time.
class Launches {
public:
    // `memory`: the address of plan.arena_bytes on the device. Compiles kernels that are not there yet.
    Launches(Plan plan, std::uint64_t memory, nvidia::SharedContext device, KernelCache &kernels);
    Launches(const Launches &) = delete;
    Launches &operator=(const Launches &) = delete;

    [[nodiscard]] const Plan &plan() const { return plan_; }
    [[nodiscard]] std::uint64_t address(const Tensor &tensor) const { return addresses_.of(tensor); }

    // Puts the network on the stream: kernel by kernel the first time, so that what is loaded or refused then
    // is not part of a recording, and by `as_graph` as one graph from then on, where the driver can make one.
    // `even`: what is known of the inputs.
    void enqueue(nvidia::StreamHandle *stream, bool as_graph, EvenChannels even = 0);

    // Milliseconds on the device of kernels [first, last); the mean of `repeats`.
    [[nodiscard]] double time(std::size_t first, std::size_t last, int repeats, nvidia::StreamHandle *stream);
    // The same of one way to compute a step of the plan.
    [[nodiscard]] double time(const Alternative &alternative, nvidia::StreamHandle *stream) const;

private:
    struct Kernel {
        nvidia::FunctionHandle *function = nullptr;
        nvidia::LaunchConfig config;
        nvidia::LaunchAttribute attribute;
        std::vector<std::vector<std::byte>> values;
        std::vector<nvidia::TensorMapBytes> maps;
        std::vector<nvidia::Texture> textures;
        // Strides of inputs' channels, as they are where nothing is known of those.
        struct Stride {
            std::size_t value; // of `values`
            std::size_t place; // bytes
            std::size_t bit;   // of EvenChannels
            std::int64_t given;
        };
        std::vector<Stride> strides;
        std::vector<void *> parameters;
    };
    void prepare(Kernel &kernel, const Alternative &chosen) const;
    void assume(EvenChannels even);
    static void launch(Kernel &kernel, nvidia::StreamHandle *stream);
    // What `work` puts on the stream, as a graph.
    [[nodiscard]] nvidia::GraphExec record(nvidia::StreamHandle *stream,
                                           const std::function<void()> &work) const;
    [[nodiscard]] double time(const nvidia::GraphExec &graph, int repeats,
                              nvidia::StreamHandle *stream) const;

    Plan plan_;
    nvidia::SharedContext device_;
    KernelCache &cache_;
    Addresses addresses_;
    std::vector<Kernel> kernels_;
    EvenChannels even_ = 0;                            // that the kernels' parameters assume
    std::map<EvenChannels, nvidia::GraphExec> graphs_; // by what they assume; null: the driver refused one
    bool launched_ = false;
};

} // namespace vsmlrt::cuda
