// Frames of one size through one program: tiles out, contexts run, results laid together. Thread-safe.
#pragma once

#include "engine/pool.h"
#include "pixel/codec.h"
#include "tensor/buffer.h"
#include "tile/plan.h"

namespace vsmlrt::engine {

// How frames of one size are laid out for a network.
struct Layout {
    int width = 0; // of the frame
    int height = 0;
    vsmlrt_extent tile = {0, 0}; // what one execution reads
    pixel::Border border = pixel::Border::mirror;
    tile::Plan plan;
};

class Runner {
public:
    // BadModel if the network's output for the layout's tile is not a whole multiple of it, or its outputs
    // are not one picture; DeviceError if num_streams contexts do not fit the device's memory, with the
    // figures.
    Runner(std::shared_ptr<const Program> program, const Layout &layout, int num_streams);

    // Size of the output / size of the input, in width and in height; they differ for networks that lay
    // several pictures above each other (SAFA).
    [[nodiscard]] int scale() const { return scale_; }
    [[nodiscard]] int height_scale() const { return height_scale_; }
    [[nodiscard]] int output_channels() const { return channels_; }
    [[nodiscard]] vsmlrt_type input_type() const { return input_type_; } // of the first input
    [[nodiscard]] vsmlrt_type output_type() const { return output_type_; }
    [[nodiscard]] const Program &program() const { return *program_; }

    // One plane a channel: inputs of the layout's size, outputs of scale x that. Waits for a free context.
    [[nodiscard]] pixel::Seen run(std::span<const pixel::ConstPlane> inputs,
                                  std::span<const pixel::Plane> outputs);

private:
    // Weights of the positions [begin, end) of a span, in pixels of the output, of the part inside the frame.
    struct Reach {
        int first = 0; // position in the output frame
        int skip = 0;  // position of the same pixel in the tile's output
        std::vector<float> weights;
    };
    [[nodiscard]] static Reach reach(const tile::Span &span, int scale, int limit);
    void measure();
    void read_tile(Context &context, std::span<const pixel::ConstPlane> inputs, int x, int y) const;
    [[nodiscard]] pixel::Seen run_single(Context &context, std::span<const pixel::ConstPlane> inputs,
                                         std::span<const pixel::Plane> outputs) const;
    [[nodiscard]] pixel::Seen run_tiles(Context &context, std::span<const pixel::ConstPlane> inputs,
                                        std::span<const pixel::Plane> outputs) const;
    [[nodiscard]] pixel::Seen run_blended(Context &context, std::span<const pixel::ConstPlane> inputs,
                                          std::span<const pixel::Plane> outputs) const;

    std::shared_ptr<const Program> program_;
    Layout layout_;
    ContextPool pool_;
    int scale_ = 1;
    int height_scale_ = 1;
    int channels_ = 0;
    vsmlrt_type input_type_ = VSMLRT_FLOAT32;
    vsmlrt_type output_type_ = VSMLRT_FLOAT32;
    std::vector<Reach> columns_;
    std::vector<Reach> rows_;
};

} // namespace vsmlrt::engine
