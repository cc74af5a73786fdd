#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/product.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::cuda {
namespace {

constexpr std::int64_t tile = 64; // queries of a block, keys at a time
constexpr std::int64_t channels_of_product = 16;

std::int64_t parts_of(std::int64_t whole, std::int64_t part) {
    return (whole + part - 1) / part;
}

Tensor transposed_matrix(const Tensor &tensor) {
    std::vector<std::int64_t> order(tensor.dims.size());
    std::iota(order.begin(), order.end(), 0);
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return transposed(tensor, order);
}

// Channels in equal parts of whole steps, so many that none is of more steps than `most`.
struct Slices {
    std::int64_t number, steps;

    Slices(std::int64_t channels, std::int64_t most)
        : number(parts_of(parts_of(channels, channels_of_product), most)),
          steps(parts_of(parts_of(channels, channels_of_product), number)) {}
};

// How a kernel divides its work: see kernels/attention_tiled.cuh; one slice each is kernels/attention.cuh's.
struct AttentionShape {
    Slices queries, values;
    int blocks; // of a multiprocessor, as far as registers go

    [[nodiscard]] std::string defines() const {
        return text("#define D_SLICES ", queries.number, "\n#define D_STEPS ", queries.steps,
                    "\n#define V_SLICES ", values.number, "\n#define V_STEPS ", values.steps,
                    "\n#define BLOCKS ", blocks, "\n");
    }
    [[nodiscard]] std::int64_t shared_bytes() const {
        constexpr std::int64_t pad = 8;
        return 2 * tile *
               (2 * (queries.steps * channels_of_product + pad) + values.steps * channels_of_product + pad);
    }
};

// Values of many channels are mixed by some blocks each, which may be fewer with more registers and find the
// scores fewer times.
std::vector<AttentionShape> shapes_of_attention(std::int64_t channels, std::int64_t width) {
    constexpr std::int64_t usual = 8;
    constexpr std::int64_t most = 12;
    constexpr std::int64_t thin = 2;
    const Slices queries(channels, usual);
    const Slices values(width, usual);
    const Slices fewer(width, most);
    std::vector<AttentionShape> shapes{
        {queries, values, std::max(queries.steps, values.steps) <= thin ? 3 : 2}};
    if (fewer.number < values.number)
        shapes.push_back({queries, fewer, 2});
    return shapes;
}

} // namespace

// Attentions run as one kernel, those of few keys and channels only where channels are innermost; the others
// stay the steps that they are.
void Planner::find_attended() {
    if (options_.plain)
        return;
    for (const Attention &attention : find_attentions(graph_, shapes_, groups_))
        if (attention.between.empty() && !absorbed_[attention.scores])
            attentions_.push_back(attention);
    for (const Attention &attention : attentions_)
        for (const std::size_t group : {attention.scores, attention.softmax, attention.scaling})
            if (group != no_node)
                absorbed_[group] = true;
}

// Whether it was; else its groups are emitted one after another.
bool Planner::emit_attention(const Attention &attention) {
    const Group &scores = groups_[attention.scores];
    const graph::Node &first = graph_.nodes[scores.anchor];
    const graph::Node &second = graph_.nodes[groups_[attention.mix].anchor];
    const bool at_once = attention.at_once && facts_.runs_barriers;
    const std::string name = join(std::vector<std::string>{label(scores), label(groups_[attention.softmax]),
                                                           label(groups_[attention.mix])},
                                  " + ");
    Tensor queries = read(attention.queries);
    Tensor keys = read(first.inputs[1]);
    Tensor values = read(second.inputs[1]);
    const std::size_t rank = keys.dims.size();
    const graph::ValueId product = first.outputs[0];
    if (rank < 2 || queries.dims.size() < 2 || graph::count(dims(product)) == 0)
        return false;
    keys = transposed_matrix(keys);
    if (at_once && (queries.strides.back() != 1 || keys.strides.back() != 1 || values.strides.back() != 1))
        return false;
    // What is read again for every tile is worth a copy.
    for (Tensor *operand : {&queries, &keys, &values})
        if (operand->strides.back() != 1) {
            const Tensor copy = fresh(operand->type, operand->dims, false, false);
            emit_copy(*operand, copy, "channels of " + name);
            *operand = copy;
        }
    const Chain chain = make_chain(graph_, shapes_, scores.members, product, {}, gates_);
    std::vector<Tensor> extras;
    for (const ChainInput &input : chain.inputs)
        extras.push_back(chain_operand(input, dims(product)));
    const Tensor to = result(groups_[attention.mix].result);
    AttentionArgs args = {};
    args.scores = product_args(queries, transposed_matrix(keys), dims(product), extras);
    args.scores.alpha = attention.scale;
    args.width = size_argument(values.dims.back());
    set_matrix(args.values, values);
    set_matrix(args.output, to);
    const bool chained = !scores.members.empty();
    const auto vector_of = [](const Tensor &tensor) { return vector_along(tensor, tensor.dims.size() - 1); };
    const std::string generated =
        text("typedef ", type_name(queries.type), " a_t;\ntypedef ", type_name(to.type),
             " output_t;\n#define CHAINED ", chained ? 1 : 0, "\n#define EXTRAS ", extras.size(), "\n",
             chained ? chain_text(chain, extras) : std::string(), "#define Q_VECTOR ", vector_of(queries),
             "\n#define K_VECTOR ", vector_of(keys), "\n#define V_VECTOR ", vector_of(values),
             "\n#define BRAIN ", queries.type == Element::bf16 ? 1 : 0, "\n");
    const std::int64_t batch = args.scores.threads / (std::int64_t{args.scores.rows} * args.scores.columns);
    const std::int64_t tiles = batch * parts_of(args.scores.rows, tile);
    std::vector<KernelArguments::Field> reads{
        {args.scores.a.data, queries}, {args.scores.b.data, keys}, {args.values.data, values}};
    for (std::size_t i = 0; i < extras.size(); ++i)
        reads.emplace_back(args.scores.extra[i].data, extras[i]);
    const KernelArguments arguments(args, reads, {{args.output.data, to}});
    Step step = step_of(name, arguments);
    for (const AttentionShape &shape : shapes_of_attention(queries.dims.back(), values.dims.back())) {
        const std::int64_t shared = at_once ? 0 : shape.shared_bytes();
        if (shared > facts_.shared_bytes_per_block && !step.alternatives.empty())
            continue;
        const char *const file = at_once ? "attention.cuh" : "attention_tiled.cuh";
        const std::string alternative =
            at_once ? "attention" : text("attention of ", shape.values.steps * channels_of_product);
        step.alternatives.push_back(by_blocks(alternative,
                                              kernel_source(text(generated, shape.defines()), file),
                                              {tiles * shape.values.number, 128, shared}, arguments));
    }
    step.ends_plain = false;
    if (step.alternatives.size() > 1)
        step.key.work = text("attention ", element_name(queries.type), " ", queries.dims.back(), " and ",
                             values.dims.back(), " channels, ", extras.size(), " summands");
    add_step(std::move(step));
    clear_lanes(to, name);
    return true;
}

} // namespace vsmlrt::cuda
