#include "backends/cuda/hopper_pair.h"

#include "backends/cuda/epilogue.h"
#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/hopper/pair_shape.cuh"
#include "base/text.h"

#include <algorithm>

// Lanes of channels as the layers need them; a strip is 240 columns wide where filters and sums leave room
// for it.
namespace vsmlrt::cuda {
namespace {

constexpr int most_channels = 64;

int lanes_of(int channels) {
    return channels <= 16 ? 16 : channels <= 32 ? 32 : 64;
}

PairShape shape_of(const PairProblem &problem) {
    PairShape shape{};
    shape.in_lanes = problem.first.in_channels <= 8 ? 8 : lanes_of(problem.first.in_channels);
    shape.middle_lanes = lanes_of(problem.first.out_channels);
    shape.out_lanes = lanes_of(problem.second.out_channels);
    shape.operand = problem.second.epilogue.tensors > 0;
    shape.columns = 240;
    if (!fits(shape))
        shape.columns = 120;
    return shape;
}

bool layer_served(const ConvProblem &problem) {
    if (problem.transposed || problem.in_channels > most_channels || problem.out_channels > most_channels)
        return false;
    if (problem.storage != Element::f16 && problem.storage != Element::bf16)
        return false;
    if (problem.kernel != graph::Pair{3, 3} || problem.strides != graph::Pair{1, 1} ||
        problem.dilations != graph::Pair{1, 1})
        return false;
    constexpr std::int64_t most_padding = 2;
    if (std::any_of(problem.pads.begin(), problem.pads.end(),
                    [](std::int64_t pad) { return pad < 0 || pad > most_padding; }))
        return false;
    return problem.epilogue.shuffle == 1 && !problem.epilogue.sums;
}

std::vector<std::byte> pack_layer(const ConvProblem &problem, int lanes, std::span<const float> weights) {
    const Filters filters(problem, weights);
    std::vector<std::byte> image(static_cast<std::size_t>(pair_weight_bytes(lanes)));
    std::byte *to = image.data();
    for (int step = 0; step < pair_steps(lanes); ++step)
        for (int thread = 0; thread < 128; ++thread)
            for (int number = 0; number < 4; ++number)
                for (int half = 0; half < 2; ++half, to += 2) {
                    const int k = pair_k(thread, number, half);
                    const std::uint16_t bits = storage_bits(
                        problem.storage, filters.at(pair_filter(thread, number), pair_channel(lanes, step, k),
                                                    pair_tap_y(lanes, step), pair_tap_x(lanes, step, k)));
                    std::memcpy(to, &bits, sizeof bits);
                }
    return image;
}

} // namespace

bool is_cheap(const Epilogue &epilogue) {
    constexpr std::string_view cheap[] = {"Add",   "Sub",  "Mul", "Relu", "LeakyRelu",
                                          "PRelu", "Clip", "Min", "Max"};
    constexpr std::string_view mark = "op::";
    std::string_view rest = epilogue.text;
    for (std::size_t at = rest.find(mark); at != std::string_view::npos; at = rest.find(mark)) {
        rest.remove_prefix(at + mark.size());
        if (std::find(std::begin(cheap), std::end(cheap), rest.substr(0, rest.find('<'))) == std::end(cheap))
            return false;
    }
    return true;
}

std::string two_epilogues(const Epilogue &first, const Epilogue &second) {
    return in_namespace("first", first) + second.text;
}

bool pair_serves(const PairProblem &problem, const DeviceFacts &device) {
    const ConvProblem &first = problem.first;
    const ConvProblem &second = problem.second;
    if (!device.is_hopper() || first.storage != second.storage || first.out_channels != second.in_channels)
        return false;
    if (!layer_served(first) || !layer_served(second) || !second.epilogue.output_last)
        return false;
    const PairShape shape = shape_of(problem);
    if (!fits(shape) || shared_bytes(shape) > device.shared_bytes_per_block)
        return false;
    return first.epilogue.tensors == 0 && second.epilogue.tensors <= 1 &&
           (second.epilogue.tensors == 0 || vector_operands(second.epilogue));
}

bool pair_pays(const PairProblem &problem, std::int64_t height, std::int64_t width,
               const DeviceFacts &device) {
    const PairShape shape = shape_of(problem);
    const auto filled = [](int channels, int lanes) {
        return lanes == 8 || rounded_up(channels, 16) == lanes;
    };
    if (!filled(problem.first.in_channels, shape.in_lanes) ||
        !filled(problem.first.out_channels, shape.middle_lanes))
        return false;
    // Of the first layer a block computes two rows more than of the second.
    constexpr std::int64_t fewest_rows = 8;
    const std::int64_t rows = (width + shape.columns - 1) / shape.columns * height;
    return rows >= fewest_rows * device.multiprocessors && is_cheap(problem.first.epilogue) &&
           is_cheap(problem.second.epilogue);
}

std::string pair_source(const PairProblem &problem) {
    const PairShape shape = shape_of(problem);
    std::string generated = defines({{"IN_LANES", shape.in_lanes},
                                     {"MIDDLE_LANES", shape.middle_lanes},
                                     {"OUT_LANES", shape.out_lanes},
                                     {"COLUMNS", shape.columns},
                                     {"STORAGE_BF16", problem.first.storage == Element::bf16},
                                     {"FIRST_PAD_TOP", static_cast<int>(problem.first.pads[0])},
                                     {"FIRST_PAD_LEFT", static_cast<int>(problem.first.pads[1])},
                                     {"PAD_TOP", static_cast<int>(problem.second.pads[0])},
                                     {"PAD_LEFT", static_cast<int>(problem.second.pads[1])},
                                     {"MIDDLE_CHANNELS", problem.first.out_channels},
                                     {"OUT_CHANNELS", problem.second.out_channels}});
    generated += two_epilogues(problem.first.epilogue, problem.second.epilogue);
    generated += register_product_text({shape.columns, middle_columns(shape)}, problem.first.storage);
    return kernel_source(generated, "hopper/pair.cuh");
}

std::vector<std::byte> pack_pair(const PairProblem &problem, std::span<const float> first,
                                 std::span<const float> second) {
    const PairShape shape = shape_of(problem);
    std::vector<std::byte> image = pack_layer(problem.first, shape.in_lanes, first);
    const std::vector<std::byte> behind = pack_layer(problem.second, shape.middle_lanes, second);
    image.insert(image.end(), behind.begin(), behind.end());
    return image;
}

Launch launch_pair(const PairProblem &problem, const PairOperands &operands, const DeviceFacts &device) {
    const Element storage = problem.first.storage;
    const PairShape shape = shape_of(problem);
    const std::int64_t rows =
        (operands.output.width + shape.columns - 1) / shape.columns * operands.output.height;
    const Box box{shape.out_lanes, shape.columns};
    Launch launch = resident_launch(rows, device.multiprocessors, 384, shared_bytes(shape));
    launch.arguments = {picture_map(storage, operands.input, {shape.in_lanes, input_columns(shape)}),
                        operands.operand.channels > 0 ? Argument(picture_map(storage, operands.operand, box))
                                                      : Argument(no_map()),
                        picture_map(storage, operands.output, box),
                        argument(operands.weights),
                        operands.first_epilogue,
                        operands.second_epilogue};
    return launch;
}

} // namespace vsmlrt::cuda
