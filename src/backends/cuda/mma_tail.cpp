#include "backends/cuda/mma_tail.h"

#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/mma_tail_args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/mma_problem.h"
#include "base/text.h"

namespace vsmlrt::cuda {
namespace {

constexpr int channels = 64; // between the two
constexpr int taps = 3;      // along an axis
constexpr int tile = 16;     // pixels a side, whose rows are shared out in strips
constexpr int strip = 4;

std::int64_t tiles_of(std::int64_t width) {
    return (width + tile - 1) / tile;
}
std::int64_t strips_of(std::int64_t height) {
    return (height + tile - 1) / tile * (tile / strip);
}
std::int64_t pitch_of(std::int64_t width) {
    return tiles_of(width) * (tile + taps - 1);
}

bool has_few_channels(const ConvProblem &second) {
    constexpr int most_channels = 4;
    constexpr std::int64_t most_pads = taps - 1; // so that a result's sums are not before the first
    return !second.transposed && second.kernel == graph::Pair{taps, taps} &&
           second.strides == graph::Pair{1, 1} && second.dilations == graph::Pair{1, 1} &&
           second.in_channels == channels && second.out_channels <= most_channels &&
           second.pads[0] <= most_pads && second.pads[1] <= most_pads && second.epilogue.shuffle == 1 &&
           !second.epilogue.sums;
}

std::string tail_text(const ConvProblem &second) {
    return text("#define TAIL_CHANNELS ", second.out_channels, "\n");
}

} // namespace

ConvProblem mma_tail_problem(const PairProblem &problem) {
    ConvProblem first = problem.first;
    first.epilogue.text += tail_text(problem.second);
    return first;
}

std::vector<const ConvCandidate *> mma_tail_candidates(const PairProblem &problem,
                                                       const DeviceFacts &device) {
    if (problem.first.storage != problem.second.storage || !has_few_channels(problem.second))
        return {};
    return mma_candidates_that_multiply_on(problem.first, device);
}

// By rows of taps and steps of 16 channels: fragments of two blocks of 8 columns. Columns 2 * c and 2 * c + 1
// of both blocks are channel c's, of three columns of taps; the fourth is empty. A tap adds to a pixel as far
// below and right of the corner as it is above and left of the last one.
std::vector<std::byte> pack_mma_tail(const PairProblem &problem, std::span<const float> second) {
    const ConvProblem &to = problem.second;
    std::vector<std::byte> image;
    const auto weight = [&](int row, int column, int channel, int k) {
        if (channel >= to.out_channels || column >= taps)
            return 0.0F;
        const int plane = (channel * channels + k) * taps;
        return second[static_cast<std::size_t>((plane + taps - 1 - row) * taps + taps - 1 - column)];
    };
    for (int row = 0; row < taps; ++row)
        for (int step = 0; step < channels / 16; ++step)
            for (int lane = 0; lane < 32; ++lane)
                for (int block = 0; block < 2; ++block)
                    for (int e = 0; e < 4; ++e) {
                        const int column = lane / 4;
                        const int k = mma_channel(channels / 8, 2 * step + e / 2, lane % 4, e % 2);
                        add_weight(image, to.storage, weight(row, 2 * block + column % 2, column / 2, k));
                    }
    return image;
}

std::int64_t mma_tail_floats(const PairProblem &problem, std::int64_t height, std::int64_t width) {
    return strips_of(height) * (strip + taps - 1) * problem.second.out_channels * pitch_of(width);
}

Launch launch_mma_tail(const PairProblem &problem, const ConvCandidate &candidate,
                       const ConvOperands &operands, std::uint64_t taps_address, std::uint64_t sums,
                       const DeviceFacts &device) {
    ConvOperands own = operands;
    for (const std::vector<std::byte> &more :
         {argument(taps_address), argument(sums), argument(pitch_of(operands.out_width))})
        own.epilogue.insert(own.epilogue.end(), more.begin(), more.end());
    return candidate.launch(problem.first, own, device);
}

std::string mma_tail_sums_source(const ConvProblem &second) {
    return kernel_source(text(second.epilogue.text, tail_text(second), "#define BRAIN ",
                              second.storage == Element::bf16 ? 1 : 0, "\n#define ONE_VECTOR ",
                              second.epilogue.one_vector ? 1 : 0, "\n"),
                         "mma_tail_sums.cuh");
}

Launch launch_mma_tail_sums(const ConvProblem &second, const ConvOperands &operands) {
    const auto moved = [&](std::size_t axis) { return taps - 1 - static_cast<int>(second.pads[axis]); };
    TailSumsArgs args{};
    args.threads = operands.out_height * operands.out_width;
    args.sums = operands.input;
    args.pitch = pitch_of(operands.in_width);
    args.tiles = size_argument(tiles_of(operands.in_width));
    args.strips = size_argument(strips_of(operands.in_height));
    args.moved_y = moved(0);
    args.moved_x = moved(1);
    return plain_launch(args.threads, {argument(args), operands.epilogue});
}

} // namespace vsmlrt::cuda
