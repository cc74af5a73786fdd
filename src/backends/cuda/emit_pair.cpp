// Two convolutions behind each other as one kernel, where the device has one for them: what is between them
// is never written to memory. Taken wherever it serves, at every size, so that all plans of a range need the
// same buffers.
#include "backends/cuda/hopper_pair.h"
#include "backends/cuda/hopper_row_tail.h"
#include "backends/cuda/hopper_tail.h"
#include "backends/cuda/mma_shrink.h"
#include "backends/cuda/mma_tail.h"
#include "backends/cuda/planner.h"
#include "base/hash.h"
#include "graph/storage.h"

#include <algorithm>
#include <utility>

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

CopiedPicture picture_of(const Tensor &tensor, const Addresses &addresses) {
    return {addresses.of(tensor), tensor.dims[1],    tensor.dims[2],
            tensor.dims[3],       tensor.strides[2], tensor.strides[3]};
}

} // namespace

struct Planner::Convolutions {
    const graph::Node &one, &two;
    PictureEpilogue between, behind;
    PairProblem problem;
};

Planner::Convolutions Planner::both_of(const Group &first, const Group &second) {
    const graph::Node &one = graph_.nodes[first.anchor];
    const graph::Node &two = graph_.nodes[second.anchor];
    PictureEpilogue between = make_epilogue(first, 0, graph::operand(one, 2));
    PictureEpilogue behind = make_epilogue(second, 0, graph::operand(two, 2));
    const PairProblem problem{problem_of(first, between), problem_of(second, behind)};
    return {one, two, std::move(between), std::move(behind), problem};
}

bool Planner::may_pair(const Group &group) const {
    if (group.chain_only || group.expression)
        return false;
    const graph::Op &op = shapes_.ops[group.anchor];
    const auto *straight = std::get_if<graph::Conv>(&op);
    const auto *transposed = std::get_if<graph::ConvTranspose>(&op);
    if ((!straight && !transposed) || (straight ? straight->groups : transposed->groups) != 1)
        return false;
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::ValueId bias = graph::operand(node, 2);
    return known(node.inputs[1]) && (bias == graph::no_value || known(bias)) &&
           dims(node.outputs[0])[0] == 1 && !gates_.contains(node.inputs[0]) && !sums_.contains(group.result);
}

ConvProblem Planner::alone(const Group &group) const {
    PictureEpilogue epilogue;
    epilogue.result = dims(graph_.nodes[group.anchor].outputs[0]);
    epilogue.text.output_last = true;
    epilogue.text.output = type(graph_.nodes[group.anchor].outputs[0]);
    return problem_of(group, epilogue);
}

// Whether and how they do as one kernel; by the shapes alone. Epilogues are looked at when their operands are
// placed.
std::optional<Planner::PairKind> Planner::pair_kind(const Group &first, const Group &second) const {
    const ConvProblem one = alone(first);
    const ConvProblem two = alone(second);
    if (first.shuffle != no_node)
        return std::nullopt;
    // The copy engine stores whole 16 bytes of a pixel.
    constexpr int vector = 8;
    const bool vectors = one.out_channels % vector == 0 && two.out_channels % vector == 0;
    if (vectors && second.shuffle == no_node && pair_serves({one, two}, facts_))
        return PairKind::rows;
    const Shape &size = dims(graph_.nodes[second.anchor].outputs[0]);
    if (second.shuffle == no_node && row_tail_serves({one, two}, facts_) &&
        row_tail_pays({one, two}, size[2], size[3], facts_))
        return PairKind::row_tail;
    if (tail_serves({one, two}, tail_candidates().front(), facts_))
        return PairKind::tail;
    if (!facts_.is_hopper() && second.shuffle == no_node && !mma_tail_candidates({one, two}, facts_).empty())
        return PairKind::mma_tail;
    return std::nullopt;
}

// A convolution to few channels goes first: computed alone it takes longer than another one in front of it.
void Planner::find_pairs() {
    if (options_.plain)
        return;
    find_read_expressions();
    if (!facts_.runs_barriers)
        return;
    find_pairs(true);
    find_pairs(false);
    find_shrinks();
}

// Where a convolution of a UNet's way down reads a picture that its way up reads as well, both are one kernel
// at the second one's turn, before which nobody else may read the picture.
void Planner::find_shrinks() {
    if (facts_.is_hopper()) // whose own kernels are faster
        return;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        const Group &first = groups_[i];
        if (absorbed_[i] || pairs_.contains(i) || first.shuffle != no_node || !may_pair(first))
            continue;
        const std::vector<std::size_t> readers = readers_of(groups_, graph_, first.result);
        if (readers.size() < 2 || absorbed_[readers.front()] || pairs_.contains(readers.front()))
            continue;
        const Group &second = groups_[readers.front()];
        if (second.shuffle == no_node && may_pair(second) &&
            graph_.nodes[second.anchor].inputs[0] == first.result && readers[1] != readers[0] &&
            !mma_shrink_candidates({alone(first), alone(second)}, facts_).empty()) {
            absorbed_[i] = true;
            pairs_[readers.front()] = {i, PairKind::mma_shrink};
        }
    }
}

void Planner::find_read_expressions() {
    for (std::size_t i = 0; i < groups_.size(); ++i)
        if (const auto reader = only_reader(i); reader && reads_expression(groups_[i], groups_[*reader])) {
            absorbed_[i] = true;
            pairs_[*reader] = {i, PairKind::expression};
        }
}

// The group behind, where it alone reads this one's result, and as what it convolves.
std::optional<std::size_t> Planner::only_reader(std::size_t group) const {
    const Group &first = groups_[group];
    if (absorbed_[group] || pairs_.contains(group) || targets_.contains(first.result) ||
        std::find(graph_.outputs.begin(), graph_.outputs.end(), first.result) != graph_.outputs.end())
        return std::nullopt;
    const std::vector<std::size_t> readers = readers_of(groups_, graph_, first.result);
    if (readers.size() != 1 || absorbed_[readers.front()] || pairs_.contains(readers.front()))
        return std::nullopt;
    const Group &second = groups_[readers.front()];
    if (!may_pair(second) || graph_.nodes[second.anchor].inputs[0] != first.result)
        return std::nullopt;
    return readers.front();
}

void Planner::find_pairs(bool to_few) {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        const std::optional<std::size_t> reader = only_reader(i);
        if (!reader || !may_pair(groups_[i]))
            continue;
        const std::optional<PairKind> kind = pair_kind(groups_[i], groups_[*reader]);
        if (kind && (!to_few || kind == PairKind::row_tail || kind == PairKind::mma_tail)) {
            absorbed_[i] = true;
            pairs_[*reader] = {i, *kind};
        }
    }
}

bool Planner::emit_pair(const Pair &pair, const Group &second) {
    const Group &first = groups_[pair.first];
    if (pair.kind == PairKind::expression)
        return emit_expression_convolution(first, second);
    if (pair.kind == PairKind::tail)
        return emit_tail(first, second);
    if (pair.kind == PairKind::mma_tail)
        return emit_mma_tail(first, second);
    if (pair.kind == PairKind::mma_shrink)
        return emit_mma_shrink(first, second);
    return emit_rows(first, second, pair.kind == PairKind::row_tail);
}

bool Planner::emit_rows(const Group &first, const Group &second, bool to_few) {
    // The first one's result is a buffer that no step touches: it gets no memory.
    const Convolutions both = both_of(first, second);
    const graph::Node &one = both.one;
    const graph::Node &two = both.two;
    const PictureEpilogue &between = both.between;
    const PictureEpilogue &behind = both.behind;
    const PairProblem &problem = both.problem;
    const auto serves = to_few ? row_tail_serves : pair_serves;
    const auto pays = to_few ? row_tail_pays : pair_pays;
    if (!serves(problem, facts_) || !pays(problem, behind.result[2], behind.result[3], facts_))
        return false;
    const Tensor input = with_vectors(one.inputs[0], problem.first.storage, label(first));
    Step step{label(first) + " + " + label(second), {input.buffer}, {}, {}, {}};
    behind.add_buffers(step);
    between.add_channel_buffers(step);
    const char *const name = to_few ? "hopper.row_tail" : "hopper.pair";
    const std::string key = text(name, " of ", one.inputs[1], " ", geometry(problem.first), " and ",
                                 two.inputs[1], " ", geometry(problem.second));
    const auto pack = [problem, pack_both = to_few ? pack_row_tail : pack_pair,
                       first_weights = *known(one.inputs[1]), second_weights = *known(two.inputs[1])] {
        return pack_both(problem, graph::widen<float>(graph::view_of(first_weights)),
                         graph::widen<float>(graph::view_of(second_weights)));
    };
    step.alternatives.push_back(
        {name, to_few ? row_tail_source(problem) : pair_source(problem),
         [this_weights = &weights_, key, pack, problem, input, between, behind,
          launch = to_few ? launch_row_tail : launch_pair, facts = facts_](const Addresses &addresses) {
             PairOperands operands;
             operands.weights = this_weights->address(key, pack);
             operands.input = picture_of(input, addresses);
             operands.output = picture_of(behind.output, addresses);
             operands.output.channels += behind.output.lanes;
             if (!behind.builder.tensors.empty())
                 operands.operand = picture_of(behind.builder.tensors.front(), addresses);
             operands.first_epilogue = between.arguments(addresses);
             operands.second_epilogue = behind.arguments(addresses);
             return launch(problem, operands, facts);
         }});
    step.ends_plain = false;
    add_step(std::move(step));
    return true;
}

bool Planner::emit_tail(const Group &first, const Group &second) {
    const Convolutions both = both_of(first, second);
    const graph::Node &one = both.one;
    const graph::Node &two = both.two;
    const PictureEpilogue &between = both.between;
    const PictureEpilogue &behind = both.behind;
    const PairProblem &problem = both.problem;
    if (!tail_serves(problem, tail_candidates().front(), facts_))
        return false;
    const Element storage = problem.first.storage;
    const Shape &size = dims(one.outputs[0]);
    const Tensor products =
        fresh(storage, {1, products_of_taps(problem.second), size[2], size[3]}, true, true);
    const Tensor waiting = fresh(Element::f32, {tail_waiting_floats(problem, facts_)}, false, false);
    const Tensor input = with_vectors(one.inputs[0], storage, label(first));
    Step step{label(first), {input.buffer}, {products.buffer, waiting.buffer}, {}, {}};
    between.add_channel_buffers(step);
    const std::string key =
        text("hopper.tail of ", one.inputs[1], " and ", two.inputs[1], " ", geometry(problem.second));
    const auto pack = [problem, first_weights = *known(one.inputs[1]),
                       second_weights = *known(two.inputs[1])] {
        return pack_tail(problem, graph::widen<float>(graph::view_of(first_weights)),
                         graph::widen<float>(graph::view_of(second_weights)));
    };
    for (const TailCandidate &candidate : tail_candidates())
        if (tail_serves(problem, candidate, facts_))
            step.alternatives.push_back(
                {candidate.name, tail_source(problem, candidate),
                 [this_weights = &weights_, key, pack, problem, &candidate, input, products, waiting, between,
                  facts = facts_](const Addresses &addresses) {
                     ConvOperands operands = operands_of(input, between, addresses);
                     operands.weights = this_weights->address(key, pack);
                     operands.output = addresses.of(products);
                     return launch_tail(problem, candidate, operands, addresses.of(waiting), facts);
                 }});
    step.key.work =
        text(geometry(problem.first), ", ", problem.second.out_channels, " channels of products, epilogue ",
             content_hash(std::as_bytes(std::span(problem.first.epilogue.text))));
    Step sums{label(second), {products.buffer}, {}, {}, {}};
    behind.add_buffers(sums);
    sums.alternatives.push_back({"hopper.tap_sums", tap_sums_source(problem.second),
                                 [problem, products, behind, facts = facts_](const Addresses &addresses) {
                                     return launch_tap_sums(problem.second,
                                                            operands_of(products, behind, addresses), facts);
                                 }});
    add_tail(std::move(step), std::move(sums), first, second);
    return true;
}

void Planner::add_ways(Step &step, const Convolutions &both,
                       const std::vector<const ConvCandidate *> &candidates, const char *behind,
                       const LaunchOfFirst &launch) {
    const ConvProblem &problem = both.problem.first;
    const Tensor input = with_vectors(both.one.inputs[0], problem.storage, step.label);
    step.reads.push_back(input.buffer);
    for (const ConvCandidate *candidate : candidates) {
        const std::string key = text(candidate->name, " of ", both.one.inputs[1], ", ", geometry(problem));
        const auto pack = [candidate, problem, weights = *known(both.one.inputs[1])] {
            return candidate->pack(problem, graph::widen<float>(graph::view_of(weights)));
        };
        step.alternatives.push_back({text(candidate->name, " and ", behind), candidate->source(problem),
                                     [this_weights = &weights_, key, pack, candidate, input, launch,
                                      between = both.between](const Addresses &addresses) {
                                         ConvOperands operands = operands_of(input, between, addresses);
                                         operands.weights = this_weights->address(key, pack);
                                         return launch(*candidate, operands, addresses);
                                     }});
    }
    step.key.work = text(geometry(problem), ", and ", behind, ", epilogue ",
                         content_hash(std::as_bytes(std::span(problem.epilogue.text))));
    step.ends_plain = false;
}

std::function<std::uint64_t()> Planner::weights_behind(const Convolutions &both, const char *of,
                                                       PackOfSecond pack) {
    const std::string key = text(of, " of ", both.two.inputs[1], " ", geometry(both.problem.second));
    return
        [this_weights = &weights_, key, pack, problem = both.problem, weights = *known(both.two.inputs[1])] {
            return this_weights->address(
                key, [&] { return pack(problem, graph::widen<float>(graph::view_of(weights))); });
        };
}

bool Planner::emit_mma_tail(const Group &first, const Group &second) {
    Convolutions both = both_of(first, second);
    const std::vector<const ConvCandidate *> candidates = mma_tail_candidates(both.problem, facts_);
    if (candidates.empty())
        return false;
    both.problem.first = mma_tail_problem(both.problem);
    const PairProblem &problem = both.problem;
    const Shape &size = dims(both.one.outputs[0]);
    const Tensor waiting =
        fresh(Element::f32, {1, 1, 1, mma_tail_floats(problem, size[2], size[3])}, false, false);
    Step step{label(first), {}, {waiting.buffer}, {}, {}};
    both.between.add_channel_buffers(step);
    add_ways(step, both, candidates, "a tail",
             [weights = weights_behind(both, "mma.tail", pack_mma_tail), problem, waiting, facts = facts_](
                 const ConvCandidate &candidate, const ConvOperands &operands, const Addresses &addresses) {
                 return launch_mma_tail(problem, candidate, operands, weights(), addresses.of(waiting),
                                        facts);
             });
    Step sums{label(second), {waiting.buffer}, {}, {}, {}};
    both.behind.add_buffers(sums);
    sums.alternatives.push_back({"mma.tail_sums", mma_tail_sums_source(problem.second),
                                 [problem, waiting, behind = both.behind, size](const Addresses &addresses) {
                                     ConvOperands operands = operands_of(waiting, behind, addresses);
                                     operands.in_height = size[2];
                                     operands.in_width = size[3];
                                     return launch_mma_tail_sums(problem.second, operands);
                                 }});
    add_tail(std::move(step), std::move(sums), first, second);
    return true;
}

bool Planner::emit_mma_shrink(const Group &first, const Group &second) {
    Convolutions both = both_of(first, second);
    const std::vector<const ConvCandidate *> candidates = mma_shrink_candidates(both.problem, facts_);
    if (candidates.empty())
        return false;
    both.problem.first = mma_shrink_problem(both.problem);
    const PairProblem &problem = both.problem;
    Step step{label(first) + " + " + label(second), {}, {}, {}, {}};
    both.between.add_buffers(step);
    both.behind.add_buffers(step);
    add_ways(step, both, candidates, "half as large",
             [weights = weights_behind(both, "mma.shrink", pack_mma_shrink), problem, behind = both.behind,
              facts = facts_](const ConvCandidate &candidate, const ConvOperands &operands,
                              const Addresses &addresses) {
                 return launch_mma_shrink(problem, candidate, operands, weights(),
                                          behind.arguments(addresses), facts);
             });
    add_step(std::move(step));
    return true;
}

void Planner::add_tail(Step first, Step sums, const Group &one, const Group &two) {
    const std::array<const Group *, 2> both{&one, &two};
    first.ends_plain = false;
    first.work = count_.of(both);
    sums.ends_plain = false;
    sums.work.emplace().bytes_written = std::exchange(first.work->bytes_written, 0);
    add_step(std::move(first));
    add_step(std::move(sums));
}

} // namespace vsmlrt::cuda
