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

std::string source_of(const ConvProblem &problem, int in_channels, bool products_given) {
    const std::string constants = defines({{"IN_CHANNELS", in_channels},
                                           {"PRODUCTS_GIVEN", products_given},
                                           {"OUT_CHANNELS", problem.out_channels},
                                           {"TRANSPOSED", problem.transposed},
                                           {"TAPS_ODD_Y", odd(problem, problem.pads[0])},
                                           {"TAPS_ODD_X", odd(problem, problem.pads[1])}});
    return hopper_source(problem, 0, constants, "hopper/taps.cuh");
}

std::string source(const ConvProblem &problem) {
    return source_of(problem, problem.in_channels, false);
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
                    const std::uint16_t bits = storage_bits(problem.storage, value);
                    const auto *bytes = reinterpret_cast<const std::byte *>(&bits);
                    image.insert(image.end(), bytes, bytes + sizeof bits);
                }
    return image;
}

Launch launch_of(const TapsShape &shape, const ConvProblem &problem, const ConvOperands &operands,
                 const DeviceFacts &device) {
    struct Input { // as TapsInput of the kernel
        std::uint64_t data;
        std::int64_t stride_y, stride_x;
        std::int32_t height, width, first_y, first_x, rows;
    };
    const auto places = [&](std::int64_t pad, std::int64_t outputs) {
        return problem.transposed ? (outputs + odd(problem, pad) + 1) / 2 : outputs;
    };
    const std::int64_t strips =
        (places(problem.pads[1], operands.out_width) + taps_complete - 1) / taps_complete;
    const std::int64_t high = places(problem.pads[0], operands.out_height);
    const std::int64_t wanted =
        std::max<std::int64_t>(1, std::int64_t{taps_blocks(shape)} * device.multiprocessors / strips);
    const std::int64_t rows = (high + wanted - 1) / wanted;
    Input input{};
    input.data = operands.input;
    input.stride_y = operands.in_stride_y;
    input.stride_x = operands.in_stride_x;
    input.height = static_cast<std::int32_t>(operands.in_height);
    input.width = static_cast<std::int32_t>(operands.in_width);
    input.first_y = first_place(problem, problem.pads[0]);
    input.first_x = first_place(problem, problem.pads[1]);
    input.rows = static_cast<std::int32_t>(rows);
    Launch launch;
    launch.grid = {static_cast<unsigned>(strips), static_cast<unsigned>((high + rows - 1) / rows), 1};
    launch.block = {taps_threads, 1, 1};
    launch.shared_bytes = static_cast<unsigned>(shared_bytes(shape));
    launch.dependent = true;
    launch.arguments = {argument(input), argument(operands.weights), operands.epilogue};
    return launch;
}

Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    return launch_of(shape_of(problem), problem, operands, device);
}

// With its products for the input's channels.
TapsShape sums_shape(const ConvProblem &problem) {
    return {product_columns(shape_of(problem)), problem.out_channels, problem.transposed};
}

// Behind a shuffle nobody writes lanes.
bool fits(const ConvProblem &problem, const ConvOperands &operands) {
    return problem.epilogue.shuffle == 1 || pad_lanes(operands) == 0;
}

constexpr ConvCandidate candidates[] = {{"hopper.taps", serves, fits, source, pack, launch}};

} // namespace

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
    return source_of(problem, products_of_taps(problem), true);
}

Launch launch_tap_sums(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    return launch_of(sums_shape(problem), problem, operands, device);
}

std::span<const ConvCandidate> hopper_tap_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
