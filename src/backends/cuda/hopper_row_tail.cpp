#include "backends/cuda/hopper_row_tail.h"

#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_tail.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/hopper/row_tail_shape.cuh"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

RowTailShape shape_of(const PairProblem &problem) {
    return {problem.second.out_channels, problem.second.transposed};
}

int complete_columns(const RowTailShape &shape) {
    return row_tail_columns(shape) - 2;
}

// Rows of all strips, as blocks share them out.
std::int64_t rows_of(const PairProblem &problem, std::int64_t height, std::int64_t width) {
    const int complete = complete_columns(shape_of(problem));
    const std::int64_t strips = (tap_places(problem.second, 1, width).count + complete - 1) / complete;
    return strips * tap_places(problem.second, 0, height).count;
}

} // namespace

bool row_tail_serves(const PairProblem &problem, const DeviceFacts &device) {
    const ConvProblem &first = problem.first;
    const ConvProblem &second = problem.second;
    if (!device.is_hopper() || first.storage != second.storage || first.out_channels != second.in_channels ||
        first.transposed || !taps_serve(second, device))
        return false;
    if (first.kernel != graph::Pair{3, 3} || first.strides != graph::Pair{1, 1} ||
        first.dilations != graph::Pair{1, 1})
        return false;
    constexpr int half_of_lanes = 32;
    constexpr int lanes = 64;
    for (const int channels : {first.in_channels, first.out_channels})
        if (channels <= half_of_lanes || channels > lanes)
            return false;
    return first.epilogue.tensors == 0 && first.epilogue.shuffle == 1 && !first.epilogue.sums &&
           second.epilogue.shuffle == 1 && !second.epilogue.sums &&
           row_tail_bytes(shape_of(problem), row_tail_columns(shape_of(problem))) <=
               device.shared_bytes_per_block;
}

bool row_tail_pays(const PairProblem &problem, std::int64_t height, std::int64_t width,
                   const DeviceFacts &device) {
    // Of the first layer a block computes two rows more than of the second.
    constexpr std::int64_t fewest_rows = 8;
    return rows_of(problem, height, width) >= fewest_rows * device.multiprocessors &&
           is_cheap(problem.first.epilogue);
}

std::string row_tail_source(const PairProblem &problem) {
    const ConvProblem &second = problem.second;
    std::string generated = defines({{"STORAGE_BF16", problem.first.storage == Element::bf16},
                                     {"PAD_TOP", static_cast<int>(problem.first.pads[0])},
                                     {"PAD_LEFT", static_cast<int>(problem.first.pads[1])},
                                     {"MIDDLE_CHANNELS", problem.first.out_channels},
                                     {"OUT_CHANNELS", second.out_channels},
                                     {"TRANSPOSED", second.transposed},
                                     {"TAPS_ODD_Y", tap_places(second, 0, 1).odd},
                                     {"TAPS_ODD_X", tap_places(second, 1, 1).odd}});
    generated += two_epilogues(problem.first.epilogue, second.epilogue);
    generated += product_text(row_tail_columns(shape_of(problem)), problem.first.storage);
    return kernel_source(generated, "hopper/row_tail.cuh");
}

// The first layer's filters tap by tap, then the second one's blocks.
std::vector<std::byte> pack_row_tail(const PairProblem &problem, std::span<const float> first,
                                     std::span<const float> second) {
    const RowTailShape shape = shape_of(problem);
    const Filters filters(problem.first, first);
    const Filters behind(problem.second, second);
    const Element storage = problem.first.storage;
    std::vector<std::byte> image(static_cast<std::size_t>(row_tail_weight_bytes()));
    std::byte *to = image.data();
    for (int tap = 0; tap < row_tail_taps; ++tap, to += 64 * row_tail_pixel)
        pack_block(to, 64, row_tail_pixel, storage,
                   [&](int row, int k) { return filters.at(row, k, tap / 3, tap % 3); });
    for (int block = 0; block < row_tail_blocks; ++block, to += row_tail_block_rows * row_tail_pixel)
        pack_block(to, row_tail_block_rows, row_tail_pixel, storage, [&](int row, int k) {
            return behind.at(row % shape.out_channels, k, row_tail_tap(shape, block),
                             row / shape.out_channels); // 0 behind the last tap
        });
    return image;
}

Launch launch_row_tail(const PairProblem &problem, const PairOperands &operands, const DeviceFacts &device) {
    struct Places { // as RowTailPlaces of the kernel
        std::int32_t first_y, first_x, high, wide;
    };
    const TapPlaces down = tap_places(problem.second, 0, operands.output.height);
    const TapPlaces across = tap_places(problem.second, 1, operands.output.width);
    const Places places{down.first, across.first, static_cast<std::int32_t>(down.count),
                        static_cast<std::int32_t>(across.count)};
    const int columns = row_tail_columns(shape_of(problem));
    Launch launch =
        resident_launch(rows_of(problem, operands.output.height, operands.output.width),
                        device.multiprocessors, row_tail_threads, row_tail_bytes(shape_of(problem), columns));
    launch.arguments = {picture_map(problem.first.storage, operands.input, {64, columns + 2}),
                        argument(operands.weights), argument(places), operands.first_epilogue,
                        operands.second_epilogue};
    return launch;
}

} // namespace vsmlrt::cuda
