// Convolutions by mma.sync and by fp32 multiplication: which tiles a problem can have, how its weights lie,
// and its launch. One kernel text serves straight and transposed convolutions: a phase of the latter is a
// convolution with a list of taps.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/mma_problem.h"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

constexpr int stages = 4;

struct Tile {
    int width;
    int height;
    int chunk_bytes; // of a pixel: input channels at a time
};

struct Shape {
    Tile tile;
    int chunk;  // input channels at a time
    int blocks; // of 8 output channels
    int step_y, step_x;
    int halo_w, halo_h;
    int shared_bytes;
    bool single; // all input channels lie in shared memory at once, and the weights of all taps with them
};

Shape shape_of(const ConvProblem &problem, const Taps &taps, const Tile &tile, int blocks) {
    const int chunk = tile.chunk_bytes / static_cast<int>(element_size(problem.storage));
    Shape shape{tile, chunk, blocks, 1, 1, 0, 0, 0, false};
    if (!problem.transposed) {
        shape.step_y = static_cast<int>(problem.strides[0]);
        shape.step_x = static_cast<int>(problem.strides[1]);
    }
    shape.halo_w = (tile.width - 1) * shape.step_x + taps.last_x - taps.first_x + 1;
    shape.halo_h = (tile.height - 1) * shape.step_y + taps.last_y - taps.first_y + 1;
    const int halo = shape.halo_w * shape.halo_h * tile.chunk_bytes;
    const int tap = tile.chunk_bytes * blocks * 8; // weights of one
    shape.single = problem.in_channels <= chunk && halo + taps.taps * tap <= most_shared;
    shape.shared_bytes = shape.single ? halo + taps.taps * tap : 2 * halo + stages * tap;
    return shape;
}

// The first tile whose buffers fit; none has width 0. Without tensor cores there is enough to do in half a
// chunk, and registers do for three small blocks on a multiprocessor, not for two large ones.
Shape choose(const ConvProblem &problem, const Taps &taps, int blocks, Multiplication by) {
    constexpr Tile tiles[] = {{32, 8, 64}, {32, 8, 32}, {16, 8, 64}, {16, 8, 32}, {16, 4, 32}};
    const int input_bytes = problem.in_channels * static_cast<int>(element_size(problem.storage));
    for (const Tile &tile : tiles) {
        if (tile.chunk_bytes == 64 && input_bytes <= 32)
            continue;
        if (by == Multiplication::floats && (tile.width == 32 || tile.chunk_bytes == 64))
            continue;
        const Shape shape = shape_of(problem, taps, tile, blocks);
        if (shape.shared_bytes <= most_shared)
            return shape;
    }
    return {};
}

template <int Blocks, Multiplication By>
bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!multiplies(By, problem) || !has_mma_taps(problem, device))
        return false;
    // No registers are left for them.
    if (By == Multiplication::tf32 && Blocks == 16 && problem.epilogue.sums)
        return false;
    // Wider blocks than channels waste work, narrow ones read the input once more each.
    const int blocks_needed = (problem.out_channels + 7) / 8;
    if (Blocks > 4 && blocks_needed <= Blocks / 2)
        return false;
    return choose(problem, taps_of(problem), Blocks, By).tile.width != 0;
}

template <int Blocks, Multiplication By>
std::string source(const ConvProblem &problem) {
    const Taps taps = taps_of(problem);
    const Shape shape = choose(problem, taps, Blocks, By);
    return kernel_source(text(mma_text(problem, taps, By), "#define TILE_W ", shape.tile.width,
                              "\n#define TILE_H ", shape.tile.height, "\n#define CHUNK ", shape.chunk,
                              "\n#define BLOCKS ", Blocks, "\n#define HALO_W ", shape.halo_w,
                              "\n#define HALO_H ", shape.halo_h, "\n#define STEP_Y ", shape.step_y,
                              "\n#define STEP_X ", shape.step_x, "\n#define PIXEL_BLOCKS 2\n#define STAGES ",
                              stages, "\n#define SINGLE ", shape.single ? 1 : 0, "\n"),
                         "mma.cuh");
}

template <int Blocks, Multiplication By>
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    return mma_weights(problem, taps_of(problem), weights,
                       choose(problem, taps_of(problem), Blocks, By).chunk, Blocks,
                       By == Multiplication::floats);
}

template <int Blocks, Multiplication By>
Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &) {
    const Taps taps = taps_of(problem);
    const Shape shape = choose(problem, taps, Blocks, By);
    const MmaArgs args = mma_arguments(problem, operands, taps, shape.tile.width, shape.halo_w, shape.chunk);
    const int tiles_y = (args.out_height + shape.tile.height - 1) / shape.tile.height;
    const int groups = (problem.out_channels + Blocks * 8 - 1) / (Blocks * 8);
    Launch result;
    result.grid = {static_cast<unsigned>(args.tiles_x * tiles_y), static_cast<unsigned>(groups),
                   static_cast<unsigned>(taps.scale * taps.scale)};
    result.block = {static_cast<unsigned>(shape.tile.width * shape.tile.height), 1, 1};
    result.shared_bytes = static_cast<unsigned>(shape.shared_bytes);
    result.arguments = {argument(args), operands.epilogue};
    return result;
}

// Of every tile.
template <int Blocks, Multiplication By>
int sum_rows(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    return problem.transposed || problem.epilogue.shuffle != 1
               ? 0
               : static_cast<int>(launch<Blocks, By>(problem, operands, device).grid[0]);
}

// Floats have no other kernels, and what halves are summed up in halves is for cards that were not at hand.
template <Multiplication By>
bool contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    return By != Multiplication::halves || !mma_stream_leads(problem, operands, device);
}

template <int Blocks, Multiplication By>
constexpr ConvCandidate candidate(const char *name) {
    return {name,
            serves<Blocks, By>,
            nullptr,
            source<Blocks, By>,
            pack<Blocks, By>,
            launch<Blocks, By>,
            sum_rows<Blocks, By>,
            contends<By>};
}

} // namespace

std::span<const ConvCandidate> mma_candidates() {
    // Three products of TF32 keep two sums of a chunk in registers, and threads that multiply by themselves
    // their operands: 128 channels leave no room for them.
    static constexpr ConvCandidate own[] = {
        candidate<16, Multiplication::halves>("mma of 128 channels"),
        candidate<8, Multiplication::halves>("mma of 64 channels"),
        candidate<4, Multiplication::halves>("mma of 32 channels"),
        candidate<8, Multiplication::half_sums>("mma of 64 channels with fp16 sums"),
        candidate<4, Multiplication::half_sums>("mma of 32 channels with fp16 sums"),
        candidate<16, Multiplication::tf32>("tf32 mma of 128 channels"),
        candidate<8, Multiplication::tf32>("tf32 mma of 64 channels"),
        candidate<4, Multiplication::tf32>("tf32 mma of 32 channels"),
        candidate<8, Multiplication::floats>("fma of 64 channels"),
        candidate<4, Multiplication::floats>("fma of 32 channels"),
        candidate<8, Multiplication::three_tf32>("three tf32 mma of 64 channels"),
        candidate<4, Multiplication::three_tf32>("three tf32 mma of 32 channels")};
    static const std::vector<ConvCandidate> list = [] {
        const std::span<const ConvCandidate> streams = mma_stream_candidates();
        std::vector<ConvCandidate> all(streams.begin(), streams.end());
        all.insert(all.end(), std::begin(own), std::end(own));
        return all;
    }();
    return list;
}

} // namespace vsmlrt::cuda
