// What the kernels between frames and tensors read in addition to the picture: how chroma is resampled, which
// luma each tile of subsampled chroma is made from (kernels/frame_encode_subsampled.cuh), and in which strips
// it is enlarged (kernels/frame_decode_subsampled.cuh).
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

// Strips of 64 columns by `rows` pixels, a warp's; `rows` is the largest whose chroma fits into a block's
// shared memory.
struct DecodeStrips {
    int rows = 0;
    int chroma_rows = 0; // that a strip reads, at most

    [[nodiscard]] std::int64_t blocks(vsmlrt_extent tile) const;
    [[nodiscard]] unsigned shared_bytes() const;
};

[[nodiscard]] DecodeStrips decode_strips(const pixel::ChromaMaps &maps);

// Maps and tiles or strips on the device; the default is none.
class FrameTables {
public:
    FrameTables() = default;
    // The copies are done when it returns.
    FrameTables(const nvidia::SharedContext &device, nvidia::StreamHandle *stream,
                const pixel::ChromaMaps &maps, EncodeTiles tiles);
    FrameTables(const nvidia::SharedContext &device, nvidia::StreamHandle *stream,
                const pixel::ChromaMaps &maps, DecodeStrips strips);

    [[nodiscard]] bool empty() const { return across_.taps == 0; }
    void fill(FrameDecodeArgs &args) const;
    void fill(FrameEncodeArgs &args) const;
    [[nodiscard]] const EncodeTiles &tiles() const { return tiles_; }
    [[nodiscard]] const DecodeStrips &strips() const { return strips_; }

private:
    nvidia::DeviceMemory memory_;
    ResamplingTable across_ = {};
    ResamplingTable down_ = {};
    EncodeTiles tiles_;
    DecodeStrips strips_;
    std::uint64_t row_spans_ = 0;
};

} // namespace vsmlrt::cuda
