// Convolutions by mma.sync and by fp32 multiplication: which tiles a problem can have, how its weights lie,
// and its launch. One kernel text serves straight and transposed convolutions: a phase of the latter is a
// convolution with a list of taps.
#include "backends/cuda/candidate.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/mma_args.cuh"
#include "backends/cuda/launching.h"
#include "base/text.h"

#include <algorithm>
#include <climits>

namespace vsmlrt::cuda {
namespace {

constexpr int stages = 4;

// PRODUCT of mma_products.cuh.
enum class Multiplication { halves, half_sums, tf32, three_tf32, floats };

// Whether that is how such a problem may be computed.
constexpr bool multiplies(Multiplication by, const ConvProblem &problem) {
    switch (by) {
    case Multiplication::halves:
        return (problem.storage == Element::f16 || problem.storage == Element::bf16) && !problem.half_sums;
    case Multiplication::half_sums:
        return problem.half_sums;
    case Multiplication::tf32:
        return problem.tf32;
    default:
        return problem.storage == Element::f32 && !problem.tf32;
    }
}

struct Tap {
    int y = 0; // of the input, from the pixel that the output's stride gives
    int x = 0;
    int kernel_y = -1; // of the weights; -1: none, the weights are 0
    int kernel_x = -1;
};

// All taps of all phases, `taps` a phase, and where they reach.
struct Taps {
    int scale = 1; // phases a side
    int taps = 0;
    std::vector<Tap> list;
    int first_y = INT_MAX, first_x = INT_MAX, last_y = INT_MIN, last_x = INT_MIN;

    void reach() {
        for (const Tap &tap : list) {
            first_y = std::min(first_y, tap.y);
            first_x = std::min(first_x, tap.x);
            last_y = std::max(last_y, tap.y);
            last_x = std::max(last_x, tap.x);
        }
    }
};

Taps straight_taps(const ConvProblem &problem) {
    Taps taps;
    taps.taps = static_cast<int>(problem.kernel[0] * problem.kernel[1]);
    for (int i = 0; i < problem.kernel[0]; ++i)
        for (int j = 0; j < problem.kernel[1]; ++j)
            taps.list.push_back({static_cast<int>(i * problem.dilations[0] - problem.pads[0]),
                                 static_cast<int>(j * problem.dilations[1] - problem.pads[1]), i, j});
    taps.reach();
    return taps;
}

// Result scale * y + phase takes tap i where phase + pad - i * dilation is a multiple of the scale.
Taps transposed_taps(const ConvProblem &problem) {
    Taps taps;
    taps.scale = static_cast<int>(problem.strides[0]);
    const auto axis = [&](int phase, std::size_t a) {
        std::vector<std::pair<int, int>> found; // offset, tap
        for (int i = 0; i < problem.kernel[a]; ++i) {
            const auto shift = static_cast<int>(phase + problem.pads[a] - i * problem.dilations[a]);
            if (shift % taps.scale == 0)
                found.emplace_back(shift / taps.scale, i);
        }
        return found;
    };
    std::vector<std::vector<Tap>> phases;
    for (int py = 0; py < taps.scale; ++py)
        for (int px = 0; px < taps.scale; ++px) {
            std::vector<Tap> list;
            for (const auto &[y, i] : axis(py, 0))
                for (const auto &[x, j] : axis(px, 1))
                    list.push_back({y, x, i, j});
            taps.taps = std::max(taps.taps, static_cast<int>(list.size()));
            phases.push_back(std::move(list));
        }
    for (std::vector<Tap> &list : phases) {
        // Phases with fewer taps repeat a place with weights of 0.
        while (static_cast<int>(list.size()) < taps.taps)
            list.push_back({list.empty() ? 0 : list[0].y, list.empty() ? 0 : list[0].x, -1, -1});
        taps.list.insert(taps.list.end(), list.begin(), list.end());
    }
    taps.reach();
    return taps;
}

Taps taps_of(const ConvProblem &problem) {
    return problem.transposed ? transposed_taps(problem) : straight_taps(problem);
}

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

constexpr int most_shared = 99 << 10; // what all architectures have

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
    if (!multiplies(By, problem) || device.architecture < 80 || device.shared_bytes_per_block < most_shared)
        return false;
    if (problem.transposed && (problem.strides[0] != problem.strides[1] ||
                               problem.dilations != graph::Pair{1, 1} || problem.strides[0] > 8))
        return false;
    if (problem.kernel[0] * problem.kernel[1] > mma_most_taps)
        return false;
    const Taps taps = taps_of(problem);
    if (taps.list.size() > mma_most_taps)
        return false;
    // No registers are left for them.
    if (By == Multiplication::tf32 && Blocks == 16 && problem.epilogue.sums)
        return false;
    // Wider blocks than channels waste work, narrow ones read the input once more each.
    const int blocks_needed = (problem.out_channels + 7) / 8;
    if (Blocks > 4 && blocks_needed <= Blocks / 2)
        return false;
    return choose(problem, taps, Blocks, By).tile.width != 0;
}

template <int Blocks, Multiplication By>
std::string source(const ConvProblem &problem) {
    const Taps taps = taps_of(problem);
    const Shape shape = choose(problem, taps, Blocks, By);
    return kernel_source(
        text(problem.epilogue.text, "#define TILE_W ", shape.tile.width, "\n#define TILE_H ",
             shape.tile.height, "\n#define CHUNK ", shape.chunk, "\n#define BLOCKS ", Blocks,
             "\n#define TAPS ", taps.taps, "\n#define HALO_W ", shape.halo_w, "\n#define HALO_H ",
             shape.halo_h, "\n#define STEP_Y ", shape.step_y, "\n#define STEP_X ", shape.step_x,
             "\n#define STAGES ", stages, "\n#define SINGLE ", shape.single ? 1 : 0, "\n#define BRAIN ",
             problem.storage == Element::bf16 ? 1 : 0, "\n#define PRODUCT ", static_cast<int>(By),
             "\n#define OUTPUT_FLOATS ", problem.epilogue.output_floats ? 1 : 0, "\n#define TENSOR_VECTORS ",
             problem.epilogue.broadcast || problem.epilogue.tensors == 0 ? 0 : 1, "\n"),
        "mma.cuh");
}

// One weight in ONNX's order; 0 outside of the network's channels.
float weight_of(const ConvProblem &problem, std::span<const float> weights, int out, int in, const Tap &tap) {
    if (out >= problem.out_channels || in >= problem.in_channels || tap.kernel_y < 0)
        return 0;
    const std::int64_t filter = problem.transposed ? std::int64_t{in} * problem.out_channels + out
                                                   : std::int64_t{out} * problem.in_channels + in;
    return weights[static_cast<std::size_t>((filter * problem.kernel[0] + tap.kernel_y) * problem.kernel[1] +
                                            tap.kernel_x)];
}

// The input channel and the output channel of one weight, of a chunk and of a group of blocks.
struct Place {
    int in;
    int out;
};

// Weights of one tap of a chunk, in the order in which fragments of m16n8k16 (fp32: m16n8k8) are loaded:
// registers 0 and 1 of a lane hold the 4 bytes from row 4 * (lane & 3) / `bytes` on and those 16 bytes
// behind, of column lane / 4; two blocks make 16 bytes.
std::vector<Place> fragments(int chunk, int blocks, int bytes) {
    std::vector<Place> places;
    const int word = 4 / bytes; // elements
    for (int step = 0; step < chunk / (8 * word); ++step)
        for (int pair = 0; pair < blocks / 2; ++pair)
            for (int lane = 0; lane < 32; ++lane)
                for (int part = 0; part < 4; ++part)
                    for (int element = 0; element < word; ++element) {
                        const int column =
                            lane >> 2; // of the block: the thread that keeps its sum, and which
                        places.push_back({(step * 8 + part % 2 * 4 + (lane & 3)) * word + element,
                                          mma_channel(2 * pair + part / 2, column >> 1, column & 1)});
                    }
    return places;
}

// The same for multiplication without tensor cores: of each input channel four channels of each of four
// lanes.
std::vector<Place> quads(int chunk, int blocks) {
    std::vector<Place> places;
    for (int in = 0; in < chunk; ++in)
        for (int quad = 0; quad < blocks / 2; ++quad)
            for (int column = 0; column < 4; ++column)
                for (int element = 0; element < 4; ++element)
                    places.push_back({in, mma_channel(2 * quad + element / 2, column, element % 2)});
    return places;
}

void add_weight(std::vector<std::byte> &image, Element storage, float value) {
    const std::uint16_t half = storage_bits(storage, value);
    const auto *const begin = reinterpret_cast<const std::byte *>(
        storage == Element::f32 ? static_cast<const void *>(&value) : &half);
    image.insert(image.end(), begin, begin + element_size(storage));
}

template <int Blocks, Multiplication By>
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const Taps taps = taps_of(problem);
    const int chunk = choose(problem, taps, Blocks, By).chunk;
    const int chunks = (problem.in_channels + chunk - 1) / chunk;
    const int groups = (problem.out_channels + Blocks * 8 - 1) / (Blocks * 8);
    const int phases = taps.scale * taps.scale;
    const std::vector<Place> places =
        By == Multiplication::floats
            ? quads(chunk, Blocks)
            : fragments(chunk, Blocks, static_cast<int>(element_size(problem.storage)));
    std::vector<std::byte> image;
    image.reserve(static_cast<std::size_t>(groups) * static_cast<std::size_t>(phases * chunks * taps.taps) *
                  places.size() * element_size(problem.storage));
    for (int group = 0; group < groups; ++group)
        for (int phase = 0; phase < phases; ++phase)
            for (int part = 0; part < chunks; ++part)
                for (int tap = 0; tap < taps.taps; ++tap) {
                    const Tap &at =
                        taps.list[static_cast<std::size_t>(phase) * static_cast<std::size_t>(taps.taps) +
                                  static_cast<std::size_t>(tap)];
                    for (const Place &place : places)
                        add_weight(image, problem.storage,
                                   weight_of(problem, weights, group * Blocks * 8 + place.out,
                                             part * chunk + place.in, at));
                }
    return image;
}

template <int Blocks, Multiplication By>
Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &) {
    const Taps taps = taps_of(problem);
    const Shape shape = choose(problem, taps, Blocks, By);
    MmaArgs args = {};
    args.input = operands.input;
    args.weights = operands.weights;
    args.stride_y = operands.in_stride_y;
    args.stride_x = operands.in_stride_x;
    args.height = size_argument(operands.in_height);
    args.width = size_argument(operands.in_width);
    const int vector = 16 / static_cast<int>(element_size(problem.storage));
    args.lanes = (problem.in_channels + vector - 1) / vector * vector;
    args.chunks = (problem.in_channels + shape.chunk - 1) / shape.chunk;
    args.scale = taps.scale;
    args.out_height = size_argument((operands.out_height + taps.scale - 1) / taps.scale);
    args.out_width = size_argument((operands.out_width + taps.scale - 1) / taps.scale);
    args.tiles_x = (args.out_width + shape.tile.width - 1) / shape.tile.width;
    args.first_y = taps.first_y;
    args.first_x = taps.first_x;
    for (std::size_t i = 0; i < taps.list.size(); ++i) {
        args.shift[i] = static_cast<short>((taps.list[i].y - taps.first_y) * shape.halo_w + taps.list[i].x -
                                           taps.first_x);
    }
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

template <int Blocks, Multiplication By>
constexpr ConvCandidate candidate(const char *name) {
    return {name,
            serves<Blocks, By>,
            nullptr,
            source<Blocks, By>,
            pack<Blocks, By>,
            launch<Blocks, By>,
            sum_rows<Blocks, By>};
}

} // namespace

std::span<const ConvCandidate> mma_candidates() {
    // Three products of TF32 keep two sums of a chunk in registers, and threads that multiply by themselves
    // their operands: 128 channels leave no room for them.
    static constexpr ConvCandidate list[] = {
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
    return list;
}

} // namespace vsmlrt::cuda
