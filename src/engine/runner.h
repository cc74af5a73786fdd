// Frames of one size through one program: tiles out, contexts run, results laid together. Thread-safe.
#pragma once

#include "engine/frame_path.h"
#include "engine/memory.h"
#include "engine/pool.h"

#include <atomic>
#include <optional>

namespace vsmlrt::engine {

// What the contexts take whose frames are of this layout and, on a device that converts them, of these
// formats.
[[nodiscard]] vsmlrt_program_info contexts_info(const Program &program, const Layout &layout,
                                                const std::optional<FrameFormats> &frames);

class Runner {
public:
    // What frames are computed in, and the memory that they take.
    struct Contexts {
        int count = 0; // num_streams, and the spare ones that there is memory for
        MemoryClaim memory;
    };

    // With `frames` the runner takes frames of those formats, else planes of floats; `half_planes`: those of
    // results are float16. BadModel if the network's output for the layout's tile is not a whole multiple of
    // it, or its outputs are not one picture; DeviceError, with the figures, if num_streams contexts and one
    // of the program's spare ones do not fit into the memory that live programs leave.
    Runner(std::shared_ptr<const Program> program, const Layout &layout, int num_streams,
           std::optional<FrameFormats> frames = {}, bool half_planes = false);

    [[nodiscard]] const Measured &network() const { return network_; }
    [[nodiscard]] const Program &program() const { return *program_; }
    // What was said of the contexts when they were made.
    [[nodiscard]] const vsmlrt_program_info &info() const { return info_; }
    [[nodiscard]] int num_streams() const { return num_streams_; }
    // How many frames are being computed or wait for a context.
    [[nodiscard]] int in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

    // Planes of floats, one a channel: inputs of the layout's size, outputs of scale x that. Waits for a free
    // context.
    [[nodiscard]] pixel::SampleFindings run(std::span<const pixel::ConstPlane> inputs,
                                            std::span<const pixel::Plane> outputs);
    // Frames of the formats given when the runner was made. Waits for a free context.
    [[nodiscard]] pixel::SampleFindings run(std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output);

    // How long each kernel takes for one tile, after frames have run.
    [[nodiscard]] NetworkTime time_layers();

private:
    [[nodiscard]] Measured measure();
    void claim_sums();
    void bind_frames();
    // A context whose frames are bound.
    [[nodiscard]] ContextPool::Lease acquire_bound();

    std::shared_ptr<const Program> program_;
    Layout layout_;
    int num_streams_;
    std::optional<FrameFormats> frames_;
    bool half_planes_;
    vsmlrt_program_info info_;
    Contexts contexts_;
    ContextPool pool_;
    Measured network_;
    FramePath path_;
    std::optional<MemoryClaim> sums_;   // of frames that are blended in float32 and kept in half
    vsmlrt_frame_plan frame_plan_ = {}; // what the contexts are bound to, with `frames_`
    std::atomic<int> in_flight_ = 0;
};

} // namespace vsmlrt::engine
