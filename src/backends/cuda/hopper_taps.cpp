#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_tail.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/taps_shape.cuh"

#include <algorithm>

// The candidate made of kernels/hopper/taps.cuh: to a few channels, transposed of 4x4 taps and stride 2, or
// of 3x3 taps and stride 1.
namespace vsmlrt::cuda {
namespace {

TapsShape shape_of(const ConvProblem &problem) {
    return {problem.in_channels, problem.out_channels, problem.transposed};
}

// Transposed, output row o is row o + pad - 1 of the result with pad 1: phase (o + pad - 1) % 2 of place
// (o + pad - 1) / 2. Else the place of output row o is its middle row, o + 1 - pad.
int moved(std::int64_t pad) {
    return static_cast<int>(pad) - 1;
}
int first_place(const ConvProblem &problem, std::int64_t pad) {
    if (!problem.transposed)
        return -moved(pad);
    return moved(pad) >= 0 ? moved(pad) / 2 : -1;
}
int odd(const ConvProblem &problem, std::int64_t pad) {
    return problem.transposed ? moved(pad) - 2 * first_place(problem, pad) : 0;
}

bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (device.architecture < 90 || (problem.storage != Element::f16 && problem.storage != Element::bf16))
        return false;
    const graph::Pair kernel = problem.transposed ? graph::Pair{4, 4} : graph::Pair{3, 3};
    const graph::Pair strides = problem.transposed ? graph::Pair{2, 2} : graph::Pair{1, 1};
    if (problem.kernel != kernel || problem.strides != strides || problem.dilations != graph::Pair{1, 1})
        return false;
    if (problem.out_channels > 4 || problem.in_channels > 256 || problem.pads[0] > 3 || problem.pads[1] > 3)
        return false;
    constexpr int most_registers = 96;
    if (filter_registers(shape_of(problem)) > most_registers)
        return false;
    return shared_bytes(shape_of(problem)) <= device.shared_bytes_per_block;
}

std::string source_of(const ConvProblem &problem, const char *channels, int count, std::string_view file) {
    const std::string constants = defines({{channels, count},
                                           {"OUT_CHANNELS", problem.out_channels},
                                           {"TRANSPOSED", problem.transposed},
                                           {"TAPS_ODD_Y", odd(problem, problem.pads[0])},
                                           {"TAPS_ODD_X", odd(problem, problem.pads[1])}});
    return hopper_source(problem, 0, constants, file);
}

std::string source(const ConvProblem &problem) {
    return source_of(problem, "IN_CHANNELS", problem.in_channels, "hopper/taps.cuh");
}

std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const TapsShape shape = shape_of(problem);
    const Filters filters(problem, weights);
    std::vector<std::byte> image;
    for (int step = 0; step < k_lanes(shape) / 16; ++step)
        for (int tile = 0; tile < product_columns(shape) / 8; ++tile)
            for (int lane = 0; lane < 32; ++lane)
                for (int e = 0; e < 4; ++e) {
                    const int column = tile * 8 + fragment_column(lane);
                    const int tap = column / shape.out_channels;
                    const float value = // 0 behind the last tap
                        filters.at(column % shape.out_channels, step * 16 + fragment_k(lane, e),
                                   tap / taps_wide(shape), tap % taps_wide(shape));
                    add_weight(image, problem.storage, value);
                }
    return image;
}

// `columns` pixels with results of their own a block across, and enough rows for so many blocks in all.
Launch launch_of(const ConvProblem &problem, const ConvOperands &operands, int columns, std::int64_t blocks) {
    const TapPlaces across = tap_places(problem, 1, operands.out_width);
    const TapPlaces down = tap_places(problem, 0, operands.out_height);
    const std::int64_t strips = (across.count + columns - 1) / columns;
    const std::int64_t wanted = std::max<std::int64_t>(1, blocks / strips);
    const std::int64_t rows = (down.count + wanted - 1) / wanted;
    TapsInput input{};
    input.data = operands.input;
    input.stride_y = operands.in_stride_y;
    input.stride_x = operands.in_stride_x;
    input.height = static_cast<int>(operands.in_height);
    input.width = static_cast<int>(operands.in_width);
    input.first_y = down.first;
    input.first_x = across.first;
    input.rows = static_cast<int>(rows);
    Launch launch;
    launch.grid = {static_cast<unsigned>(strips), static_cast<unsigned>((down.count + rows - 1) / rows), 1};
    launch.dependent = true;
    launch.arguments = {argument(input)};
    return launch;
}

Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const TapsShape shape = shape_of(problem);
    Launch launch = launch_of(problem, operands, taps_complete,
                              std::int64_t{taps_blocks(shape)} * device.multiprocessors);
    launch.block = {taps_threads, 1, 1};
    launch.shared_bytes = static_cast<unsigned>(shared_bytes(shape));
    launch.arguments.push_back(argument(operands.weights));
    launch.arguments.push_back(operands.epilogue);
    return launch;
}

// Behind a shuffle nobody writes lanes.
bool fits(const ConvProblem &problem, const ConvOperands &operands) {
    return problem.epilogue.shuffle == 1 || pad_lanes(operands) == 0;
}

constexpr ConvCandidate candidates[] = {{"hopper.taps", serves, fits, source, pack, launch}};

} // namespace

TapPlaces tap_places(const ConvProblem &problem, int axis, std::int64_t outputs) {
    const std::int64_t pad = problem.pads[static_cast<std::size_t>(axis)];
    const int moved = odd(problem, pad);
    return {first_place(problem, pad), moved, problem.transposed ? (outputs + moved + 1) / 2 : outputs};
}

bool taps_serve(const ConvProblem &problem, const DeviceFacts &device) {
    return serves(problem, device);
}

int products_of_taps(const ConvProblem &problem) {
    return product_columns(shape_of(problem));
}

std::array<int, 3> product_of_taps(const ConvProblem &problem, int column) {
    const TapsShape shape = shape_of(problem);
    const int tap = column / shape.out_channels;
    return {column % shape.out_channels, tap / taps_wide(shape), tap % taps_wide(shape)};
}

std::string tap_sums_source(const ConvProblem &problem) {
    return source_of(problem, "PRODUCT_COLUMNS", products_of_taps(problem), "hopper/tap_sums.cuh");
}

Launch launch_tap_sums(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    Launch launch = launch_of(problem, operands, tap_sum_threads / 32 * tap_sum_complete,
                              std::int64_t{tap_sum_blocks} * device.multiprocessors);
    launch.block = {tap_sum_threads, 1, 1};
    launch.arguments.push_back(operands.epilogue);
    return launch;
}

std::span<const ConvCandidate> hopper_tap_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
