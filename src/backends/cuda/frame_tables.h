// What kernels/frame_encode_subsampled.cuh reads in addition to the picture: how chroma is resampled, and which
// luma each tile of it is made from.
#pragma once

#include "backends/cuda/kernels/frame_args.cuh"
#include "nvidia/handles.h"
#include "pixel/frame_codec.h"

#include <vector>

namespace vsmlrt::cuda {

// Tiles of encode_columns() by `rows` samples of chroma; `rows` is the largest whose luma fits into a block's
// shared memory, or less where the picture has few tiles.
struct EncodeTiles {
    int across = 0; // tiles
    std::vector<FrameSpan> row_spans;
    int rows = 0;
    unsigned shared_bytes = 0;
    int first_tap = 0;
    std::vector<float> across_weights;

    [[nodiscard]] std::int64_t count() const { return across * static_cast<std::int64_t>(row_spans.size()); }
};

// Of a tile, and the luma that they read, even columns and odd ones. `step`: the luma samples that one of
// chroma stands for.
[[nodiscard]] int encode_columns(int step);
[[nodiscard]] int encode_line(int step);

[[nodiscard]] EncodeTiles encode_tiles(const pixel::ChromaMaps &maps, int step_x, int step_y);

// Maps and tiles on the device; the default is none.
class FrameTables {
public:
    FrameTables() = default;
    // The copies are done when it returns.
    FrameTables(const nvidia::SharedContext &device, nvidia::StreamHandle *stream,
                const pixel::ChromaMaps &maps, EncodeTiles tiles);

    [[nodiscard]] bool empty() const { return across_.taps == 0; }
    void fill(FrameEncodeArgs &args) const;
    [[nodiscard]] const EncodeTiles &tiles() const { return tiles_; }

private:
    nvidia::DeviceMemory memory_;
    ResamplingTable across_ = {};
    ResamplingTable down_ = {};
    EncodeTiles tiles_;
    std::uint64_t row_spans_ = 0;
};

} // namespace vsmlrt::cuda
