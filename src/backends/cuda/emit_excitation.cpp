// Squeeze and excitation: the sums that a convolution left behind (or a pass over its result), one small
// kernel for the factors, and weights that are multiplied by them before the convolution that reads the
// picture.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "graph/storage.h"

namespace vsmlrt::cuda {
namespace {

constexpr std::int64_t behind_factors = 256; // floats that kernels may read

std::string one_number(const char *name, const Chain &chain) {
    return text("DEVICE float ", name, "(float sum) {\n", chain.text, "    return ", chain.result, ";\n}\n");
}

std::vector<float> turned(const std::vector<float> &rows, std::int64_t count) {
    const std::size_t columns = rows.size() / static_cast<std::size_t>(count);
    std::vector<float> result(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        result[i % columns * static_cast<std::size_t>(count) + i / columns] = rows[i];
    return result;
}

} // namespace

void Planner::find_excited() {
    absorbed_.assign(groups_.size(), false);
    if (options_.plain)
        return;
    excitations_ = find_excitations(graph_, shapes_, groups_);
    products_ = find_deferred_products(graph_, shapes_, groups_);
    for (const Excitation &excitation : excitations_) {
        for (const std::size_t group : excitation.groups)
            absorbed_[group] = true;
        sums_[excitation.picture] = {};
    }
    for (const DeferredProduct &product : products_) {
        absorbed_[product.group] = true;
        for (const graph::ValueId value : product.values)
            gates_[value] = product.factors;
    }
}

void Planner::emit_excitation(const Excitation &excitation) {
    const Group &first = groups_[excitation.first];
    const Group &second = groups_[excitation.second];
    const graph::Node &one = graph_.nodes[first.anchor];
    const graph::Node &two = graph_.nodes[second.anchor];
    std::vector<std::string> labels;
    for (const std::size_t group : excitation.groups)
        labels.push_back(label(groups_[group]));
    const std::string name = join(labels, " + ");
    const Tensor picture = read(excitation.picture);
    const Shape &filters = dims(one.inputs[1]);
    const auto constant_of = [&](graph::ValueId value, const char *form, std::int64_t rows) {
        if (value == graph::no_value)
            return std::uint64_t{0};
        return weights_.address(text(form, value), [&] {
            const std::vector<float> values = graph::widen<float>(graph::view_of(*known(value)));
            return bytes_of_floats(rows > 0 ? turned(values, rows) : values);
        });
    };
    ExciteArgs args = {};
    args.channels = size_argument(filters[1]);
    args.hidden = size_argument(filters[0]);
    args.results = size_argument(dims(two.outputs[0])[1]);
    args.behind = static_cast<int>(behind_factors);
    args.share = excitation.mean ? 1.0F / static_cast<float>(picture.dims[2] * picture.dims[3]) : 1.0F;
    args.first_weights = constant_of(one.inputs[1], "excited ", 0);
    args.first_bias = constant_of(graph::operand(one, 2), "excited ", 0);
    args.second_weights = constant_of(two.inputs[1], "excited by rows ", args.results);
    args.second_bias = constant_of(graph::operand(two, 2), "excited ", 0);
    const Tensor room = fresh(Element::f32, {1, args.results + behind_factors, 1, 1}, false, false);
    const Tensor factors = part(room, 1, 0, args.results);
    bind(second.result, factors);
    factor_vectors_[second.result] = factors;
    const std::string source = kernel_source(
        one_number("first_chain", make_chain(graph_, shapes_, first.members, one.outputs[0])) +
            one_number("second_chain", make_chain(graph_, shapes_, second.members, two.outputs[0])),
        "excite.cuh");
    Step step{name, {}, {factors.buffer}, {}, {}};
    const auto add = [&](const std::string &kernel, const Tensor &rows, std::int64_t pitch, int number) {
        ExciteArgs own = args;
        own.pitch = pitch;
        own.number = number;
        step.reads = {rows.buffer};
        step.alternatives.push_back(
            by_blocks(kernel, source, {1, 1024, 0}, {own, {{own.rows, rows}}, {{own.factors, factors}}}));
    };
    const Sums &sums = sums_[excitation.picture];
    if (sums.number.empty()) {
        const Chunks chunks = add_chunks(name, picture, {2, 3}, factors, 0, 0);
        add("excite", chunks.partial, args.channels, chunks.number);
    } else {
        step.leader = sums.step;
        // The picture was added up by the kernel that wrote it.
        std::vector<const Group *> together;
        for (const std::size_t group : excitation.groups)
            together.push_back(&groups_[group]);
        step.work = count_.of(together);
        step.work->bytes_read -= static_cast<double>(bytes_of(dense(0, picture.type, picture.dims)));
        for (const auto &[kernel, number] : sums.number)
            add(kernel, sums.rows, sum_pitch(args.channels), number);
        choose(step, plan_.steps[sums.step].alternatives.front().name);
    }
    add_step(std::move(step));
}

std::optional<Tensor> Planner::factors_of(graph::ValueId value) {
    const auto gate = gates_.find(value);
    if (gate == gates_.end())
        return std::nullopt;
    return factor_vector(gate->second);
}

Tensor Planner::factor_vector(graph::ValueId factors) {
    if (const auto made = factor_vectors_.find(factors); made != factor_vectors_.end())
        return made->second;
    const Tensor from = read(factors);
    const std::int64_t channels = from.dims[1];
    const Tensor room = fresh(Element::f32, {1, channels + behind_factors, 1, 1}, false, false);
    Tensor vector = part(room, 1, 0, channels);
    const std::string name = "factors \"" + graph_.values[static_cast<std::size_t>(factors)].name + "\"";
    emit_copy(from, vector, name);
    Chain zero;
    zero.result = "0.0f";
    emit_pointwise("padding of " + name, zero, {}, part(room, 1, channels, behind_factors));
    factor_vectors_[factors] = vector;
    return vector;
}

Alternative Planner::scaling(const std::string &name, Element type, const std::string &key,
                             const Constants::Make &weights, const Constants::Make &channels,
                             const Tensor &factors, const Tensor &scaled) {
    const std::int64_t bytes =
        weights_.number("bytes of " + key, [&] { return static_cast<std::int64_t>(weights().size()); });
    Buffer &room = plan_.buffers[static_cast<std::size_t>(scaled.buffer)];
    room.bytes = std::max(room.bytes, bytes);
    ScaleArgs args = {};
    args.threads = bytes / static_cast<std::int64_t>(element_size(type));
    const std::string source =
        kernel_source(text("typedef ", type_name(type), " weight_t;\n"), "scale_weights.cuh");
    return {name, source,
            [args, key, weights, channels, constants = &weights_, factors,
             scaled](const Addresses &addresses) mutable {
                args.weights = constants->address(key, weights);
                args.channels = constants->address("channels of " + key, channels);
                args.factors = addresses.of(factors);
                args.scaled = addresses.of(scaled);
                return plain_launch(args.threads, {argument(args)});
            }};
}

} // namespace vsmlrt::cuda
