// A network lowered to the IR, and executions of it.
#pragma once

#include "backends/reference/frames.h"
#include "backends/reference/options.h"
#include "interpreter/interpreter.h"
#include "module/tensor.h"

#include <atomic>
#include <optional>

namespace vsmlrt::reference {

class Program {
public:
    // BadModel or Unsupported for networks that cannot be read or lowered, or do not work at the smallest and
    // the largest size of the range.
    explicit Program(const vsmlrt_program_desc &desc);

    [[nodiscard]] const graph::Graph &graph() const { return graph_; }
    [[nodiscard]] const Faults &faults() const { return faults_; }
    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    // What makes values of the program's precision of floats; none in fp32.
    [[nodiscard]] interpreter::Rounding rounding() const;
    // The shapes of the inputs at one size of the picture.
    [[nodiscard]] std::vector<graph::Shape> input_shapes(vsmlrt_extent extent) const;
    // See vsmlrt_backend::shapes.
    void shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const;
    // The number of this run among all of the program's, from 1.
    [[nodiscard]] std::int64_t count_run() { return runs_.fetch_add(1, std::memory_order_relaxed) + 1; }

private:
    Faults faults_;
    graph::Graph graph_;
    vsmlrt_program_info info_ = {};
    std::atomic<std::int64_t> runs_ = 0;
};

class Context {
public:
    // DeviceError if the options ask for it.
    explicit Context(Program &program);

    // See vsmlrt_backend::bind.
    void bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs);
    // DeviceError if the options ask for it.
    void run();

    // See vsmlrt_backend::bind_frames and run_frames. The result says whether it held a NaN or an infinity.
    void bind_frames(const vsmlrt_frame_plan &plan);
    [[nodiscard]] bool run_frames(const vsmlrt_frame *inputs, const vsmlrt_frame &output);

private:
    void allocate(vsmlrt_extent extent);

    Program &program_;
    vsmlrt_extent extent_ = {0, 0};
    std::optional<interpreter::Interpreter> interpreter_;
    std::vector<HostTensor> inputs_;
    std::vector<HostTensor> outputs_;
    std::optional<Frames> frames_; // what is bound, while frames are
};

} // namespace vsmlrt::reference
