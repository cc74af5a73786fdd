// One frame on its way through a program: a stream, staging memory on both sides, and for the network itself
// an arena of the program, which it holds no longer than that runs.
#pragma once

#include "backends/cuda/frames.h"
#include "backends/cuda/program.h"

#include <functional>
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
    [[nodiscard]] std::vector<LaunchName> launch_names();
    // See vsmlrt_backend::time_layers; gives the milliseconds of the network as a whole.
    double time_layers(const std::function<void(const vsmlrt_layer_time &)> &visit);
    // How many frames of the bound size ran side by side, and milliseconds of the device for each: as many as
    // there are contexts and arenas for, the mean over about `duration` milliseconds. The inputs are a frame
    // of that size, as for all that is timed.
    struct SideBySide {
        std::size_t frames;
        double milliseconds;
    };
    [[nodiscard]] SideBySide time_side_by_side(double duration);
    // Milliseconds on the device of launches [first, last), as a graph; the mean of `repeats`.
    [[nodiscard]] double time_launches(std::size_t first, std::size_t last, int repeats);

private:
    // A tensor at the door, and of an input its copy on the device. The memory is kept for the largest that
    // was bound.
    struct End {
        vsmlrt_tensor tensor = {};
        std::size_t bytes = 0;
        nvidia::PinnedMemory host;
        nvidia::DeviceMemory device;
        std::size_t place = 0; // of an output, in a result
    };
    void resize(End &end, const vsmlrt_tensor &tensor) const;
    // Takes of the program's memory what frames of that size need; nothing should it fail.
    void prepare(vsmlrt_extent extent, const BytesOfFrames &bytes);
    // Calls `work` with the launches of the bound size and their arena while it holds that. What it gives
    // stands for the frame until that is complete.
    template <typename Work>
    Counted with_network(Work &&work);
    // The same for what is timed: the inputs hold a frame of the size. DeviceError where none does.
    template <typename Work>
    void with_inputs(Work &&work);
    void copy_inputs(const Launches &from, const Launches &to, Arena &arena) const;
    // `network` and `arena` are one of those side by side.
    [[nodiscard]] SideBySide time_side_by_side(Launches &network, Arena &arena, double duration);
    // Runs `work`; should it fail, nothing of it is under way any more when this throws.
    template <typename Work>
    void guarded(Work &&work);

    // Begins a step of the first frame.
    void step(const char *name) {
        if (first_)
            first_->begin(name);
    }
    void end_of_frame();

    Program &program_;
    std::optional<StepClock> first_; // until a frame has been computed
    nvidia::Stream stream_;
    nvidia::Sleeper sleeper_;
    std::optional<vsmlrt_extent> extent_; // bound
    std::vector<End> inputs_;
    std::vector<End> outputs_;
    ResultStore::Share share_;
    std::optional<Frames> frames_; // while frames are bound
};

} // namespace vsmlrt::cuda
