#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernels/hopper/tiles_shape.cuh"

#include <algorithm>

// Candidates made of kernels/hopper/tiles.cuh: any number of channels, stride 1 or 2, transposed where the
// stride divides the kernel. They differ in the height of a tile: high ones are the fastest where there is
// work for all multiprocessors, low ones make more items of a small picture.
namespace vsmlrt::cuda {
namespace {

Axis axis_of(const ConvProblem &problem, int axis) {
    return {static_cast<int>(problem.kernel[axis]), static_cast<int>(problem.strides[axis]),
            static_cast<int>(problem.pads[axis]), problem.transposed};
}

// Blocks of 64 filters: of every phase, each padded to whole blocks.
int filter_blocks(const ConvProblem &problem) {
    const int phase_count = phases(axis_of(problem, 0)) * phases(axis_of(problem, 1));
    return phase_count * ((problem.out_channels + 63) / 64);
}

int groups_of(const ConvProblem &problem) {
    const int blocks = filter_blocks(problem);
    return blocks == 1 ? 1 : blocks % 3 == 0 && blocks % 2 != 0 ? 3 : 2;
}

// `alone`: one warpgroup a block, for more blocks of a small picture.
TilesShape shape_of(const ConvProblem &problem, int rows, bool alone) {
    TilesShape shape{};
    shape.rows = rows;
    shape.groups = alone ? 1 : groups_of(problem);
    const int rest = problem.in_channels % 64;
    shape.lanes = rest > 0 && rest <= 32 ? 32 : 64;
    shape.planes = (problem.in_channels + shape.lanes - 1) / shape.lanes;
    shape.y = axis_of(problem, 0);
    shape.x = axis_of(problem, 1);
    return shape;
}

// Stages by which a warpgroup runs behind its neighbour. Within the first plane's taps, or not at all.
int lag_of(const TilesShape &shape) {
    if (shape.groups == 1 || parities(shape) > 1 || taps(shape) < 9)
        return 0;
    return shape.planes == 1 || shape.groups == 3 ? 6 : 8;
}

// Channels of a pixel behind the shuffle, with its lanes, where filters in that order make whole vectors of
// four of them; else 0.
int shuffled_fours(const ConvProblem &problem) {
    const Epilogue &epilogue = problem.epilogue;
    const int blocks = epilogue.shuffle * epilogue.shuffle;
    const bool fit = epilogue.shuffled_lanes % 4 == 0 && epilogue.shuffled_lanes * blocks <= 64;
    return fit && !vector_operands(epilogue) ? epilogue.shuffled_lanes : 0;
}

bool axis_served(Axis axis) {
    if (axis.taps < 1 || axis.taps > 7 || axis.stride < 1 || axis.stride > 2)
        return false;
    if (axis.transposed)
        return axis.stride == 2 && axis.taps % axis.stride == 0;
    return axis.taps >= axis.stride; // every parity has a tap
}

template <int rows, bool alone>
bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!device.is_hopper() || (problem.storage != Element::f16 && problem.storage != Element::bf16))
        return false;
    if (problem.dilations != graph::Pair{1, 1} || problem.strides[0] != problem.strides[1] ||
        rows_serve(problem, device) || (alone && filter_blocks(problem) == 1))
        return false;
    const TilesShape shape = shape_of(problem, rows, alone);
    if (!axis_served(shape.y) || !axis_served(shape.x))
        return false;
    const int registers = shape.groups == 3 ? 100 : 170; // for sums and operands; the rest is addresses
    const int operands = problem.epilogue.tensors * rows * (vector_operands(problem.epilogue) ? 2 : 4);
    if (4 * rows + operands > registers || tile_height(shape) > 256)
        return false;
    return weight_slots(shape) >= 3 && shared_bytes(shape) <= device.shared_bytes_per_block;
}

template <int rows, bool alone>
std::string source(const ConvProblem &problem) {
    const TilesShape shape = shape_of(problem, rows, alone);
    const std::string constants = defines({{"TILE_ROWS", rows},
                                           {"GROUPS", shape.groups},
                                           {"LAG", lag_of(shape)},
                                           {"IN_LANES", shape.lanes},
                                           {"IN_PLANES", shape.planes},
                                           {"TAPS_Y", shape.y.taps},
                                           {"TAPS_X", shape.x.taps},
                                           {"STRIDE_Y", shape.y.stride},
                                           {"STRIDE_X", shape.x.stride},
                                           {"PAD_TOP", shape.y.pad},
                                           {"PAD_LEFT", shape.x.pad},
                                           {"TRANSPOSED", problem.transposed},
                                           {"RESULT_STEP_Y", phases(shape.y)},
                                           {"RESULT_STEP_X", phases(shape.x)},
                                           {"SHUFFLED_FOURS", shuffled_fours(problem)},
                                           {"OUT_CHANNELS", problem.out_channels}});
    return hopper_source(problem, 8 * rows, constants, "hopper/tiles.cuh");
}

// [filters of an item][parity][plane][tap][warpgroup] blocks of 64 filters.
template <bool alone>
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const TilesShape shape = shape_of(problem, 8, alone); // the tile's height does not matter
    const Filters filters(problem, weights);
    const int channel_blocks = (problem.out_channels + 63) / 64;
    const int blocks = filter_blocks(problem);
    const int items = (blocks + shape.groups - 1) / shape.groups;
    const int of_item = shape.planes * taps(shape) * shape.groups;
    const int fours = shuffled_fours(problem);
    std::vector<std::byte> image(static_cast<std::size_t>(items) * of_item * weight_bytes(shape));
    std::byte *to = image.data();
    const auto pack_taps = [&](int item, int parity, int plane) {
        const int parity_y = parity / parities(shape.x);
        const int parity_x = parity % parities(shape.x);
        for (int tap = 0; tap < taps_of_parity(shape, parity); ++tap)
            for (int group = 0; group < shape.groups; ++group, to += weight_bytes(shape)) {
                const int block = item * shape.groups + group;
                if (block >= blocks)
                    continue;
                const int phase = block / channel_blocks;
                const int y = first_tap(shape.y, parity_y, phase / phases(shape.x)) +
                              tap / tap_count(shape.x, parity_x) * tap_step(shape.y);
                const int x = first_tap(shape.x, parity_x, phase % phases(shape.x)) +
                              tap % tap_count(shape.x, parity_x) * tap_step(shape.x);
                pack_block(to, 64, pixel_bytes(shape), problem.storage, [&](int row, int k) {
                    const int place = row / 16 * 16 + channel_of_row(row % 16);
                    const int out = fours > 0 ? shuffled_channel(place, fours, problem.epilogue.shuffle,
                                                                 problem.out_channels)
                                              : block % channel_blocks * 64 + place;
                    return filters.at(out, plane * shape.lanes + k, y, x);
                });
            }
    };
    for (int item = 0; item < items; ++item)
        for (int parity = 0; parity < parities(shape); ++parity)
            for (int plane = 0; plane < shape.planes; ++plane)
                pack_taps(item, parity, plane);
    return image;
}

// The input's columns and rows of each parity as a picture of its own.
std::vector<TensorMap> input_maps(const ConvProblem &problem, const ConvOperands &operands,
                                  const TilesShape &shape) {
    std::vector<TensorMap> maps;
    for (int parity = 0; parity < parities(shape); ++parity) {
        const int y = parity / parities(shape.x);
        const int x = parity % parities(shape.x);
        CopiedPicture part = input_of(problem, operands);
        part.address += 2 * static_cast<std::uint64_t>(x * part.stride_x + y * part.stride_y);
        part.width = (part.width - x + parities(shape.x) - 1) / parities(shape.x);
        part.height = (part.height - y + parities(shape.y) - 1) / parities(shape.y);
        part.stride_x *= parities(shape.x);
        part.stride_y *= parities(shape.y);
        maps.push_back(
            picture_map(problem.storage, part, {shape.lanes, tile_width(shape), tile_height(shape)}));
    }
    return maps;
}

bool fits(const ConvProblem &problem, const ConvOperands &operands) {
    const std::int64_t least = problem.transposed ? 1 : problem.strides[0]; // every parity has a pixel
    if (operands.in_width < least || operands.in_height < least)
        return false;
    // Behind a shuffle nobody else writes the lanes.
    return problem.epilogue.shuffle == 1 || pad_lanes(operands) == 0 || shuffled_fours(problem) > 0;
}

// What the blocks of a launch share out among them.
std::int64_t items_of(const ConvProblem &problem, const ConvOperands &operands, int rows, int groups) {
    const std::int64_t wide_phases = phases(axis_of(problem, 1));
    const std::int64_t high_phases = phases(axis_of(problem, 0));
    const std::int64_t wide = (operands.out_width + wide_phases - 1) / wide_phases;
    const std::int64_t high = (operands.out_height + high_phases - 1) / high_phases;
    return (wide + 7) / 8 * ((high + rows - 1) / rows) * ((filter_blocks(problem) + groups - 1) / groups);
}

// Low tiles for lack of items are not needed where higher ones have many for each multiprocessor, and high
// ones are too few where they leave some without any. At stride 1 from 128 channels on the highest never won,
// and of those that can serve the lowest only with few items. The bounds are wide: the winners of every
// family at 192x192 to 1920x1080 lie inside.
template <int rows, bool alone>
bool contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const int groups = groups_of(problem);
    if (alone)
        return items_of(problem, operands, 12, groups) < 4LL * device.multiprocessors;
    if (pixels_serve(problem, device) || phases_win(problem, device))
        return false;
    const std::int64_t items = items_of(problem, operands, 17, groups);
    const bool by_products =
        !problem.transposed && problem.strides == graph::Pair{1, 1} && problem.in_channels >= 128;
    if (rows == 30 && by_products)
        return false;
    if (rows < 17 && by_products && items >= 12LL * device.multiprocessors &&
        serves<17, false>(problem, device))
        return false;
    return rows <= 17 || items >= device.multiprocessors;
}

template <int rows, bool alone>
Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const TilesShape shape = shape_of(problem, rows, alone);
    const std::int64_t items = items_of(problem, operands, rows, shape.groups);
    Launch launch =
        resident_launch(items, device.multiprocessors, 128 * (shape.groups + 1), shared_bytes(shape));
    for (const TensorMap &map : input_maps(problem, operands, shape))
        launch.arguments.emplace_back(map);
    while (launch.arguments.size() < 4) // no such parity
        launch.arguments.emplace_back(no_map());
    launch.arguments.push_back(argument(operands.weights));
    launch.arguments.push_back(operands.epilogue);
    return launch;
}

// Of a block, where its warpgroups keep their channels from item to item.
template <int rows, bool alone>
int sum_rows(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    if (problem.transposed || problem.epilogue.shuffle != 1 ||
        filter_blocks(problem) > (alone ? 1 : groups_of(problem)))
        return 0;
    return static_cast<int>(launch<rows, alone>(problem, operands, device).grid[0]);
}

template <int rows, bool alone = false>
constexpr ConvCandidate candidate(const char *name) {
    return {name,
            serves<rows, alone>,
            fits,
            source<rows, alone>,
            pack<alone>,
            launch<rows, alone>,
            sum_rows<rows, alone>,
            contends<rows, alone>};
}

constexpr ConvCandidate candidates[] = {
    candidate<30>("hopper.tiles 30"),
    candidate<24>("hopper.tiles 24"),
    candidate<17>("hopper.tiles 17"),
    candidate<12>("hopper.tiles 12"),
    candidate<17, true>("hopper.tiles 17 alone"),
    candidate<12, true>("hopper.tiles 12 alone"),
    candidate<7, true>("hopper.tiles 7 alone"),
};

} // namespace

std::span<const ConvCandidate> hopper_tile_candidates() {
    return candidates;
}

} // namespace vsmlrt::cuda
