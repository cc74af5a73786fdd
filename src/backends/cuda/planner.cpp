#include "backends/cuda/planner.h"

#include "backends/cuda/hopper.h"
#include "backends/cuda/launching.h"
#include "base/error.h"

#include <algorithm>

namespace vsmlrt::cuda {

std::string geometry(const ConvProblem &problem) {
    return text(problem.transposed ? "deconv " : "conv ", element_name(problem.storage),
                problem.half_sums ? " with fp16 sums "
                : problem.tf32    ? " as tf32 "
                                  : " ",
                problem.in_channels, " to ", problem.out_channels, ", ", join(problem.kernel, "x"), " by ",
                join(problem.strides, "x"), ", dilated ", join(problem.dilations, "x"), ", padded ",
                join(problem.pads, " "),
                problem.epilogue.shuffled_lanes > 0
                    ? text(", shuffled by ", problem.epilogue.shuffle, " to ",
                           problem.epilogue.shuffled_lanes, " lanes with ", problem.epilogue.tensors,
                           problem.epilogue.broadcast ? " spread" : "", " operands",
                           problem.epilogue.shuffled_vectors ? "" : ", by fours")
                    : std::string());
}

std::span<const std::span<const ConvCandidate>> candidate_lists() {
    static const std::array<std::span<const ConvCandidate>, 2> lists = {hopper_candidates(),
                                                                        mma_candidates()};
    return lists;
}

Plan make_plan(const graph::Graph &graph, const graph::Shapes &shapes, Constants &weights,
               nvidia::SharedContext device, const DeviceFacts &facts, const PlanOptions &options) {
    return Planner(graph, shapes, weights, std::move(device), facts, options).run();
}

Planner::Planner(const graph::Graph &graph, const graph::Shapes &shapes, Constants &weights,
                 nvidia::SharedContext device, const DeviceFacts &facts, const PlanOptions &options)
    : graph_(graph), shapes_(shapes), weights_(weights), own_(std::make_shared<Constants>(std::move(device))),
      facts_(facts), options_(options), groups_(make_groups(graph, shapes, !options.plain)),
      count_(graph, shapes) {}

Plan Planner::run() && {
    const auto door = [&](graph::ValueId value, BufferKind kind, std::size_t index) {
        Tensor tensor = dense(0, type(value), dims(value));
        tensor.buffer = add_buffer({kind, index, bytes_of(tensor), 0, {}});
        return tensor;
    };
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
        const graph::ValueId value = graph_.inputs[i].value;
        plan_.inputs.push_back(door(value, BufferKind::input, i));
        bind(value, plan_.inputs.back());
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i)
        plan_.outputs.push_back(door(graph_.outputs[i], BufferKind::output, i));
    find_pictures();
    find_concat_targets();
    find_excited();
    find_transformers();
    find_attended();
    find_pairs();
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        for (const Excitation &excitation : excitations_)
            if (excitation.second == i)
                counted(excitation.groups, [&] { emit_excitation(excitation); });
        for (const DeferredProduct &product : products_)
            if (product.group == i)
                bind(product.values.front(), read(product.picture));
        for (const TransformerBlock &block : transformers_)
            if (block.last == i)
                counted({block.groups.begin(), block.groups.end()}, [&] { emit_transformer(block); });
        const auto attention = std::find_if(attentions_.begin(), attentions_.end(),
                                            [&](const Attention &each) { return each.mix == i; });
        if (attention != attentions_.end()) {
            std::vector<std::size_t> together;
            for (const std::size_t group : {attention->scaling, attention->scores, attention->softmax})
                if (group != no_node)
                    together.push_back(group);
            const std::vector<std::size_t> apart = together;
            together.push_back(i);
            if (counted(together, [&] { return emit_attention(*attention); }))
                continue;
            for (const std::size_t group : apart)
                counted({group}, [&] { emit(groups_[group]); });
        }
        if (const auto pair = pairs_.find(i); pair != pairs_.end()) {
            if (counted({pair->second.first, i}, [&] { return emit_pair(pair->second, groups_[i]); }))
                continue;
            counted({pair->second.first}, [&] { emit(groups_[pair->second.first]); });
        }
        if (!absorbed_[i])
            counted({i}, [&] { emit(groups_[i]); });
    }
    finish_outputs();
    pack_arena(plan_);
    plan_.keep = own_;
    return std::move(plan_);
}

std::string Planner::label(const Group &group) const {
    std::vector<std::string> labels;
    if (group.expression && group.members.size() > 1)
        return text(graph_.nodes[group.members.front()].label, " to ", graph_.nodes[group.anchor].label, ", ",
                    group.members.size(), " operators");
    for (const std::size_t node : group.nodes())
        labels.push_back(graph_.nodes[node].label);
    return join(labels, " + ");
}

// A group may need several steps: those that bear its name share its work, but for a reduction's, whose first
// pass reads everything. What prepares operands does nothing that has to be done.
void Planner::note_work(std::size_t first_step, const std::vector<std::size_t> &groups) {
    const std::span<Step> steps = std::span(plan_.steps).subspan(first_step);
    std::vector<const Group *> together;
    std::vector<std::string> names;
    for (const std::size_t group : groups) {
        together.push_back(&groups_[group]);
        names.push_back(label(groups_[group]));
    }
    std::vector<Step *> named;
    std::vector<Step *> in_chunks;
    for (Step &step : steps) {
        if (step.work) // it knows better
            return;
        if (std::none_of(names.begin(), names.end(),
                         [&](const std::string &name) { return step.label.starts_with(name); }))
            continue;
        (step.label.ends_with(chunks_label) ? in_chunks : named).push_back(&step);
    }
    const std::vector<Step *> &workers = in_chunks.empty() ? named : in_chunks;
    Work work = count_.of(together);
    const auto share = static_cast<double>(std::max<std::size_t>(workers.size(), 1));
    work.operations /= share;
    work.bytes_read /= share;
    work.bytes_written /= share;
    for (Step *step : workers)
        step->work = work;
}

void Planner::add_kernel(const std::string &label, const char *name, std::string source, std::int64_t threads,
                         const KernelArguments &arguments) {
    if (threads == 0)
        return;
    Step step = step_of(label, arguments);
    step.alternatives.push_back(by_threads(name, std::move(source), threads, arguments));
    add_step(std::move(step));
}

void Planner::emit(const Group &group) {
    if (group.chain_only)
        return emit_chain(group);
    if (group.expression)
        return emit_expression(group);
    std::visit([&](const auto &op) { emit(op, group); }, shapes_.ops[group.anchor]);
}

// Outputs that no kernel wrote where they belong: views, inputs, constants, a value that is given twice.
void Planner::finish_outputs() {
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
        const Tensor from = read(graph_.outputs[i]);
        const Tensor &to = plan_.outputs[i];
        if (from.buffer != to.buffer)
            emit_copy(from, to,
                      "output \"" + graph_.values[static_cast<std::size_t>(graph_.outputs[i])].name + "\"");
    }
}

} // namespace vsmlrt::cuda
