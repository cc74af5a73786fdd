#include "backends/cuda/hopper_tail.h"

#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/tail_shape.cuh"

#include <algorithm>

// Whole blocks of 64 filters, two at a time; input channels in planes of 64, which stay in shared memory for
// all filters of a tile.
namespace vsmlrt::cuda {
namespace {

constexpr TailCandidate candidates[] = {{"hopper.tail 30", 30}, {"hopper.tail 24", 24}};

TailShape shape_of(const PairProblem &problem, int rows) {
    return {rows, (problem.first.in_channels + 63) / 64, problem.first.out_channels / 64,
            products_of_taps(problem.second)};
}

} // namespace

std::span<const TailCandidate> tail_candidates() {
    return candidates;
}

bool tail_serves(const PairProblem &problem, const TailCandidate &candidate, const DeviceFacts &device) {
    const ConvProblem &first = problem.first;
    const ConvProblem &second = problem.second;
    if (!device.is_hopper() || first.storage != second.storage || first.transposed ||
        first.out_channels != second.in_channels || !taps_serve(second, device))
        return false;
    if (first.kernel != graph::Pair{3, 3} || first.strides != graph::Pair{1, 1} ||
        first.dilations != graph::Pair{1, 1})
        return false;
    constexpr int most_products = 64;
    constexpr int two_blocks = 128;
    if (first.out_channels % two_blocks != 0 || products_of_taps(second) > most_products ||
        first.epilogue.tensors > 0 || first.epilogue.shuffle != 1 || first.epilogue.sums)
        return false;
    const TailShape shape = shape_of(problem, candidate.rows);
    return shape.planes <= 2 && stages_begin(shape) < shared_limit && stage_slots(shape) >= 3 &&
           shared_bytes(shape) <= device.shared_bytes_per_block;
}

std::string tail_source(const PairProblem &problem, const TailCandidate &candidate) {
    const TailShape shape = shape_of(problem, candidate.rows);
    constexpr int lag = 5; // stages by which the second warpgroup runs behind the first
    const std::string constants = defines({{"TILE_ROWS", shape.rows},
                                           {"IN_PLANES", shape.planes},
                                           {"FILTER_BLOCKS", shape.blocks},
                                           {"PRODUCT_COLUMNS", shape.columns},
                                           {"LAG", lag},
                                           {"PAD_TOP", static_cast<int>(problem.first.pads[0])},
                                           {"PAD_LEFT", static_cast<int>(problem.first.pads[1])}});
    return hopper_source(problem.first, 8 * shape.rows, constants, "hopper/tail.cuh");
}

// The products' filters, block after block of 64 channels; then [round][plane][tap][warpgroup] of the
// convolution's.
std::vector<std::byte> pack_tail(const PairProblem &problem, std::span<const float> first,
                                 std::span<const float> second) {
    const TailShape shape = shape_of(problem, candidates[0].rows); // the tile's height does not matter
    const Filters filters(problem.first, first);
    const Filters behind(problem.second, second);
    const Element storage = problem.first.storage;
    constexpr int taps = 9;
    std::vector<std::byte> image(static_cast<std::size_t>(shape.blocks * (1 + shape.planes * taps)) *
                                 tail_stage_bytes);
    std::byte *to = image.data();
    for (int block = 0; block < shape.blocks; ++block, to += tail_stage_bytes)
        pack_block(to, 64, tail_pixel, storage, [&](int row, int k) {
            const int column = row / 16 * 16 + channel_of_row(row % 16);
            const auto [channel, y, x] = product_of_taps(problem.second, column);
            return behind.at(channel, block * 64 + k, y, x);
        });
    for (int round = 0; round < shape.blocks / tail_groups; ++round)
        for (int plane = 0; plane < shape.planes; ++plane)
            for (int tap = 0; tap < taps; ++tap)
                for (int group = 0; group < tail_groups; ++group, to += tail_stage_bytes)
                    pack_block(to, 64, tail_pixel, storage, [&](int row, int k) {
                        return filters.at((round * tail_groups + group) * 64 + row, plane * 64 + k, tap / 3,
                                          tap % 3);
                    });
    return image;
}

std::int64_t tail_waiting_floats(const PairProblem &problem, const DeviceFacts &device) {
    int rows = 0;
    for (const TailCandidate &candidate : candidates)
        rows = std::max(rows, candidate.rows);
    constexpr std::int64_t of_row = 128 * 4;
    return problem.first.out_channels > 128 ? device.multiprocessors * rows * of_row : 4;
}

Launch launch_tail(const PairProblem &problem, const TailCandidate &candidate, const ConvOperands &operands,
                   std::uint64_t waiting, const DeviceFacts &device) {
    const TailShape shape = shape_of(problem, candidate.rows);
    const std::int64_t tiles =
        (operands.out_width + 7) / 8 * ((operands.out_height + shape.rows - 1) / shape.rows);
    Launch launch = resident_launch(tiles, device.multiprocessors, 384, shared_bytes(shape));
    launch.arguments = {
        picture_map(problem.first.storage, input_of(problem.first, operands), {64, 10, shape.rows + 2}),
        argument(operands.weights), argument(operands.output), argument(waiting), operands.epilogue};
    return launch;
}

} // namespace vsmlrt::cuda
