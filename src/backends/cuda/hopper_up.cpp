#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/up_shape.cuh"

#include <algorithm>
#include <cstring>

// The candidate made of kernels/hopper/up.cuh: transposed convolutions of 2x2 taps and stride 2 from at most
// 128 channels, with at most one operand of the result's shape behind them.
namespace vsmlrt::cuda {
namespace {

constexpr int block_threads = 384;

int planes_of(const ConvProblem &problem) {
    return (problem.in_channels + 63) / 64;
}
int blocks_of(const ConvProblem &problem) {
    return (problem.out_channels + 63) / 64;
}

bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!device.is_hopper() || (problem.storage != Element::f16 && problem.storage != Element::bf16))
        return false;
    if (!problem.transposed || problem.kernel != graph::Pair{2, 2} || problem.strides != graph::Pair{2, 2} ||
        problem.dilations != graph::Pair{1, 1})
        return false;
    if (std::any_of(problem.pads.begin(), problem.pads.end(), [](std::int64_t pad) { return pad != 0; }))
        return false;
    constexpr int most_planes = 2;
    constexpr int vector = 8;
    const Epilogue &epilogue = problem.epilogue;
    if (planes_of(problem) > most_planes || problem.out_channels % vector != 0 || !epilogue.output_last ||
        epilogue.output != problem.storage || epilogue.shuffle != 1 || epilogue.sums)
        return false;
    return (epilogue.tensors == 0 || (epilogue.tensors == 1 && vector_operands(epilogue))) &&
           blocks_of(problem) <= device.multiprocessors &&
           up_shared_bytes(planes_of(problem)) <= device.shared_bytes_per_block;
}

std::string source(const ConvProblem &problem) {
    const std::string constants =
        defines({{"IN_PLANES", planes_of(problem)}, {"OUT_CHANNELS", problem.out_channels}});
    return hopper_source(problem, up_columns(planes_of(problem)), constants, "hopper/up.cuh");
}

// [64 filters][row][column of the tap][plane].
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const Filters filters(problem, weights);
    const int planes = planes_of(problem);
    std::vector<std::byte> image(static_cast<std::size_t>(blocks_of(problem) * up_weight_bytes(planes)));
    std::byte *to = image.data();
    for (int block = 0; block < blocks_of(problem); ++block)
        for (int tap = 0; tap < 4; ++tap)
            for (int plane = 0; plane < planes; ++plane, to += up_filter_bytes)
                pack_block(to, 64, up_pixel, problem.storage, [&](int row, int k) {
                    return filters.at(block * 64 + row, plane * 64 + k, tap / 2, tap % 2);
                });
    return image;
}

// The epilogue's only tensor: behind the addresses of vectors in EpilogueArgs.
CopiedPicture operand_of(const ConvProblem &problem, const ConvOperands &operands) {
    struct {
        std::uint64_t data;
        std::int64_t stride_y, stride_x, stride_c;
    } tensor{};
    const std::size_t vectors =
        sizeof(std::uint64_t) * static_cast<std::size_t>(std::max(1, problem.epilogue.channels));
    std::memcpy(&tensor, operands.epilogue.data() + vectors, sizeof tensor);
    return {tensor.data,        problem.out_channels, operands.out_height,
            operands.out_width, tensor.stride_y,      tensor.stride_x};
}

Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const int columns = up_columns(planes_of(problem));
    const std::int64_t strips = (operands.in_width + columns - 1) / columns;
    const int blocks = blocks_of(problem);
    const std::int64_t pieces = strips * operands.in_height;
    const Box box{64, 2 * columns};
    Launch launch = resident_launch(pieces * blocks, device.multiprocessors / blocks * blocks, block_threads,
                                    up_shared_bytes(planes_of(problem)));
    launch.arguments = {picture_map(problem.storage, input_of(problem, operands), {64, columns}),
                        problem.epilogue.tensors > 0
                            ? Argument(picture_map(problem.storage, operand_of(problem, operands), box))
                            : Argument(no_map()),
                        picture_map(problem.storage, output_of(problem, operands), box),
                        argument(operands.weights), operands.epilogue};
    return launch;
}

// So many pieces for each multiprocessor.
bool is_divided(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device,
                std::int64_t fewest) {
    const int columns = up_columns(planes_of(problem));
    const std::int64_t pieces = (operands.in_width + columns - 1) / columns * operands.in_height;
    return pieces * blocks_of(problem) >= fewest * device.multiprocessors;
}

// With fewer the filters cost more than they save.
bool contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    constexpr std::int64_t fewest = 2;
    return is_divided(problem, operands, device, fewest);
}

constexpr ConvCandidate candidates[] = {
    {"hopper.up", serves, nullptr, source, pack, launch, nullptr, contends}};

} // namespace

bool up_wins(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    constexpr std::int64_t enough = 8;
    return serves(problem, device) && is_divided(problem, operands, device, enough);
}

std::span<const ConvCandidate> hopper_up_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
