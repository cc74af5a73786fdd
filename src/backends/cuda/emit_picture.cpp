// Operators of pictures whose kernels take a chain along: convolutions, pools, GridSample. A batch is one
// launch a picture.
#include "backends/cuda/hopper.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "base/error.h"
#include "base/hash.h"
#include "graph/storage.h"
#include "tensor/half.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

// But for its address.
Picture picture(const Tensor &tensor) {
    return {0,
            tensor.strides[2],
            tensor.strides[3],
            tensor.strides[1],
            size_argument(tensor.dims[2]),
            size_argument(tensor.dims[3]),
            size_argument(tensor.dims[1])};
}

// Of each element of a candidate's weights, as 16 bits: 1 + the input channel; 0: padding. Found by packing
// weights that are these numbers, which float16 holds.
std::vector<std::byte> packed_channels(const ConvCandidate &candidate, const ConvProblem &problem) {
    ConvProblem numbered = problem;
    const bool floats = problem.storage == Element::f32;
    if (!floats)
        numbered.storage = Element::f16;
    const std::int64_t taps = problem.kernel[0] * problem.kernel[1];
    std::vector<float> numbers(static_cast<std::size_t>(problem.in_channels * problem.out_channels * taps));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t filter = i / static_cast<std::size_t>(taps);
        const std::size_t channel = problem.transposed
                                        ? filter / static_cast<std::size_t>(problem.out_channels)
                                        : filter % static_cast<std::size_t>(problem.in_channels);
        numbers[i] = static_cast<float>(channel + 1);
    }
    const std::vector<std::byte> image = candidate.pack(numbered, numbers);
    const std::size_t bytes = element_size(numbered.storage);
    std::vector<std::byte> channels(image.size() / bytes * 2);
    for (std::size_t i = 0; i < image.size() / bytes; ++i) {
        float value = 0;
        std::uint16_t bits = 0;
        std::memcpy(floats ? static_cast<void *>(&value) : &bits, &image[i * bytes], bytes);
        const auto number = static_cast<std::uint16_t>(floats ? value : half_to_float(bits));
        std::memcpy(&channels[2 * i], &number, 2);
    }
    return channels;
}

std::vector<std::byte> plain_bytes(const model::Tensor &contents, const Shape &shape) {
    const std::vector<float> values = graph::widen<float>(graph::view_of(contents));
    const std::int64_t filters = shape[0] * shape[1];
    const std::int64_t taps = shape[2] * shape[3];
    std::vector<float> turned(values.size());
    for (std::int64_t f = 0; f < filters; ++f)
        for (std::int64_t tap = 0; tap < taps; ++tap)
            turned[static_cast<std::size_t>(tap * filters + f)] =
                values[static_cast<std::size_t>(f * taps + tap)];
    return bytes_of_floats(turned);
}

// Of each of those, 1 + the input channel.
std::vector<std::byte> plain_channels(const Shape &shape, bool straight) {
    const std::int64_t filters = shape[0] * shape[1];
    std::vector<std::uint16_t> channels;
    for (std::int64_t i = 0; i < filters * shape[2] * shape[3]; ++i) {
        const std::int64_t filter = i % filters;
        const std::int64_t channel = straight ? filter % shape[1] : filter / shape[1];
        channels.push_back(static_cast<std::uint16_t>(channel + 1));
    }
    std::vector<std::byte> bytes(channels.size() * sizeof channels[0]);
    std::memcpy(bytes.data(), channels.data(), bytes.size());
    return bytes;
}

std::string types(const Tensor &input, const char *more = "") {
    return text("typedef ", type_name(input.type), " input_t;\n", more);
}

} // namespace

void Planner::add_epilogue_input(PictureEpilogue &epilogue, const Group &group, const ChainInput &input,
                                 const std::string &name, std::int64_t batch, bool behind_shuffle) {
    const std::int64_t channels = epilogue.result[1];
    const std::int64_t block = behind_shuffle ? epilogue.text.shuffle : 1;
    const std::int64_t own = channels / (block * block);
    const std::string key = text(channels, behind_shuffle ? " blocks " : " channels ", input.value);
    if (input.kind == ChainInput::Kind::gate)
        return epilogue.builder.add_channel(name, factor_vector(input.value));
    if (input.kind != ChainInput::Kind::value) {
        const bool scale = input.kind == ChainInput::Kind::scale;
        return epilogue.builder.add_channel(name, weights_.address(key + (scale ? " scale" : " bias"), [&] {
            return channel_bytes(batch_norm_values(graph_, shapes_, input.value, input.kind), channels);
        }));
    }
    const model::Tensor *contents = known(input.value);
    if (is_channel_constant(contents, own)) {
        const bool stated = graph_.values[static_cast<std::size_t>(input.value)].constant.has_value();
        return epilogue.builder.add_channel(name, (stated ? weights_ : *own_).address(key, [&] {
            return channel_bytes(graph::widen<float>(graph::view_of(*contents)), channels);
        }));
    }
    if (const auto small = group.enlarged.find(input.value); small != group.enlarged.end())
        return epilogue.builder.add_tensor(name, picture_of_batch(read(small->second), batch),
                                           OperandPlace::enlarged);
    const Shape &shape = behind_shuffle ? dims(graph_.nodes[group.shuffle].outputs[0]) : epilogue.result;
    epilogue.builder.add_tensor(name, picture_of_batch(broadcast(read(input.value), shape), batch),
                                behind_shuffle ? OperandPlace::shuffled : OperandPlace::sum);
}

Planner::PictureEpilogue Planner::make_epilogue(const Group &group, std::int64_t batch, graph::ValueId bias,
                                                bool sums) {
    PictureEpilogue epilogue;
    if (sums) { // its size is known once the kernels are
        epilogue.builder.sums = dense(0, Element::f32, {1});
        epilogue.builder.sums.buffer = add_buffer({BufferKind::arena, 0, 0, 0, nullptr});
    }
    const graph::ValueId anchor = graph_.nodes[group.anchor].outputs[0];
    epilogue.result = dims(anchor);
    epilogue.output = picture_of_batch(result(group.result), batch);
    if (bias != graph::no_value) {
        const model::Tensor *contents = known(bias);
        if (!contents)
            throw Unsupported(graph_.nodes[group.anchor].label, ": its bias follows from the picture");
        epilogue.builder.add_bias(weights_.address(text("bias ", bias), [&] {
            return channel_bytes(graph::widen<float>(graph::view_of(*contents)), epilogue.result[1]);
        }));
    }
    const Chain chain = make_chain(graph_, shapes_, group.members, anchor, {}, gates_);
    for (std::size_t i = 0; i < chain.inputs.size(); ++i)
        add_epilogue_input(epilogue, group, chain.inputs[i], "x" + std::to_string(i), batch, false);
    std::string lines = chain.text;
    std::string last = chain.result;
    int shuffle = 1;
    if (group.shuffle != no_node) {
        shuffle = size_argument(std::get<graph::DepthToSpace>(shapes_.ops[group.shuffle]).block);
        epilogue.text.shuffle = shuffle;
        const Chain behind = make_chain(graph_, shapes_, group.behind, graph_.nodes[group.shuffle].outputs[0],
                                        {"shuffled", "z", "w"});
        for (std::size_t i = 0; i < behind.inputs.size(); ++i)
            add_epilogue_input(epilogue, group, behind.inputs[i], "z" + std::to_string(i), batch, true);
        lines += text("    const float shuffled = ", last, ";\n", behind.text);
        last = behind.result;
    }
    epilogue.text = epilogue.builder.finish(lines, last, epilogue.output, shuffle);
    return epilogue;
}

// As fp32, output channels innermost: neighbouring threads then read neighbouring weights.
Tensor Planner::plain_weights(graph::ValueId value) {
    const model::Tensor *contents = known(value);
    if (!contents)
        return read(value);
    const Shape &shape = dims(value);
    Tensor tensor = upload(weights_, text("plain ", value), Element::f32, shape,
                           [contents = *contents, shape] { return plain_bytes(contents, shape); });
    const std::int64_t filters = shape[0] * shape[1];
    tensor.strides = {shape[1], 1, filters * shape[3], filters};
    return tensor;
}

void Planner::emit_convolution(const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::Op &op = shapes_.ops[group.anchor];
    const auto *straight = std::get_if<graph::Conv>(&op);
    const auto *transposed = std::get_if<graph::ConvTranspose>(&op);
    const auto &strides = straight ? straight->strides : transposed->strides;
    const auto &dilations = straight ? straight->dilations : transposed->dilations;
    const auto &pads = straight ? straight->pads : transposed->pads;
    const std::int64_t groups = straight ? straight->groups : transposed->groups;
    const Tensor whole = read(node.inputs[0]);
    const Tensor weights = plain_weights(node.inputs[1]);
    const Shape &filter = dims(node.inputs[1]);
    ConvArgs args = {};
    args.kernel_y = size_argument(filter[2]);
    args.kernel_x = size_argument(filter[3]);
    args.stride_y = size_argument(strides[0]);
    args.stride_x = size_argument(strides[1]);
    args.dilation_y = size_argument(dilations[0]);
    args.dilation_x = size_argument(dilations[1]);
    args.pad_y = static_cast<int>(pads[0]);
    args.pad_x = static_cast<int>(pads[1]);
    args.in_per_group = size_argument(whole.dims[1] / groups);
    args.out_per_group = size_argument(dims(node.outputs[0])[1] / groups);
    args.weight_stride_o = weights.strides[straight ? 0 : 1];
    args.weight_stride_i = weights.strides[straight ? 1 : 0];
    args.weight_stride_y = weights.strides[2];
    args.weight_stride_x = weights.strides[3];
    const std::optional<Tensor> factors = factors_of(node.inputs[0]);
    const auto wanted = sums_.find(group.result);
    for (std::int64_t n = 0; n < whole.dims[0]; ++n) {
        const Tensor input = picture_of_batch(whole, n);
        const auto make_step = [&](bool sums) {
            const PictureEpilogue epilogue = make_epilogue(group, n, graph::operand(node, 2), sums);
            std::optional<Scaled> scaled;
            if (factors)
                scaled.emplace(*factors, fresh(Element::u8, {1}, false, false));
            Step step{label(group), {input.buffer, weights.buffer}, {}, {}, {}};
            epilogue.add_buffers(step);
            std::map<std::string, int> rows;
            if (groups == 1 && whole.dims[0] == 1)
                rows = add_candidates(step, group, epilogue, scaled ? &*scaled : nullptr);
            if (sums && rows.empty())
                return false;
            if (sums)
                note_sums(group, epilogue, step, std::move(rows));
            else
                add_plain(step, group, epilogue, args, input, weights, scaled ? &*scaled : nullptr);
            if (scaled)
                add_scaled(std::move(*scaled), step);
            if (sums)
                sums_[group.result].step = plan_.steps.size();
            add_step(std::move(step));
            return true;
        };
        const bool sums =
            wanted != sums_.end() && whole.dims[0] == 1 && group.shuffle == no_node && make_step(true);
        if (!sums)
            make_step(false);
    }
}

// Where a convolution's results are to be added up and a kernel does it on the way.
void Planner::note_sums(const Group &group, const PictureEpilogue &epilogue, Step &step,
                        std::map<std::string, int> rows) {
    step.ends_plain = false;
    Buffer &room = plan_.buffers[static_cast<std::size_t>(epilogue.builder.sums.buffer)];
    for (const auto &[kernel, number] : rows)
        room.bytes = std::max(room.bytes, number * sum_pitch(epilogue.result[1]) *
                                              static_cast<std::int64_t>(sizeof(float)));
    sums_[group.result] = {epilogue.builder.sums, std::move(rows), 0};
}

void Planner::add_scaled(Scaled scaled, Step &step) {
    step.reads.push_back(scaled.weights.buffer);
    scaled.step.label = "factors in the weights of " + step.label;
    scaled.step.reads = {scaled.factors.buffer};
    scaled.step.writes = {scaled.weights.buffer};
    scaled.step.leader = plan_.steps.size() + 1;
    add_step(std::move(scaled.step));
}

Alternative Planner::with_epilogue(const char *name, std::string source, KernelArguments arguments,
                                   const PictureEpilogue &epilogue) {
    return {
        name, std::move(source), [arguments = std::move(arguments), epilogue](const Addresses &addresses) {
            return plain_launch(epilogue.threads(), {arguments.at(addresses), epilogue.arguments(addresses)});
        }};
}

void Planner::add_kernel(const std::string &label, const char *name, std::string source,
                         const KernelArguments &arguments, const PictureEpilogue &epilogue) {
    Step step = step_of(label, arguments);
    epilogue.add_buffers(step);
    step.alternatives.push_back(with_epilogue(name, std::move(source), arguments, epilogue));
    add_step(std::move(step));
}

void Planner::add_plain(Step &step, const Group &group, const PictureEpilogue &epilogue, ConvArgs args,
                        const Tensor &input, const Tensor &weights, Scaled *scaled) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const bool straight = std::holds_alternative<graph::Conv>(shapes_.ops[group.anchor]);
    args.threads = epilogue.threads();
    args.input = picture(input);
    const std::string source = kernel_source(
        types(input, text("typedef ", type_name(weights.type), " weight_t;\n").c_str()) + epilogue.text.text,
        straight ? "convolution.cuh" : "transposed_convolution.cuh");
    Tensor filters = weights;
    if (scaled) {
        const Shape &shape = dims(node.inputs[1]);
        scaled->step.alternatives.push_back(scaling(
            "plain", Element::f32, text("plain ", node.inputs[1]),
            [contents = *known(node.inputs[1]), shape] { return plain_bytes(contents, shape); },
            [shape, straight] { return plain_channels(shape, straight); }, scaled->factors, scaled->weights));
        filters.buffer = scaled->weights.buffer;
    }
    step.alternatives.push_back(with_epilogue(
        "plain", source, {args, {{args.input.data, input}, {args.weights, filters}}, {}}, epilogue));
}

ConvOperands Planner::operands_of(const Tensor &input, const PictureEpilogue &epilogue,
                                  const Addresses &addresses) {
    ConvOperands values;
    values.input = addresses.of(input);
    values.in_height = input.dims[2];
    values.in_width = input.dims[3];
    values.in_stride_y = input.strides[2];
    values.in_stride_x = input.strides[3];
    values.out_height = epilogue.result[2];
    values.out_width = epilogue.result[3];
    values.epilogue = epilogue.arguments(addresses);
    return values;
}

std::map<std::string, int> Planner::add_candidates(Step &step, const Group &group,
                                                   const PictureEpilogue &epilogue, Scaled *scaled) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::ValueId weights = node.inputs[1];
    const Element storage = type(node.outputs[0]);
    if (options_.plain || !facts_.runs_barriers || !known(weights) ||
        (storage != Element::f16 && storage != Element::bf16 && storage != Element::f32))
        return {};
    ConvProblem problem = problem_of(group, epilogue);
    problem.adds_input = adds_input(group, problem);
    std::vector<const ConvCandidate *> found;
    for (const std::span<const ConvCandidate> list : candidate_lists())
        for (const ConvCandidate &candidate : list)
            if (candidate.serves(problem, facts_) && (!problem.epilogue.sums || candidate.sum_rows))
                found.push_back(&candidate);
    if (found.empty())
        return {};
    const Tensor input = with_vectors(node.inputs[0], storage, label(group));
    step.reads.push_back(input.buffer);
    const auto operands = [input, epilogue](const Addresses &addresses) {
        ConvOperands values = operands_of(input, epilogue, addresses);
        values.output = addresses.of(epilogue.output);
        values.output_stride_y = epilogue.output.strides[2];
        values.output_stride_x = epilogue.output.strides[3];
        return values;
    };
    // By the sizes alone, which is all that it looks at.
    const ConvOperands sizes = operands(Addresses(plan_.buffers, 0));
    std::map<std::string, int> rows;
    const auto holds_weights = [&](const ConvCandidate &candidate) {
        return !candidate.holds || (!scaled && weights_.number(text(candidate.name, " holds ", weights), [&] {
            return candidate.holds(graph::widen<float>(graph::view_of(*known(weights))));
        }) != 0);
    };
    std::erase_if(found, [&](const ConvCandidate *candidate) {
        return (candidate->fits && !candidate->fits(problem, sizes)) ||
               (candidate->contends && !candidate->contends(problem, sizes, facts_)) ||
               !holds_weights(*candidate);
    });
    // From 64 channels on, and with the taps of 3x3 from 48 on, kernels that every GPU has win nothing from
    // those made for this one (decision 0046).
    const auto made_for_it = [own = candidate_lists().front()](const ConvCandidate *candidate) {
        return std::any_of(own.begin(), own.end(),
                           [&](const ConvCandidate &each) { return &each == candidate; });
    };
    const int least = problem.kernel[0] * problem.kernel[1] >= 9 ? 48 : 64;
    if (std::min(problem.in_channels, problem.out_channels) >= least && !found.empty() &&
        made_for_it(found.front()))
        std::erase_if(found, [&](const ConvCandidate *candidate) { return !made_for_it(candidate); });
    for (const ConvCandidate *candidate : found) {
        if (problem.epilogue.sums) {
            const int number = candidate->sum_rows(problem, sizes, facts_);
            if (number == 0)
                continue;
            rows[candidate->name] = number;
        }
        const auto pack = [candidate, problem, contents = *known(weights)] {
            return candidate->pack(problem, graph::widen<float>(graph::view_of(contents)));
        };
        const std::string key = text(candidate->name, " of ", weights, ", ", geometry(problem));
        std::optional<Tensor> scaled_weights;
        if (scaled) {
            scaled->step.alternatives.push_back(scaling(
                candidate->name, storage, key, pack,
                [candidate, problem] { return packed_channels(*candidate, problem); }, scaled->factors,
                scaled->weights));
            scaled_weights = scaled->weights;
        }
        step.alternatives.push_back({candidate->name, candidate->source(problem),
                                     [this_weights = &weights_, key, pack, candidate, problem, operands,
                                      scaled_weights, facts = facts_](const Addresses &addresses) {
                                         ConvOperands values = operands(addresses);
                                         values.weights = scaled_weights ? addresses.of(*scaled_weights)
                                                                         : this_weights->address(key, pack);
                                         Launch launch = candidate->launch(problem, values, facts);
                                         if (scaled_weights)
                                             launch.dependent = false; // it fetches weights at once
                                         return launch;
                                     }});
    }
    // Without the padding: what is fastest for one is for others.
    ConvProblem unpadded = problem;
    unpadded.pads = {};
    step.key.work = text(geometry(unpadded), problem.adds_input ? ", its input added" : "", ", epilogue ",
                         content_hash(std::as_bytes(std::span(problem.epilogue.text))));
    return rows;
}

// Whether the epilogue's one operand is what the convolution reads, pixel by pixel in the middle of the
// filter.
bool Planner::adds_input(const Group &group, const ConvProblem &problem) const {
    if (problem.transposed || problem.epilogue.tensors != 1 || !vector_operands(problem.epilogue) ||
        problem.strides != graph::Pair{1, 1} || problem.dilations != graph::Pair{1, 1})
        return false;
    for (const std::size_t axis : {0U, 1U})
        if (problem.pads[axis] != problem.pads[axis + 2] ||
            problem.kernel[axis] != 2 * problem.pads[axis] + 1)
            return false;
    const graph::ValueId input = graph_.nodes[group.anchor].inputs[0];
    return std::any_of(group.members.begin(), group.members.end(), [&](std::size_t member) {
        const std::vector<graph::ValueId> &read = graph_.nodes[member].inputs;
        return std::find(read.begin(), read.end(), input) != read.end();
    });
}

ConvProblem Planner::problem_of(const Group &group, const PictureEpilogue &epilogue) const {
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::Op &op = shapes_.ops[group.anchor];
    const Shape &filters = dims(node.inputs[1]);
    ConvProblem problem;
    problem.storage = type(node.outputs[0]);
    problem.half_sums = options_.half_sums && problem.storage == Element::f16;
    problem.tf32 = options_.tf32 && problem.storage == Element::f32;
    problem.in_channels = size_argument(dims(node.inputs[0])[1]);
    problem.out_channels = size_argument(epilogue.result[1]);
    problem.kernel = {filters[2], filters[3]};
    problem.transposed = std::holds_alternative<graph::ConvTranspose>(op);
    const auto take = [&](const auto &conv) {
        problem.strides = conv.strides;
        problem.dilations = conv.dilations;
        problem.pads = conv.pads;
    };
    if (const auto *conv = std::get_if<graph::Conv>(&op))
        take(*conv);
    else
        take(std::get<graph::ConvTranspose>(op));
    problem.epilogue = epilogue.text;
    return problem;
}

void Planner::emit(const graph::Pool &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor whole = read(node.inputs[0]);
    PoolArgs args = {};
    args.kernel_y = size_argument(op.kernel[0]);
    args.kernel_x = size_argument(op.kernel[1]);
    args.stride_y = size_argument(op.strides[0]);
    args.stride_x = size_argument(op.strides[1]);
    args.dilation_y = size_argument(op.dilations[0]);
    args.dilation_x = size_argument(op.dilations[1]);
    args.pad_top = static_cast<int>(op.pads[0]);
    args.pad_left = static_cast<int>(op.pads[1]);
    args.pad_bottom = static_cast<int>(op.pads[2]);
    args.pad_right = static_cast<int>(op.pads[3]);
    args.average = op.kind == graph::PoolKind::average ? 1 : 0;
    args.count_padding = op.count_padding ? 1 : 0;
    for (std::int64_t n = 0; n < whole.dims[0]; ++n) {
        const PictureEpilogue epilogue = make_epilogue(group, n);
        const Tensor input = picture_of_batch(whole, n);
        args.threads = epilogue.threads();
        args.input = picture(input);
        add_kernel(label(group), "pool", kernel_source(types(input) + epilogue.text.text, "pool.cuh"),
                   {args, {{args.input.data, input}}, {}}, epilogue);
    }
}

void Planner::emit(const graph::GridSample &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor whole = read(node.inputs[0]);
    const Tensor grids = read(node.inputs[1]);
    GridSampleArgs args = {};
    args.grid_stride_y = grids.strides[1];
    args.grid_stride_x = grids.strides[2];
    args.grid_stride_c = grids.strides[3];
    const std::string modes =
        text("typedef ", type_name(grids.type), " grid_t;\n#define MODE ", static_cast<int>(op.mode),
             "\n#define PADDING ", static_cast<int>(op.padding), "\n#define ALIGN_CORNERS ",
             op.align_corners ? 1 : 0, "\n");
    for (std::int64_t n = 0; n < whole.dims[0]; ++n) {
        const PictureEpilogue epilogue = make_epilogue(group, n);
        const Tensor input = picture_of_batch(whole, n);
        const Tensor grid = picture_of_batch(grids, n);
        args.threads = epilogue.threads();
        args.input = picture(input);
        add_kernel(label(group), "grid_sample",
                   kernel_source(types(input, modes.c_str()) + epilogue.text.text, "grid_sample.cuh"),
                   {args, {{args.input.data, input}, {args.grid, grid}}, {}}, epilogue);
    }
}

} // namespace vsmlrt::cuda
