#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/pixels_shape.cuh"

#include <algorithm>

// The candidate made of kernels/hopper/pixels.cuh: to 65 to 96 channels, of which kernels whose rows are
// filters would multiply 128.
namespace vsmlrt::cuda {
namespace {

constexpr int filters = 96;

PixelsShape shape_of(const ConvProblem &problem) {
    PixelsShape shape{};
    shape.planes = (problem.in_channels + square_lanes - 1) / square_lanes;
    shape.filters = filters;
    shape.taps_y = static_cast<int>(problem.kernel[0]);
    shape.taps_x = static_cast<int>(problem.kernel[1]);
    return shape;
}

bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!device.is_hopper() || (problem.storage != Element::f16 && problem.storage != Element::bf16))
        return false;
    const Epilogue &epilogue = problem.epilogue;
    if (problem.transposed || problem.strides != graph::Pair{1, 1} ||
        problem.dilations != graph::Pair{1, 1} || problem.out_channels <= 64 ||
        problem.out_channels > filters || problem.in_channels < 32)
        return false;
    if (epilogue.shuffle != 1 || !epilogue.output_last || epilogue.output != problem.storage ||
        epilogue.sums || epilogue.tensors > 1 || (epilogue.tensors > 0 && !vector_operands(epilogue)))
        return false;
    if (problem.kernel[0] > 7 || problem.kernel[1] > 7 || epilogue.channels > most_channel_numbers)
        return false;
    const PixelsShape shape = shape_of(problem);
    return stage_slots(shape) >= 3 && shared_bytes(shape) <= device.shared_bytes_per_block;
}

std::string source(const ConvProblem &problem) {
    const PixelsShape shape = shape_of(problem);
    const std::string constants = defines({{"IN_PLANES", shape.planes},
                                           {"FILTERS", shape.filters},
                                           {"OUT_CHANNELS", problem.out_channels},
                                           {"TAPS_Y", shape.taps_y},
                                           {"TAPS_X", shape.taps_x},
                                           {"PAD_TOP", static_cast<int>(problem.pads[0])},
                                           {"PAD_LEFT", static_cast<int>(problem.pads[1])}});
    return hopper_source(problem, shape.filters, constants, "hopper/pixels.cuh");
}

// [plane][tap] operands of all filters.
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const PixelsShape shape = shape_of(problem);
    const Filters all(problem, weights);
    std::vector<std::byte> image(static_cast<std::size_t>(shape.planes * shape.taps_y * stage_bytes(shape)));
    std::byte *to = image.data();
    for (int plane = 0; plane < shape.planes; ++plane)
        for (int y = 0; y < shape.taps_y; ++y)
            for (int x = 0; x < shape.taps_x; ++x, to += tap_bytes(shape))
                pack_block(to, shape.filters, square_pixel_bytes, problem.storage, [&](int row, int k) {
                    return all.at(filter_of_row(row), plane * square_lanes + k, y, x);
                });
    return image;
}

Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const PixelsShape shape = shape_of(problem);
    const auto squares_along = [](std::int64_t size) { return (size + square_side - 1) / square_side; };
    const std::int64_t squares = squares_along(operands.out_width) * squares_along(operands.out_height);
    const std::int64_t items = (squares + squares_of_item - 1) / squares_of_item;
    Launch launch = resident_launch(items, device.multiprocessors, 384, shared_bytes(shape));
    launch.arguments = {picture_map(problem.storage, input_of(problem, operands),
                                    {square_lanes, window_width(shape), window_height(shape)}),
                        argument(operands.weights), operands.epilogue};
    return launch;
}

constexpr ConvCandidate candidates[] = {
    {"hopper.pixels", serves, nullptr, source, pack, launch, nullptr, nullptr}};

} // namespace

bool pixels_serve(const ConvProblem &problem, const DeviceFacts &device) {
    return serves(problem, device);
}

std::span<const ConvCandidate> hopper_pixel_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
