#include "backends/cuda/mma_problem.h"

#include "backends/cuda/launching.h"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

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

// One weight in ONNX's order, of a filter; 0 outside of the network's channels and of the kernel.
float weight_of(const ConvProblem &problem, const Taps &taps, std::span<const float> weights, int filter,
                int in, Tap tap) {
    const int phases = taps.spread * taps.spread;
    const int out = filter / phases;
    if (taps.spread > 1) {
        const auto place = [&](int phase, int at, std::size_t axis) {
            return static_cast<int>(phase + problem.pads[axis]) - at * taps.spread;
        };
        tap.kernel_y = place(filter % phases / taps.spread, tap.y, 0);
        tap.kernel_x = place(filter % taps.spread, tap.x, 1);
    }
    if (out >= problem.out_channels || in >= problem.in_channels || tap.kernel_y < 0 || tap.kernel_x < 0 ||
        tap.kernel_y >= problem.kernel[0] || tap.kernel_x >= problem.kernel[1])
        return 0;
    const std::int64_t plane = problem.transposed ? std::int64_t{in} * problem.out_channels + out
                                                  : std::int64_t{out} * problem.in_channels + in;
    return weights[static_cast<std::size_t>((plane * problem.kernel[0] + tap.kernel_y) * problem.kernel[1] +
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
                                          mma_channel(blocks, 2 * pair + part / 2, column >> 1, column & 1)});
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
                    places.push_back({in, mma_channel(blocks, 2 * quad + element / 2, column, element % 2)});
    return places;
}

// Whether each pixel that a shuffle makes is one vector of 8 channels and lanes behind them.
bool shuffles_to_vectors(const Epilogue &epilogue) {
    return epilogue.shuffled_vectors && epilogue.shuffled_lanes == 8 && element_size(epilogue.output) == 2;
}

} // namespace

bool multiplies(Multiplication by, const ConvProblem &problem) {
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

void Taps::reach() {
    for (const Tap &tap : list) {
        first_y = std::min(first_y, tap.y);
        first_x = std::min(first_x, tap.x);
        last_y = std::max(last_y, tap.y);
        last_x = std::max(last_x, tap.x);
    }
}

Taps taps_of(const ConvProblem &problem) {
    return problem.transposed ? transposed_taps(problem) : straight_taps(problem);
}

Taps spread_taps_of(const ConvProblem &problem) {
    Taps taps;
    taps.spread = static_cast<int>(problem.strides[0]);
    const Taps phases = transposed_taps(problem);
    for (int y = phases.first_y; y <= phases.last_y; ++y)
        for (int x = phases.first_x; x <= phases.last_x; ++x)
            taps.list.push_back({y, x, -1, -1});
    taps.taps = static_cast<int>(taps.list.size());
    taps.reach();
    return taps;
}

bool has_mma_taps(const ConvProblem &problem, const DeviceFacts &device) {
    if (device.architecture < 80 || device.shared_bytes_per_block < most_shared)
        return false;
    if (problem.transposed && (problem.strides[0] != problem.strides[1] ||
                               problem.dilations != graph::Pair{1, 1} || problem.strides[0] > 8))
        return false;
    return problem.kernel[0] * problem.kernel[1] <= mma_most_taps &&
           taps_of(problem).list.size() <= mma_most_taps;
}

std::string mma_text(const ConvProblem &problem, const Taps &taps, Multiplication by) {
    const bool few = problem.out_channels <= 4; // more are not told, so that problems share kernels
    return text(problem.epilogue.text, "#define BRAIN ", problem.storage == Element::bf16 ? 1 : 0,
                "\n#define PRODUCT ", static_cast<int>(by), "\n#define OUTPUT_FLOATS ",
                problem.epilogue.output_floats ? 1 : 0, "\n#define TENSOR_VECTORS ",
                problem.epilogue.broadcast || problem.epilogue.tensors == 0 ? 0 : 1,
                "\n#define WHOLE_EIGHTS ", problem.out_channels % 8 == 0 ? 1 : 0, "\n#define OUT_CHANNELS ",
                few ? problem.out_channels : 0, "\n#define ROWS_OF_PLANES ", problem.epilogue.rows_of_planes,
                "\n#define TENSORS_ENLARGED ", problem.epilogue.enlarged ? 1 : 0, "\n#define ONE_VECTOR ",
                problem.epilogue.one_vector ? 1 : 0, "\n#define SHUFFLED_VECTOR ",
                shuffles_to_vectors(problem.epilogue) ? 1 : 0, "\n#define SCALE ", taps.scale,
                "\n#define SPREAD ", taps.spread, "\n#define TAPS ", taps.taps, "\n");
}

MmaArgs mma_arguments(const ConvProblem &problem, const ConvOperands &operands, const Taps &taps,
                      int tile_width, int halo_width, int chunk) {
    MmaArgs args = {};
    args.input = operands.input;
    args.weights = operands.weights;
    args.stride_y = operands.in_stride_y;
    args.stride_x = operands.in_stride_x;
    args.height = size_argument(operands.in_height);
    args.width = size_argument(operands.in_width);
    const int vector = 16 / static_cast<int>(element_size(problem.storage));
    args.lanes = (problem.in_channels + vector - 1) / vector * vector;
    args.chunks = (problem.in_channels + chunk - 1) / chunk;
    const int phases = taps.scale * taps.spread;
    args.out_height = size_argument((operands.out_height + phases - 1) / phases);
    args.out_width = size_argument((operands.out_width + phases - 1) / phases);
    args.tiles_x = (args.out_width + tile_width - 1) / tile_width;
    args.first_y = taps.first_y;
    args.first_x = taps.first_x;
    for (std::size_t i = 0; i < taps.list.size(); ++i) {
        const int column = taps.list[i].x - taps.first_x;
        args.shift[i] = static_cast<short>((taps.list[i].y - taps.first_y) * halo_width + column);
        args.column[i] = static_cast<signed char>(column);
    }
    return args;
}

std::vector<std::byte> mma_weights(const ConvProblem &problem, const Taps &taps,
                                   std::span<const float> weights, int chunk, int blocks, bool apart) {
    const int chunks = (problem.in_channels + chunk - 1) / chunk;
    const int groups = (problem.out_channels * taps.spread * taps.spread + blocks * 8 - 1) / (blocks * 8);
    const int phases = taps.scale * taps.scale;
    const std::vector<Place> places =
        apart ? quads(chunk, blocks)
              : fragments(chunk, blocks, static_cast<int>(element_size(problem.storage)));
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
                                   weight_of(problem, taps, weights, group * blocks * 8 + place.out,
                                             part * chunk + place.in, at));
                }
    return image;
}

} // namespace vsmlrt::cuda
