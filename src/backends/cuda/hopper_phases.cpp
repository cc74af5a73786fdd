#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/phases_shape.cuh"

#include <algorithm>

// The candidate made of kernels/hopper/phases.cuh.
namespace vsmlrt::cuda {
namespace {

PhasesShape shape_of(const ConvProblem &problem) {
    return {problem.in_channels, problem.out_channels / 4};
}

bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!device.is_hopper() || (problem.storage != Element::f16 && problem.storage != Element::bf16))
        return false;
    const Epilogue &epilogue = problem.epilogue;
    if (!problem.transposed || problem.kernel != graph::Pair{4, 4} || problem.strides != graph::Pair{2, 2} ||
        problem.dilations != graph::Pair{1, 1} || problem.pads[0] != 1 || problem.pads[1] != 1 ||
        problem.pads[2] != 1 || problem.pads[3] != 1)
        return false;
    if (epilogue.shuffle != 2 || epilogue.shuffled_lanes % 8 != 0 || epilogue.shuffled_lanes == 0 ||
        !epilogue.shuffled_vectors || element_size(epilogue.output) != 2 || epilogue.tensors > 0 ||
        epilogue.sums || problem.out_channels % 4 != 0)
        return false;
    const PhasesShape shape = shape_of(problem);
    constexpr int most_columns = 40; // sums of a thread
    return phase_columns(shape) <= most_columns && square_slots(shape) >= 2 &&
           shared_bytes(shape) <= device.shared_bytes_per_block;
}

std::string source(const ConvProblem &problem) {
    const PhasesShape shape = shape_of(problem);
    const std::string constants = defines({{"IN_CHANNELS", shape.in_channels},
                                           {"PIXEL_CHANNELS", shape.channels},
                                           {"PIXEL_LANES", problem.epilogue.shuffled_lanes}}) +
                                  phase_product_text(phase_columns(shape), problem.storage);
    return hopper_source(problem, 0, constants, "hopper/phases.cuh");
}

// [plane][window][phase that reads it] operands of the phase's filters.
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const PhasesShape shape = shape_of(problem);
    const Filters filters(problem, weights);
    std::vector<std::byte> image(static_cast<std::size_t>(all_filters_bytes(shape)));
    std::byte *to = image.data();
    for (int plane = 0; plane < phases_planes(shape); ++plane)
        for (int window = 0; window < window_count; ++window)
            for (int place = 0; place < 4; ++place) {
                const int phase = phase_at(place);
                if (!window_read(window, phase))
                    continue;
                const int y = window_tap(window_y(window), phase / 2);
                const int x = window_tap(window_x(window), phase % 2);
                pack_block(
                    to, phase_columns(shape), pixel_bytes(shape), problem.storage, [&](int row, int k) {
                        const int filter = filter_of_column(shape, row);
                        return filter < 0 ? 0.0f : filters.at(filter, plane * phases_lanes(shape) + k, y, x);
                    });
                to += filters_bytes(shape);
            }
    return image;
}

Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const PhasesShape shape = shape_of(problem);
    const auto squares_along = [](std::int64_t size) { return (size + phases_side - 1) / phases_side; };
    const std::int64_t squares = squares_along(operands.in_width) * squares_along(operands.in_height);
    Launch launch =
        resident_launch((squares + 1) / 2, std::int64_t{phases_blocks(shape)} * device.multiprocessors,
                        phases_threads, shared_bytes(shape));
    launch.arguments = {picture_map(problem.storage, input_of(problem, operands),
                                    {phases_lanes(shape), phases_width, phases_width}),
                        argument(operands.weights), operands.epilogue};
    return launch;
}

// With more channels the filters leave no room for two blocks, and tiles take half the time.
bool contends(const ConvProblem &problem, const ConvOperands &, const DeviceFacts &) {
    constexpr int most_channels = 96;
    return problem.in_channels <= most_channels;
}

constexpr ConvCandidate candidates[] = {
    {"hopper.phases", serves, nullptr, source, pack, launch, nullptr, contends}};

} // namespace

bool phases_win(const ConvProblem &problem, const DeviceFacts &device) {
    return serves(problem, device) && phases_blocks(shape_of(problem)) > 1;
}

std::span<const ConvCandidate> hopper_phase_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
