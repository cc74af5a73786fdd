// Two convolutions behind each other as one kernel, where the device has one for them: what is between them
// is never written to memory. Taken wherever it serves, at every size, so that all plans of a range need the
// same buffers.
#include "backends/cuda/hopper_pair.h"
#include "backends/cuda/planner.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

// The groups whose kernels read a value, each as often as it does.
std::vector<std::size_t> readers_of(const std::vector<Group> &groups, const graph::Graph &graph,
                                    graph::ValueId value) {
    std::vector<std::size_t> readers;
    for (std::size_t i = 0; i < groups.size(); ++i)
        for (const std::size_t node : groups[i].nodes())
            readers.insert(readers.end(),
                           static_cast<std::size_t>(std::count(graph.nodes[node].inputs.begin(),
                                                               graph.nodes[node].inputs.end(), value)),
                           i);
    return readers;
}

PairOperands::Picture picture_of(const Tensor &tensor, const Addresses &addresses) {
    return {addresses.of(tensor), tensor.dims[1],    tensor.dims[2],
            tensor.dims[3],       tensor.strides[2], tensor.strides[3]};
}

} // namespace

bool Planner::may_pair(const Group &group) const {
    if (group.chain_only || group.expression || group.shuffle != no_node)
        return false;
    const auto *conv = std::get_if<graph::Conv>(&shapes_.ops[group.anchor]);
    const graph::Node &node = graph_.nodes[group.anchor];
    if (!conv || conv->groups != 1 || !known(node.inputs[1]) || gates_.contains(node.inputs[0]) ||
        sums_.contains(group.result))
        return false;
    const graph::ValueId bias = graph::operand(node, 2);
    if (bias != graph::no_value && !known(bias))
        return false;
    // The copy engine stores whole 16 bytes of a pixel.
    constexpr std::int64_t vector = 8;
    const Shape &shape = dims(node.outputs[0]);
    return shape[0] == 1 && shape[1] % vector == 0;
}

void Planner::find_pairs() {
    if (options_.plain || !facts_.runs_barriers)
        return;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        const Group &first = groups_[i];
        if (absorbed_[i] || !may_pair(first) || pairs_.contains(i) || targets_.contains(first.result) ||
            std::find(graph_.outputs.begin(), graph_.outputs.end(), first.result) != graph_.outputs.end())
            continue;
        const std::vector<std::size_t> readers = readers_of(groups_, graph_, first.result);
        if (readers.size() != 1 || absorbed_[readers.front()])
            continue;
        const Group &second = groups_[readers.front()];
        if (!may_pair(second) || graph_.nodes[second.anchor].inputs[0] != first.result)
            continue;
        // What follows from the shapes alone; the epilogues are looked at when their operands are placed.
        const auto alone = [&](const Group &group) {
            PictureEpilogue epilogue;
            epilogue.result = dims(graph_.nodes[group.anchor].outputs[0]);
            epilogue.text.output_last = true;
            return problem_of(group, epilogue);
        };
        if (!pair_serves({alone(first), alone(second)}, facts_))
            continue;
        absorbed_[i] = true;
        pairs_[readers.front()] = i;
    }
}

bool Planner::emit_pair(const Group &first, const Group &second) {
    const graph::Node &one = graph_.nodes[first.anchor];
    const graph::Node &two = graph_.nodes[second.anchor];
    // The first one's result is a buffer that no step touches: it gets no memory.
    const PictureEpilogue between = make_epilogue(first, 0, graph::operand(one, 2));
    const PictureEpilogue behind = make_epilogue(second, 0, graph::operand(two, 2));
    const PairProblem problem{problem_of(first, between), problem_of(second, behind)};
    if (!pair_serves(problem, facts_))
        return false;
    const Tensor input = with_vectors(one.inputs[0], problem.first.storage, label(first));
    Step step{label(first) + " + " + label(second), {input.buffer}, {}, {}, {}};
    behind.add_buffers(step);
    for (const ChannelOperand &channel : between.builder.channels)
        if (channel.computed.buffer >= 0)
            step.reads.push_back(channel.computed.buffer);
    const std::string key = text("hopper.pair of ", one.inputs[1], " ", geometry(problem.first), " and ",
                                 two.inputs[1], " ", geometry(problem.second));
    const auto pack = [problem, first_weights = *known(one.inputs[1]),
                       second_weights = *known(two.inputs[1])] {
        return pack_pair(problem, graph::widen<float>(graph::view_of(first_weights)),
                         graph::widen<float>(graph::view_of(second_weights)));
    };
    step.alternatives.push_back({"hopper.pair", pair_source(problem),
                                 [this_weights = &weights_, key, pack, problem, input, between, behind,
                                  facts = facts_](const Addresses &addresses) {
                                     PairOperands operands;
                                     operands.weights = this_weights->address(key, pack);
                                     operands.input = picture_of(input, addresses);
                                     operands.output = picture_of(behind.output, addresses);
                                     operands.output.channels += behind.output.lanes;
                                     if (!behind.builder.tensors.empty())
                                         operands.operand =
                                             picture_of(behind.builder.tensors.front(), addresses);
                                     operands.first_epilogue = between.arguments(addresses);
                                     operands.second_epilogue = behind.arguments(addresses);
                                     return launch_pair(problem, operands, facts);
                                 }});
    step.ends_plain = false;
    add_step(std::move(step));
    return true;
}

} // namespace vsmlrt::cuda
