// Frames of one size through one program: tiles out, contexts run, results laid together. Thread-safe.
#pragma once

#include "engine/memory.h"
#include "engine/pool.h"
#include "pixel/tiling.h"
#include "tile/plan.h"

#include <atomic>
#include <optional>

namespace vsmlrt::engine {

// How frames of one size are laid out for a network.
struct Layout {
    int width = 0; // of the frame
    int height = 0;
    vsmlrt_extent tile = {0, 0}; // what one execution reads
    pixel::Border border = pixel::Border::mirror;
    tile::Plan plan;
};

// How frames of a clip cross the door of a backend that converts them on its device.
struct FrameFormats {
    std::vector<vsmlrt_frame_input> inputs; // in the order of the network's channels
    int output_channels = 0;                // of the network's result
    vsmlrt_frame_format output = {};
    bool limit = false; // the network's samples are limited to [0, 1] before they are converted
};

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

    // Size of the output / size of the input, in width and in height; they differ for networks that lay
    // several pictures above each other (SAFA).
    [[nodiscard]] int scale() const { return scale_; }
    [[nodiscard]] int height_scale() const { return height_scale_; }
    [[nodiscard]] int output_channels() const { return channels_; }
    [[nodiscard]] vsmlrt_type input_type() const { return input_type_; } // of the first input
    [[nodiscard]] vsmlrt_type output_type() const { return output_type_; }
    [[nodiscard]] const Program &program() const { return *program_; }
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
    // The spans of one direction, with their weights.
    struct Direction {
        std::vector<std::vector<float>> weights;
        std::vector<vsmlrt_tile_span> spans;

        void add(const tile::Span &span, int scale, int limit);
    };
    void measure();
    void claim_sums();
    void bind_frames();
    // A context whose frames are bound.
    [[nodiscard]] ContextPool::Lease acquire_bound();

    std::shared_ptr<const Program> program_;
    Layout layout_;
    int num_streams_;
    bool half_planes_;
    Contexts contexts_;
    ContextPool pool_;
    std::optional<MemoryClaim> sums_; // of frames that are blended in float32 and kept in half
    int scale_ = 1;
    int height_scale_ = 1;
    int channels_ = 0;
    vsmlrt_type input_type_ = VSMLRT_FLOAT32;
    vsmlrt_type output_type_ = VSMLRT_FLOAT32;
    Direction columns_;
    Direction rows_;
    std::optional<FrameFormats> frames_;
    vsmlrt_frame_plan frame_plan_ = {}; // what the contexts are bound to, with `frames_`
    std::atomic<int> in_flight_ = 0;
};

} // namespace vsmlrt::engine
