#include "backends/cuda/mma_shrink.h"

#include "backends/cuda/epilogue.h"
#include "backends/cuda/mma_problem.h"

namespace vsmlrt::cuda {
namespace {

constexpr int channels = 64; // of both
constexpr int taps = 2;      // along an axis

bool halves_the_picture(const ConvProblem &second) {
    return !second.transposed && second.kernel == graph::Pair{taps, taps} &&
           second.strides == graph::Pair{taps, taps} && second.dilations == graph::Pair{1, 1} &&
           second.pads == graph::Quad{} && second.in_channels == channels &&
           second.out_channels == channels && second.epilogue.shuffle == 1 && !second.epilogue.sums &&
           second.epilogue.tensors == 0 && second.epilogue.output_last &&
           second.epilogue.output == second.storage;
}

} // namespace

ConvProblem mma_shrink_problem(const PairProblem &problem) {
    ConvProblem first = problem.first;
    first.epilogue.text =
        in_namespace("behind", problem.second.epilogue) + first.epilogue.text + "#define SHRINKS 1\n";
    first.behind_bytes = taps * taps * channels * channels * 2;
    return first;
}

std::vector<const ConvCandidate *> mma_shrink_candidates(const PairProblem &problem,
                                                         const DeviceFacts &device) {
    const ConvProblem &first = problem.first;
    // Halos whose columns lie by evens and odds are known of 3x3.
    if (first.kernel != graph::Pair{3, 3} || first.dilations != graph::Pair{1, 1} ||
        first.storage != problem.second.storage || !halves_the_picture(problem.second))
        return {};
    return mma_candidates_that_multiply_on(first, device);
}

// By taps, steps of 16 channels and pairs of blocks of 8 filters: fragments of both blocks.
std::vector<std::byte> pack_mma_shrink(const PairProblem &problem, std::span<const float> second) {
    constexpr int blocks = channels / 8;
    std::vector<std::byte> image;
    for (int tap = 0; tap < taps * taps; ++tap)
        for (int step = 0; step < channels / 16; ++step)
            for (int pair = 0; pair < blocks / 2; ++pair)
                for (int lane = 0; lane < 32; ++lane)
                    for (int part = 0; part < 4; ++part)
                        for (int element = 0; element < 2; ++element) {
                            const int column = lane / 4;
                            const int in = mma_channel(blocks, 2 * step + part % 2, lane % 4, element);
                            const int out = mma_channel(blocks, 2 * pair + part / 2, column / 2, column % 2);
                            const int at = (out * channels + in) * taps * taps + tap;
                            add_weight(image, problem.second.storage, second[static_cast<std::size_t>(at)]);
                        }
    return image;
}

Launch launch_mma_shrink(const PairProblem &problem, const ConvCandidate &candidate,
                         const ConvOperands &operands, std::uint64_t weights_address,
                         const std::vector<std::byte> &behind, const DeviceFacts &device) {
    ConvOperands own = operands;
    for (const std::vector<std::byte> &more : {argument(weights_address), behind})
        own.epilogue.insert(own.epilogue.end(), more.begin(), more.end());
    return candidate.launch(problem.first, own, device);
}

} // namespace vsmlrt::cuda
