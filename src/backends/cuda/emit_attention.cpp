#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/product.h"

namespace vsmlrt::cuda {

// Attentions run as one kernel where channels are innermost; the others stay the steps that they are.
void Planner::find_attended() {
    if (!warps_work())
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
    const Tensor queries = read(attention.queries);
    const Tensor keys = read(first.inputs[1]);
    const Tensor values = read(second.inputs[1]);
    const std::size_t rank = keys.dims.size();
    if (queries.strides.back() != 1 || keys.strides[rank - 2] != 1 || values.strides.back() != 1 || rank < 2)
        return false;
    const graph::ValueId product = first.outputs[0];
    const Chain chain = make_chain(graph_, shapes_, scores.members, product, {}, gates_);
    std::vector<Tensor> extras;
    for (const ChainInput &input : chain.inputs)
        extras.push_back(chain_operand(input, dims(product)));
    const Tensor to = result(groups_[attention.mix].result);
    AttentionArgs args = {};
    args.scores = product_args(queries, keys, dims(product), extras);
    args.scores.alpha = attention.scale;
    args.width = size_argument(values.dims.back());
    set_matrix(args.values, values);
    set_matrix(args.output, to);
    const bool chained = !scores.members.empty();
    const auto sixteens = [](std::int64_t channels) { return (channels + 15) / 16; };
    const std::string source = kernel_source(
        text("typedef ", type_name(queries.type), " a_t;\ntypedef ", type_name(to.type),
             " output_t;\n#define CHAINED ", chained ? 1 : 0, "\n#define EXTRAS ", extras.size(), "\n",
             chained ? chain_text(chain, extras) : std::string(), "#define D_STEPS ",
             sixteens(queries.dims.back()), "\n#define V_STEPS ", sixteens(args.width), "\n#define Q_VECTOR ",
             vector_along(queries, queries.dims.size() - 1), "\n#define K_VECTOR ",
             vector_along(keys, rank - 2), "\n#define V_VECTOR ",
             vector_along(values, values.dims.size() - 1), "\n#define BRAIN ",
             queries.type == Element::bf16 ? 1 : 0, "\n"),
        "attention.cuh");
    constexpr std::int64_t tile = 64;
    const std::int64_t batch = args.scores.threads / (std::int64_t{args.scores.rows} * args.scores.columns);
    const std::int64_t blocks = batch * ((args.scores.rows + tile - 1) / tile);
    const std::string name = join(std::vector<std::string>{label(scores), label(groups_[attention.softmax]),
                                                           label(groups_[attention.mix])},
                                  " + ");
    Step step{name, {queries.buffer, keys.buffer, values.buffer}, {to.buffer}, {}, {}};
    for (const Tensor &extra : extras)
        step.reads.push_back(extra.buffer);
    step.alternatives.push_back(
        {"attention", source,
         [args, queries, keys, values, to, extras, blocks](const Addresses &addresses) mutable {
             args.scores.a.data = addresses.of(queries);
             args.scores.b.data = addresses.of(keys);
             args.values.data = addresses.of(values);
             args.output.data = addresses.of(to);
             for (std::size_t i = 0; i < extras.size(); ++i)
                 args.scores.extra[i].data = addresses.of(extras[i]);
             Launch launch;
             launch.grid = {static_cast<unsigned>(size_argument(blocks)), 1, 1};
             launch.block = {128, 1, 1};
             launch.arguments = {argument(args)};
             return launch;
         }});
    add_step(std::move(step));
    clear_lanes(to, name);
    return true;
}

} // namespace vsmlrt::cuda
