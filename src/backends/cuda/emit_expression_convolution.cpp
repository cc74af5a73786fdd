// A strided convolution that alone reads an expression of pictures, as one kernel with it: interpolators
// begin each of their blocks so. What the expression gives would be written and read with four pixels for
// each of the convolution's, and has few channels.
#include "backends/cuda/emit_expression.h"
#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/expression_convolution_shape.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "base/hash.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

constexpr int tile_width = 16;
constexpr int most_lanes = 32;
constexpr int most_filters = 96; // sums of a thread

int lanes_of(const ConvProblem &problem) {
    return (problem.in_channels + 15) / 16 * 16;
}
int blocks_of(const ConvProblem &problem) {
    return (problem.out_channels + 15) / 16 * 2;
}

// What a block of the kernel is; see its text.
struct Way {
    int rows;   // of a thread
    int height; // of a tile
    int threads;
    int blocks; // of a multiprocessor
};

int shared_bytes(const Way &way, const ConvProblem &problem) {
    return tile_pixels(tile_width, way.height) * lanes_of(problem) * 2;
}

// The first has the most registers, for expressions that take them.
std::vector<Way> ways_of(const ConvProblem &problem, bool shares_rows) {
    std::vector<Way> ways = shares_rows ? std::vector<Way>{{2, 16, 192, 3}, {2, 16, 192, 4}}
                                        : std::vector<Way>{{1, 8, 192, 2}, {1, 8, 128, 4}, {1, 4, 160, 3}};
    constexpr int most_shared = 48 << 10; // so that several blocks have room
    std::erase_if(ways, [&](const Way &way) { return shared_bytes(way, problem) > most_shared; });
    return ways;
}

// The channels of each row's pixel, handed over in pairs.
std::string puts(const Expression &expression, int rows, int lanes) {
    const std::size_t channels = expression.channels.size() / static_cast<std::size_t>(rows);
    std::string lines;
    for (int row = 0; row < rows; ++row) {
        const auto channel = [&](int lane) {
            const auto at = static_cast<std::size_t>(lane);
            return at < channels ? expression.channels[static_cast<std::size_t>(row) * channels + at]
                                 : std::string("0.0f");
        };
        std::string words;
        for (int lane = 0; lane < lanes; lane += 2)
            words += text(lane == 0 ? "" : ", ", "packed(", channel(lane), ", ", channel(lane + 1), ")");
        lines += text("    put_pixel(memory, first + ", row, ", column, y + ", row, " >= 0 && y + ", row,
                      " < args.height, Words{{", words, "}});\n");
    }
    return lines;
}

// [tap][step of 16 channels][pair of blocks][lane]: registers 0 and 1 of both blocks, as m16n8k16 has them.
std::vector<std::byte> pack_fragments(const ConvProblem &problem, std::span<const float> weights) {
    const Filters filters(problem, weights);
    std::vector<std::byte> image;
    for (int tap = 0; tap < 9; ++tap)
        for (int step = 0; step < lanes_of(problem) / 16; ++step)
            for (int pair = 0; pair < blocks_of(problem) / 2; ++pair)
                for (int lane = 0; lane < 32; ++lane)
                    for (int part = 0; part < 4; ++part)
                        for (int element = 0; element < 2; ++element) {
                            const int in = 16 * step + 8 * (part % 2) + 2 * (lane % 4) + element;
                            const int column = lane / 4;
                            const int out = filter_of_fragment(2 * pair + part / 2, column / 2, column % 2,
                                                               blocks_of(problem));
                            add_weight(image, problem.storage, filters.at(out, in, tap / 3, tap % 3));
                        }
    return image;
}

std::string source_of(const ConvProblem &problem, const Way &way, const Expression &expression) {
    return kernel_source(
        text("typedef ", expression.wide ? "i64" : "int", " offset_t;\n#define THREADS_OF_BLOCK ",
             way.threads, "\n#define BLOCKS_OF_MULTIPROCESSOR ", way.blocks, "\n#define ROWS ", way.rows,
             "\n#define TILE_H ", way.height, "\n#define LANES ", lanes_of(problem), "\n#define FILTERS ",
             problem.out_channels, "\n#define BLOCKS ", blocks_of(problem), "\n#define BRAIN ",
             problem.storage == Element::bf16 ? 1 : 0, "\n", problem.epilogue.text, "#define PIXELS \\\n",
             macro_lines(expression.lines + puts(expression, way.rows, lanes_of(problem)))),
        "expression_convolution.cuh");
}

bool serves(const ConvProblem &problem) {
    const Epilogue &epilogue = problem.epilogue;
    const bool halves = problem.storage == Element::f16 || problem.storage == Element::bf16;
    return halves && !problem.half_sums && !problem.transposed && problem.kernel == graph::Pair{3, 3} &&
           problem.strides == graph::Pair{2, 2} && problem.dilations == graph::Pair{1, 1} &&
           problem.pads[0] == 1 && problem.pads[1] == 1 && problem.in_channels <= most_lanes &&
           problem.out_channels <= most_filters && epilogue.tensors == 0 && epilogue.shuffle == 1 &&
           epilogue.output_last && epilogue.output == problem.storage && !epilogue.sums;
}

} // namespace

bool Planner::reads_expression(const Group &first, const Group &second) const {
    const Shape &size = dims(first.result);
    return first.expression && may_pair(second) && size.size() == 4 && size[0] == 1 &&
           type(first.result) == type(graph_.nodes[second.anchor].outputs[0]) && second.shuffle == no_node &&
           facts_.architecture >= 80;
}

bool Planner::emit_expression_convolution(const Group &first, const Group &second) {
    const graph::Node &node = graph_.nodes[second.anchor];
    const PictureEpilogue epilogue = make_epilogue(second, 0, graph::operand(node, 2));
    const ConvProblem problem = problem_of(second, epilogue);
    if (!serves(problem))
        return false;
    ExpressionRequest request = request_of(first);
    const Expression single = make_expression(request);
    request.rows = rows_of_thread;
    const std::vector<Way> ways = ways_of(problem, make_expression(request).shares_rows);
    if (ways.empty())
        return false;
    Step step{label(first) + " + " + label(second), {}, {}, {}, {}};
    for (const Tensor &source : single.sources)
        step.reads.push_back(source.buffer);
    for (const Tensor &texture : single.textures)
        step.reads.push_back(texture.buffer);
    epilogue.add_buffers(step);
    const std::string key = text("expression's convolution ", node.inputs[1], ", ", geometry(problem));
    const auto pack = [problem, contents = *known(node.inputs[1])] {
        return pack_fragments(problem, graph::widen<float>(graph::view_of(contents)));
    };
    for (const Way &way : ways) {
        request.rows = way.rows;
        const Expression expression = make_expression(request);
        ExpressionArgs args = expression_arguments(expression, dims(first.result));
        args.tiles_x = size_argument((epilogue.result[3] + tile_width - 1) / tile_width);
        const std::int64_t tiles =
            std::int64_t{args.tiles_x} * ((epilogue.result[2] + way.height - 1) / way.height);
        step.alternatives.push_back(
            {text("expression and convolution ", way.blocks, " of ", way.threads, " threads"),
             source_of(problem, way, expression),
             [this_weights = &weights_, key, pack, args, tiles, way, bytes = shared_bytes(way, problem),
              epilogue, sources = expression.sources, textures = expression.textures,
              channels = expression.input_channels](const Addresses &addresses) mutable {
                 place_sources(args, sources, addresses);
                 struct Both {
                     ExpressionArgs picture;
                     std::uint64_t weights;
                 };
                 return block_launch(
                     {tiles, way.threads, bytes},
                     {expression_argument(argument(Both{args, this_weights->address(key, pack)}), textures,
                                          channels, addresses),
                      epilogue.arguments(addresses)});
             }});
    }
    step.ends_plain = false;
    step.is_expression = true;
    step.key.work =
        text("expression ", content_hash(std::as_bytes(std::span(single.lines))), " and ", geometry(problem),
             ", epilogue ", content_hash(std::as_bytes(std::span(problem.epilogue.text))));
    add_step(std::move(step));
    return true;
}

} // namespace vsmlrt::cuda
