#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/rows_shape.cuh"

#include <algorithm>

// Candidates made of kernels/hopper/rows.cuh: at most 64 channels to at most 64, stride 1, weights resident.
// They differ in the width of a strip: 240 is the fastest where the picture is wide, narrow ones waste less
// at its edge, share out a small picture more evenly and leave registers for more operands of the epilogue.
namespace vsmlrt::cuda {
namespace {

constexpr int block_threads = 384;
// For sums and operands, of 240; the rest is addresses and the chain.
constexpr int registers_with_vectors = 190;
constexpr int registers_with_elements = 150;

int lanes_of(int channels) {
    return channels <= 8 ? 8 : channels <= 16 ? 16 : channels <= 32 ? 32 : 64;
}

// Results go through shared memory where they are vectors of channels, else from registers to wherever.
bool staged(const Epilogue &epilogue) {
    return epilogue.output_last && epilogue.shuffle == 1;
}

RowsShape shape_of(const ConvProblem &problem, int strip) {
    RowsShape shape{};
    shape.strip = strip;
    shape.lanes = lanes_of(problem.in_channels);
    shape.channels = shape.lanes == 8 ? 8 : rounded_up(problem.in_channels, 16);
    shape.taps_y = static_cast<int>(problem.kernel[0]);
    shape.taps_x = static_cast<int>(problem.kernel[1]);
    shape.out_lanes = staged(problem.epilogue) ? std::max(16, lanes_of(problem.out_channels)) : 0;
    return shape;
}

// The epilogue's operand is read from the input's rows in shared memory.
bool operand_in_ring(const ConvProblem &problem) {
    return problem.adds_input && problem.in_channels == problem.out_channels && problem.in_channels > 8 &&
           staged(problem.epilogue);
}

bool strip_serves(const ConvProblem &problem, const DeviceFacts &device, int strip) {
    if (!device.is_hopper() || problem.transposed || problem.in_channels > 64 || problem.out_channels > 64)
        return false;
    if (problem.storage != Element::f16 && problem.storage != Element::bf16)
        return false;
    if (problem.strides != graph::Pair{1, 1} || problem.dilations != graph::Pair{1, 1})
        return false;
    if (problem.kernel[0] > 7 || problem.kernel[1] > 7)
        return false;
    const Epilogue &epilogue = problem.epilogue;
    const bool vectors = epilogue.tensors == 0 || vector_operands(epilogue);
    const int operands = operand_in_ring(problem) ? 0 : epilogue.tensors;
    if (strip / 2 + operands * strip / (vectors ? 4 : 2) >
        (vectors ? registers_with_vectors : registers_with_elements))
        return false;
    const RowsShape shape = shape_of(problem, strip);
    return row_pixels(shape) <= 256 && ring_slots(shape) > shape.taps_y &&
           shared_bytes(shape) <= device.shared_bytes_per_block;
}

template <int strip>
bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    return strip_serves(problem, device, strip);
}
// Where the others need more registers than there are.
bool serves_alone(const ConvProblem &problem, const DeviceFacts &device) {
    return strip_serves(problem, device, 64) && !strip_serves(problem, device, 96);
}

template <int strip>
std::string source(const ConvProblem &problem) {
    const RowsShape shape = shape_of(problem, strip);
    const std::string constants = defines({{"STRIP", strip},
                                           {"IN_LANES", shape.lanes},
                                           {"IN_CHANNELS", shape.channels},
                                           {"TAPS_Y", shape.taps_y},
                                           {"TAPS_X", shape.taps_x},
                                           {"PAD_TOP", static_cast<int>(problem.pads[0])},
                                           {"PAD_LEFT", static_cast<int>(problem.pads[1])},
                                           {"OUT_CHANNELS", problem.out_channels},
                                           {"OPERAND_IN_RING", operand_in_ring(problem)},
                                           {"OUT_LANES", shape.out_lanes}});
    return hopper_source(problem, strip, constants, "hopper/rows.cuh");
}

std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const RowsShape shape = shape_of(problem, 240); // the strip's width does not matter
    const Filters filters(problem, weights);
    const int row_bytes = weight_row_bytes(shape);
    const int blocks_of_row = weight_blocks(shape) / shape.taps_y;
    std::vector<std::byte> image(static_cast<std::size_t>(weight_bytes(shape)));
    for (int block = 0; block < weight_blocks(shape); ++block) {
        const int dy = block / blocks_of_row;
        const int i = block % blocks_of_row;
        pack_block(image.data() + block * weight_block_bytes(shape), 64, row_bytes, problem.storage,
                   [&](int row, int k) {
                       return shape.lanes == 8 ? filters.at(row, k % 8, dy, 2 * i + k / 8)
                                               : filters.at(row, k, dy, i);
                   });
    }
    return image;
}

template <int strip>
Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const RowsShape shape = shape_of(problem, strip);
    const std::int64_t rows = (operands.out_width + strip - 1) / strip * operands.out_height;
    CopiedPicture output = output_of(problem, operands);
    output.channels += pad_lanes(operands);
    Launch launch = resident_launch(rows, device.multiprocessors, block_threads, shared_bytes(shape));
    launch.arguments = {
        picture_map(problem.storage, input_of(problem, operands), {shape.lanes, row_pixels(shape)}),
        shape.out_lanes == 0 ? Argument(no_map())
                             : Argument(picture_map(problem.storage, output, {shape.out_lanes, strip})),
        argument(operands.weights), operands.epilogue};
    return launch;
}

// The copy engine stores whole 16 bytes of a pixel; behind a shuffle nobody writes lanes.
bool fits(const ConvProblem &problem, const ConvOperands &operands) {
    if (problem.epilogue.shuffle > 1 && pad_lanes(operands) > 0)
        return false;
    return !staged(problem.epilogue) || (problem.out_channels + pad_lanes(operands)) % 8 == 0;
}

// Of each of a block's two warpgroups.
template <int strip>
int sum_rows(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    return problem.epilogue.shuffle == 1
               ? static_cast<int>(2 * launch<strip>(problem, operands, device).grid[0])
               : 0;
}

// Pixels of the block that has most to do, with what a row costs apart from them.
std::int64_t work_of(const ConvOperands &operands, const DeviceFacts &device, int strip) {
    constexpr std::int64_t of_row = 16; // in pixels, from what 480x272 takes in strips of 96 to 240
    const std::int64_t rows = (operands.out_width + strip - 1) / strip * operands.out_height;
    return (rows + device.multiprocessors - 1) / device.multiprocessors * (strip + of_row);
}

// The two strips with the least to do: how evenly a picture is shared out counts as much as the width.
template <int strip>
bool contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    int before = 0;
    for (const int other : {240, 160, 128, 96})
        if (other != strip && strip_serves(problem, device, other)) {
            const std::int64_t own = work_of(operands, device, strip);
            const std::int64_t its = work_of(operands, device, other);
            before += its < own || (its == own && other > strip) ? 1 : 0;
        }
    return before < 2;
}

template <int strip>
constexpr ConvCandidate candidate(const char *name) {
    return {name, serves<strip>, fits, source<strip>, pack, launch<strip>, sum_rows<strip>, contends<strip>};
}

constexpr ConvCandidate candidates[] = {
    candidate<240>("hopper.rows 240"),
    candidate<160>("hopper.rows 160"),
    candidate<128>("hopper.rows 128"),
    candidate<96>("hopper.rows 96"),
    {"hopper.rows 64", serves_alone, fits, source<64>, pack, launch<64>, sum_rows<64>},
};

} // namespace

bool rows_serve(const ConvProblem &problem, const DeviceFacts &device) {
    return strip_serves(problem, device, 64);
}

std::span<const ConvCandidate> hopper_row_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
