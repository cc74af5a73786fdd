// Convolutions by mma.sync in blocks that stay (kernels/mma_stream.cuh): which forms a problem can have, and
// its launch.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/mma_problem.h"
#include "backends/cuda/mma_winograd.h"
#include "base/text.h"

#include <algorithm>
#include <tuple>

namespace vsmlrt::cuda {
namespace {

struct Form {
    Multiplication by;
    int blocks;       // of 8 filters
    int pixel_blocks; // of 16 pixels, of a warp
    int tile_width, tile_height;
    int chunk_bytes;     // of a pixel: input channels at a time
    int step_taps;       // at most, where a column of them is not more
    int stages;          // at most
    int at_once;         // blocks that a multiprocessor has registers for
    bool spread = false; // phases are channels
    bool alone = false;  // shared memory may be too much for another block: for halos that need it
    bool keeps = false;  // all weights of the only group stay in shared memory
    bool skips = false;  // for strides: what lies between a tile's pixels is read at once, in longer pieces
    bool winograd = false;
};

constexpr Form by_winograd{
    Multiplication::halves, 4, 4, 16, 16, 32, 3, 3, 2, false, false, false, false, true};
constexpr Form strided{Multiplication::halves, 8, 2, 16, 8, 64, 2, 3, 2, false, true, false, true};

struct Shape {
    int chunk; // input channels
    int step_y, step_x;
    int halo_w, halo_h;
    int columns, rows; // of the taps of a step
    int stages;
    int shared_bytes;
    bool fits;
    bool keeps_behind; // with its own weights those behind it stay in shared memory too
};

// With `at_once` blocks in what a GeForce card's multiprocessor has, of which each block costs 1 KiB.
constexpr int most_shared_of(int at_once) {
    return std::min(most_shared, (100 << 10) / at_once - (1 << 10));
}

int step_of(const ConvProblem &problem, std::size_t axis) {
    return problem.transposed ? 1 : static_cast<int>(problem.strides[axis]);
}

// Column by column, in each of them those together that lie whole rows of a warp's pixels apart.
Taps taps_of(const ConvProblem &problem, const Form &form) {
    if (form.winograd)
        return winograd_taps_of(problem);
    Taps taps = form.spread ? spread_taps_of(problem) : taps_of(problem);
    const int step = step_of(problem, 0);
    const auto place = [&](const Tap &tap) {
        return std::tuple(tap.x, (tap.y - taps.first_y) % step, tap.y);
    };
    for (auto phase = taps.list.begin(); phase != taps.list.end(); phase += taps.taps)
        std::stable_sort(phase, phase + taps.taps,
                         [&](const Tap &a, const Tap &b) { return place(a) < place(b); });
    return taps;
}

// Of so many taps each is one row of a warp's pixels below the one before it. More of them take registers.
int rows_of(const ConvProblem &problem, const Form &form, const Taps &taps) {
    constexpr int most = 5;
    if (form.winograd)
        return winograd_at_once;
    if (form.by == Multiplication::half_sums) // no room for the weights of several taps
        return 1;
    const int step = step_of(problem, 0);
    const auto stands = [&](int rows) {
        for (std::size_t i = 1; i < taps.list.size(); ++i) {
            const Tap &own = taps.list[i], &above = taps.list[i - 1];
            if (i % static_cast<std::size_t>(rows) != 0 && (own.x != above.x || own.y != above.y + step))
                return false;
        }
        return true;
    };
    int rows = std::min(most, taps.taps);
    while (taps.taps % rows != 0 || !stands(rows))
        --rows;
    return rows;
}

Shape shape_of(const ConvProblem &problem, const Form &form, const Taps &taps) {
    Shape shape{};
    shape.chunk = form.chunk_bytes / static_cast<int>(element_size(problem.storage));
    shape.step_y = step_of(problem, 0);
    shape.step_x = step_of(problem, 1);
    shape.halo_w = (form.tile_width - 1) * shape.step_x + taps.last_x - taps.first_x + 1;
    shape.halo_h = (form.tile_height - 1) * shape.step_y + taps.last_y - taps.first_y + 1;
    shape.rows = rows_of(problem, form, taps);
    shape.columns = std::max(1, form.step_taps / shape.rows);
    while (taps.taps % (shape.columns * shape.rows) != 0)
        --shape.columns;
    const int step_taps = shape.columns * shape.rows;
    const int steps = taps.taps / step_taps; // of a chunk
    const int halo = shape.halo_w * shape.halo_h * form.chunk_bytes;
    const int step = step_taps * (form.winograd ? winograd_at_once : 1) * form.chunk_bytes * form.blocks * 8;
    const int warps = form.tile_width * form.tile_height / 16 / form.pixel_blocks;
    const int room = problem.epilogue.sums ? warps * form.blocks * 8 * static_cast<int>(sizeof(float)) : 0;
    const int most = form.alone || form.keeps ? most_shared : most_shared_of(form.at_once);
    // A chunk of one step goes by so fast that more of them have to be on their way.
    constexpr int most_of_one_step = 4;
    const bool one_step = steps == 1 && !form.keeps;
    const auto bytes = [&] { return (one_step ? shape.stages : 2) * halo + shape.stages * step + room; };
    shape.stages = form.keeps ? (problem.in_channels + shape.chunk - 1) / shape.chunk * steps
                   : one_step ? most_of_one_step
                              : std::min(form.stages, steps + 1);
    while (!form.keeps && shape.stages > 2 && bytes() > most)
        --shape.stages;
    shape.shared_bytes = bytes();
    shape.keeps_behind =
        form.keeps && problem.behind_bytes > 0 && shape.shared_bytes + problem.behind_bytes <= most;
    shape.shared_bytes += shape.keeps_behind ? problem.behind_bytes : 0;
    shape.fits = shape.shared_bytes <= most;
    return shape;
}

// Filters in blocks of `blocks` eights, with what the loads of a tile's pixels cost besides: the form with
// the least of them serves.
constexpr int cost(int needed, int blocks) {
    return (needed + blocks - 1) / blocks * (2 * blocks + 3);
}

bool is_best(const ConvProblem &problem, const Form &form) {
    const int needed = static_cast<int>((problem.out_channels + 7) / 8);
    const auto better = [&](int blocks) { return cost(needed, blocks) < cost(needed, form.blocks); };
    switch (form.by) {
    case Multiplication::halves:
        return !better(2) && !better(4) && !better(6) && !better(8);
    case Multiplication::tf32:
        return !better(4) && !better(8);
    default: // no registers are left for more channels
        return true;
    }
}

// Twice as many items of half as many channels, for pictures that are few items. Rows of an enlarged picture
// would take more registers than three blocks leave.
bool is_for_few(const ConvProblem &problem, const Form &form) {
    return form.by == Multiplication::halves && form.blocks == 4 && problem.out_channels > 32 &&
           problem.epilogue.shuffle == 1;
}

// Half as high: by two warps a block instead of four, or by as many of half as many pixels.
constexpr bool is_short(const Form &form) {
    return form.tile_height == 8 && !form.skips;
}

template <Form F>
bool serves(const ConvProblem &problem, const DeviceFacts &device) {
    if (!multiplies(F.by, problem) || !has_mma_taps(problem, device))
        return false;
    if (F.winograd)
        return has_winograd_taps(problem) && shape_of(problem, F, taps_of(problem, F)).fits;
    const bool spreads = problem.transposed && problem.strides[0] > 1 &&
                         problem.out_channels * problem.strides[0] * problem.strides[0] <= 16;
    if (F.spread != (spreads && F.by == Multiplication::halves) ||
        !(F.spread || is_best(problem, F) || is_for_few(problem, F)))
        return false;
    const Taps taps = taps_of(problem, F);
    // Where strides read longer pieces no other form of as many channels is tried.
    const bool skips = step_of(problem, 1) > 1 && problem.in_channels > 16;
    if (!F.skips && F.by == strided.by && F.blocks == strided.blocks && skips &&
        shape_of(problem, strided, taps).fits)
        return false;
    if (F.alone && !F.skips) {
        Form together = F;
        together.alone = false;
        if (shape_of(problem, together, taps).fits)
            return false;
    }
    if (F.skips && !skips)
        return false;
    if (F.keeps && (taps.scale > 1 || problem.out_channels > F.blocks * 8))
        return false;
    return taps.list.size() <= mma_most_taps && shape_of(problem, F, taps).fits;
}

template <Form F>
std::string source(const ConvProblem &problem) {
    const Taps taps = taps_of(problem, F);
    const Shape shape = shape_of(problem, F, taps);
    return kernel_source(
        text(mma_text(problem, taps, F.by), "#define TILE_W ", F.tile_width, "\n#define TILE_H ",
             F.tile_height, "\n#define CHUNK ", shape.chunk, "\n#define BLOCKS ", F.blocks,
             "\n#define HALO_W ", shape.halo_w, "\n#define HALO_H ", shape.halo_h, "\n#define STEP_Y ",
             shape.step_y, "\n#define STEP_X ", shape.step_x, "\n#define PIXEL_BLOCKS ", F.pixel_blocks,
             "\n#define COLUMNS ", shape.columns, "\n#define ROWS ", shape.rows, "\n#define STAGES ",
             shape.stages, "\n#define KEEPS_WEIGHTS ", F.keeps ? 1 : 0, "\n#define KEEPS_BEHIND ",
             shape.keeps_behind ? 1 : 0, "\n#define BLOCKS_AT_ONCE ", F.at_once, "\n#define WINOGRAD ",
             F.winograd ? 1 : 0, "\n"),
        "mma_stream.cuh");
}

template <Form F>
std::vector<std::byte> pack(const ConvProblem &problem, std::span<const float> weights) {
    const Taps taps = taps_of(problem, F);
    if (F.winograd)
        return winograd_weights(problem, weights, shape_of(problem, F, taps).chunk, F.blocks);
    return mma_weights(problem, taps, weights, shape_of(problem, F, taps).chunk, F.blocks, false);
}

template <Form F>
MmaArgs arguments(const ConvProblem &problem, const ConvOperands &operands) {
    const Taps taps = taps_of(problem, F);
    const Shape shape = shape_of(problem, F, taps);
    MmaArgs args = mma_arguments(problem, operands, taps, F.tile_width, shape.halo_w, shape.chunk);
    const int tiles_y = (args.out_height + F.tile_height - 1) / F.tile_height;
    args.groups = F.spread ? 1 : (problem.out_channels + F.blocks * 8 - 1) / (F.blocks * 8);
    args.items = args.tiles_x * tiles_y * args.groups * taps.scale * taps.scale;
    return args;
}

// Where results are added up a block's items are all of one group of filters.
template <Form F>
int blocks_of(const ConvProblem &problem, const MmaArgs &args, const DeviceFacts &device) {
    const int blocks = std::min(args.items, F.at_once * device.multiprocessors);
    return problem.epilogue.sums ? std::max(blocks / args.groups, 1) * args.groups : blocks;
}

template <Form F>
Launch launch(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const MmaArgs args = arguments<F>(problem, operands);
    Launch result;
    result.grid = {static_cast<unsigned>(blocks_of<F>(problem, args, device)), 1, 1};
    result.block = {static_cast<unsigned>(2 * F.tile_width * F.tile_height / F.pixel_blocks), 1, 1};
    result.shared_bytes = static_cast<unsigned>(shape_of(problem, F, taps_of(problem, F)).shared_bytes);
    result.arguments = {argument(args), operands.epilogue};
    return result;
}

// Of every block that has a group's items.
template <Form F>
int sum_rows(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    if (problem.transposed || problem.epilogue.shuffle != 1)
        return 0;
    const MmaArgs args = arguments<F>(problem, operands);
    return blocks_of<F>(problem, args, device) / args.groups;
}

// Where the card's products are slow, the picture has two rounds of items and few channels are padding:
// two thirds of the products then pay for the additions, and the copies that are a third more.
bool winograd_contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    const MmaArgs args = arguments<by_winograd>(problem, operands);
    return device.has_slow_products() && problem.in_channels >= 32 &&
           args.groups * by_winograd.blocks * 64 <= 9 * problem.out_channels &&
           args.items >= 2 * by_winograd.at_once * device.multiprocessors;
}

// Where the widest items leave multiprocessors without one, narrow ones may be faster; where they leave many
// idle in the last round, short ones. Weights that are kept gain less than products that are not needed.
template <Form F>
bool contends(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    if (F.winograd)
        return winograd_contends(problem, operands, device);
    if (F.keeps && serves<by_winograd>(problem, device) && winograd_contends(problem, operands, device))
        return false;
    const MmaArgs args = arguments<F>(problem, operands);
    if (is_best(problem, F) && is_short(F)) {
        const int items = args.items / ((args.out_height + 7) / 8) * ((args.out_height + 15) / 16); // of high
        const int at_once = 2 * device.multiprocessors; // of those
        const int rounds = (items + at_once - 1) / at_once;
        constexpr double busy = 0.85;
        return items < busy * rounds * at_once;
    }
    if (F.spread || is_best(problem, F))
        return true;
    const std::int64_t groups = (problem.out_channels + 63) / 64;
    return args.items / args.groups * groups < std::int64_t{2} * device.multiprocessors;
}

template <Form F>
constexpr ConvCandidate candidate(const char *name) {
    return {name,        serves<F>,   nullptr,
            source<F>,   pack<F>,     launch<F>,
            sum_rows<F>, contends<F>, F.winograd ? winograd_holds : nullptr};
}

} // namespace

std::span<const ConvCandidate> mma_stream_candidates() {
    using enum Multiplication;
    static constexpr ConvCandidate list[] = {
        // mma_candidates_that_multiply_on()
        candidate<Form{halves, 8, 4, 16, 16, 32, 3, 3, 2}>("mma stream of 64 channels"),
        candidate<Form{halves, 8, 4, 16, 16, 32, 3, 3, 2, false, true}>("mma stream of 64 channels, alone"),
        candidate<Form{halves, 8, 4, 16, 16, 32, 3, 0, 2, false, false, true}>(
            "mma stream of 64 channels, weights kept"),
        candidate<strided>("mma stream of 64 channels, strided"),
        candidate<Form{halves, 8, 4, 16, 8, 32, 3, 3, 4}>("mma stream of 64 channels, short"),
        candidate<Form{halves, 6, 4, 16, 16, 32, 3, 3, 2}>("mma stream of 48 channels"),
        candidate<Form{halves, 6, 4, 16, 8, 32, 3, 3, 4}>("mma stream of 48 channels, short"),
        candidate<Form{halves, 4, 4, 16, 16, 32, 3, 3, 3}>("mma stream of 32 channels"),
        candidate<Form{halves, 4, 2, 16, 8, 64, 3, 3, 2}>("mma stream of 32 channels, short"),
        candidate<Form{halves, 2, 8, 32, 16, 32, 3, 3, 2}>("mma stream of 16 channels"),
        candidate<Form{halves, 2, 8, 32, 16, 32, 3, 3, 2, true}>("mma stream of 16 filters and phases"),
        candidate<by_winograd>("mma stream of 32 channels, Winograd"),
        candidate<Form{half_sums, 4, 4, 16, 16, 64, 1, 3, 2}>("mma stream of 32 channels with fp16 sums"),
        candidate<Form{tf32, 8, 4, 16, 16, 32, 3, 3, 2}>("tf32 mma stream of 64 channels"),
        candidate<Form{tf32, 4, 4, 16, 16, 32, 3, 3, 3}>("tf32 mma stream of 32 channels"),
    };
    return list;
}

std::vector<const ConvCandidate *> mma_candidates_that_multiply_on(const ConvProblem &first,
                                                                   const DeviceFacts &device) {
    constexpr int channels = 64;
    constexpr std::size_t in_tiles_of_16 = 3; // the first of the list
    const Epilogue &epilogue = first.epilogue;
    std::vector<const ConvCandidate *> found;
    // Tensors of the epilogue would take more registers than are left.
    if (first.out_channels != channels || first.transposed || first.strides != graph::Pair{1, 1} ||
        epilogue.shuffle != 1 || epilogue.sums || !epilogue.output_last || epilogue.output != first.storage ||
        epilogue.tensors > 0)
        return found;
    for (const ConvCandidate &candidate : mma_stream_candidates().first(in_tiles_of_16))
        if (candidate.serves(first, device))
            found.push_back(&candidate);
    return found;
}

bool mma_stream_leads(const ConvProblem &problem, const ConvOperands &operands, const DeviceFacts &device) {
    if (problem.kernel == graph::Pair{1, 1})
        return false;
    bool found = false;
    for (const ConvCandidate &each : mma_stream_candidates())
        if (!each.holds && // nor is there certainly a kernel by Winograd's algorithm
            each.serves(problem, device) && each.contends(problem, operands, device)) {
            found = true;
            if (each.launch(problem, operands, device).grid[0] <
                2U * static_cast<unsigned>(device.multiprocessors))
                return false;
        }
    return found;
}

} // namespace vsmlrt::cuda
