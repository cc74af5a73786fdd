// Chains of pointwise operators, and everything that only moves elements from strides to strides: a copy is a
// chain without members.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "base/error.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::cuda {
namespace {

// The axes of one loop nest over several tensors, outermost first.
struct Axes {
    std::vector<std::int64_t> sizes;
    std::vector<std::vector<std::int64_t>> strides; // by tensor, the output first
    std::int64_t valid = 1;                         // of the last axis
};

bool continues(const Axes &axes, std::size_t outer, std::size_t inner) {
    return std::all_of(axes.strides.begin(), axes.strides.end(), [&](const auto &strides) {
        return strides[outer] == strides[inner] * axes.sizes[inner];
    });
}

void erase(Axes &axes, std::size_t axis) {
    const auto at = static_cast<std::ptrdiff_t>(axis);
    axes.sizes.erase(axes.sizes.begin() + at);
    for (auto &strides : axes.strides)
        strides.erase(strides.begin() + at);
}

// In the order of the output's memory, neighbours merged where all tensors allow it.
Axes make_axes(const Tensor &output, const std::vector<Tensor> &inputs) {
    std::vector<std::size_t> order(output.dims.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(output.strides[a], output.dims[a] == 1) >
               std::pair(output.strides[b], output.dims[b] == 1);
    });
    // Channels of one pixel stay last where padding follows them.
    if (output.lanes > 0)
        std::stable_partition(order.begin(), order.end(), [](std::size_t axis) { return axis != 1; });
    Axes axes;
    axes.strides.resize(inputs.size() + 1);
    for (const std::size_t axis : order) {
        if (output.dims[axis] == 1 && !(output.lanes > 0 && axis == 1))
            continue;
        axes.sizes.push_back(output.dims[axis]);
        axes.strides[0].push_back(output.strides[axis]);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            axes.strides[i + 1].push_back(inputs[i].strides[axis]);
    }
    if (axes.sizes.empty()) {
        axes.sizes.push_back(1);
        for (auto &strides : axes.strides)
            strides.push_back(0);
        axes.strides[0].back() = 1;
    }
    axes.valid = axes.sizes.back();
    axes.sizes.back() += output.lanes;
    for (std::size_t axis = axes.sizes.size() - 1; axis-- > 0;)
        if ((output.lanes == 0 || axis + 2 < axes.sizes.size()) && continues(axes, axis, axis + 1)) {
            axes.sizes[axis + 1] *= axes.sizes[axis];
            erase(axes, axis);
        }
    if (output.lanes == 0)
        axes.valid = axes.sizes.back();
    return axes;
}

bool allows_vectors(const Axes &axes, std::size_t index, const Tensor &tensor, std::int64_t vector,
                    bool output) {
    const auto &strides = axes.strides[index];
    if (element_size(tensor.type) > 4 || (output && strides.back() != 1))
        return false;
    if (strides.back() != 1)
        return true; // read one by one
    if (tensor.offset % vector != 0)
        return false;
    for (std::size_t axis = 0; axis + 1 < strides.size(); ++axis)
        if (strides[axis] % vector != 0)
            return false;
    return true;
}

std::int64_t vector_of(const Axes &axes, const Tensor &output, const std::vector<Tensor> &inputs) {
    for (const std::int64_t vector : {8, 4}) {
        bool good = axes.sizes.back() % vector == 0 && allows_vectors(axes, 0, output, vector, true);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            good = good && allows_vectors(axes, i + 1, inputs[i], vector, false);
        if (good)
            return vector;
    }
    return 1;
}

std::string generated(const Chain &chain, const std::vector<Tensor> &inputs, const Tensor &output,
                      std::size_t rank, std::int64_t vector) {
    std::string loads;
    std::string values;
    std::string parameters;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const char *type = type_name(inputs[i].type);
        loads += text(" Lanes<", type, "> in", i, "; in", i, ".read(args.input[", i, "], at, valid);");
        values += text(i == 0 ? "" : ", ", "in", i, ".value[k]");
        parameters += text(i == 0 ? "" : ", ", computed_name(inputs[i].type), " x", i);
    }
    return text("#define RANK ", rank, "\n#define VECTOR ", vector, "\ntypedef ", type_name(output.type),
                " output_t;\nDEVICE ", computed_name(output.type), " chain(", parameters, ") {\n", chain.text,
                "    return ", chain.result, ";\n}\n#define LOAD_ALL", loads, "\n#define VALUE(k) chain(",
                values, ")\n");
}

// The axes of a copy with that along which the input's elements are neighbours next to the output's; nothing
// where they are the same, or one is so short that few of the bytes of a transaction would be wasted.
std::optional<Axes> axes_to_transpose(const Tensor &from, const Tensor &to) {
    constexpr std::int64_t least = 32;
    Axes axes = make_axes(to, {from});
    const std::size_t last = axes.sizes.size() - 1;
    if (axes.strides[0][last] != 1 || axes.strides[1][last] == 1 || axes.strides[1][last] == 0 ||
        axes.valid < least)
        return std::nullopt;
    for (std::size_t axis = 0; axis < last; ++axis) {
        if (axes.strides[1][axis] != 1 || axes.sizes[axis] < least)
            continue;
        const auto move = [&](auto &list) {
            const auto begin = list.begin() + static_cast<std::ptrdiff_t>(axis);
            std::rotate(begin, begin + 1, list.begin() + static_cast<std::ptrdiff_t>(last));
        };
        move(axes.sizes);
        for (auto &strides : axes.strides)
            move(strides);
        return axes;
    }
    return std::nullopt;
}

PointwiseArgs arguments_of(const Axes &axes) {
    PointwiseArgs args = {};
    args.threads = 1;
    for (std::size_t axis = 0; axis < axes.sizes.size(); ++axis) {
        args.size[axis] = size_argument(axes.sizes[axis]);
        args.threads *= axes.sizes[axis];
    }
    args.valid = size_argument(axes.valid);
    std::copy(axes.strides[0].begin(), axes.strides[0].end(), args.output.stride);
    for (std::size_t i = 0; i + 1 < axes.strides.size(); ++i)
        std::copy(axes.strides[i + 1].begin(), axes.strides[i + 1].end(), args.input[i].stride);
    return args;
}

} // namespace

void Planner::emit_pointwise(const std::string &label, const Chain &chain, const std::vector<Tensor> &inputs,
                             const Tensor &output) {
    const Axes axes = make_axes(output, inputs);
    const std::int64_t vector = vector_of(axes, output, inputs);
    if (axes.sizes.size() > max_rank || inputs.size() > max_inputs)
        throw Unsupported(label, ": ", axes.sizes.size(), " axes of ", inputs.size(),
                          " operands; at most 8 of 12 are accepted");
    PointwiseArgs args = arguments_of(axes);
    args.threads /= vector;
    std::vector<KernelArguments::Field> reads;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        reads.emplace_back(args.input[i].data, inputs[i]);
    add_kernel(label, "pointwise",
               kernel_source(generated(chain, inputs, output, axes.sizes.size(), vector), "pointwise.cuh"),
               args.threads, {args, reads, {{args.output.data, output}}});
}

void Planner::emit_copy(const Tensor &from, const Tensor &to, const std::string &label) {
    const auto value = [&](const char *x) {
        return is_real(from.type) == is_real(to.type)
                   ? std::string(x)
                   : text("get(Put<", type_name(to.type), ">::from(", x, "))");
    };
    Chain chain;
    chain.result = value("x0");
    const Tensor source = broadcast(from, to.dims);
    const std::size_t steps = plan_.steps.size();
    emit_pointwise(label, chain, {source}, to);
    if (steps == plan_.steps.size() || options_.plain)
        return;
    if (const auto axes = axes_to_transpose(source, to))
        add_transpose(plan_.steps.back(), arguments_of(*axes), axes->sizes.size(), source, to, value("x"));
}

// Which of the two ways is faster is timed on the card.
void Planner::add_transpose(Step &step, const PointwiseArgs &args, std::size_t rank, const Tensor &from,
                            const Tensor &to, const std::string &value) const {
    constexpr std::int64_t tile = 64;
    constexpr std::int64_t word = 4;
    const auto tiles_of = [](std::int64_t size) { return (size + tile - 1) / tile; };
    const auto size = static_cast<std::int64_t>(element_size(to.type));
    const std::int64_t shared = tile * (tile + word / std::min(size, word)) * size;
    const std::int64_t rows = args.size[rank - 2];
    const std::int64_t columns = args.size[rank - 1];
    const std::int64_t blocks = args.threads / (rows * columns) * tiles_of(rows) * tiles_of(columns);
    const std::string source =
        kernel_source(text("#define RANK ", rank, "\ntypedef ", type_name(from.type), " input_t;\ntypedef ",
                           type_name(to.type), " output_t;\n#define VALUE(x) ", value, "\n"),
                      "transpose.cuh");
    step.alternatives.push_back(by_blocks("transpose", source, {blocks, 256, shared},
                                          {args, {{args.input[0].data, from}}, {{args.output.data, to}}}));
    step.ends_plain = false;
    step.key.work = text("transpose ", element_name(from.type), " to ", element_name(to.type), ", ", rank,
                         " axes", columns > args.valid ? ", padded" : "");
}

void Planner::clear_lanes(const Tensor &output, const std::string &label) {
    if (output.lanes == 0)
        return;
    Tensor behind = output;
    behind.offset += output.dims[1] * output.strides[1];
    behind.dims[1] = output.lanes;
    behind.lanes = 0;
    Chain chain;
    chain.result = is_real(output.type) ? "0.0f" : "0LL";
    emit_pointwise("padding of " + label, chain, {}, behind);
}

Tensor Planner::chain_operand(const ChainInput &input, const Shape &dims) {
    if (input.kind == ChainInput::Kind::value || input.kind == ChainInput::Kind::gate)
        return broadcast(read(input.value), dims);
    const bool scale = input.kind == ChainInput::Kind::scale;
    Shape shape(dims.size(), 1);
    shape[1] = dims[1];
    return broadcast(upload(weights_, text(scale ? "scale " : "bias ", input.value), Element::f32, shape,
                            [bytes = bytes_of_floats(batch_norm_values(graph_, shapes_, input.value,
                                                                       input.kind))] { return bytes; }),
                     dims);
}

// Kernels compute in fp32 whatever they read, so that a cast to it says nothing to those that convert as they
// read: then its result is its operand.
bool Planner::is_view_by_cast(const Group &group) const {
    if (group.members.size() != 1 || targets_.contains(group.result))
        return false;
    const graph::Node &node = graph_.nodes[group.members[0]];
    const Element from = type(node.inputs[0]);
    if (!std::holds_alternative<graph::Cast>(node.op) || type(group.result) != Element::f32 ||
        (from != Element::f16 && from != Element::bf16) || known(node.inputs[0]) ||
        std::find(graph_.outputs.begin(), graph_.outputs.end(), group.result) != graph_.outputs.end())
        return false;
    return std::all_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const graph::Node &reader) {
        if (std::find(reader.inputs.begin(), reader.inputs.end(), group.result) == reader.inputs.end())
            return true;
        const auto &op = reader.op;
        return std::holds_alternative<graph::Reduce>(op) || std::holds_alternative<graph::GridSample>(op) ||
               std::holds_alternative<graph::Pool>(op) || std::holds_alternative<graph::Binary>(op) ||
               std::holds_alternative<graph::Normalize>(op) || std::holds_alternative<graph::Softmax>(op) ||
               std::holds_alternative<graph::Unary>(op);
    });
}

void Planner::emit_chain(const Group &group) {
    if (is_view_by_cast(group)) {
        bind(group.result, read(graph_.nodes[group.members[0]].inputs[0]));
        return;
    }
    const Chain chain = make_chain(graph_, shapes_, group.members, graph::no_value, {}, gates_);
    std::vector<Tensor> inputs;
    for (const ChainInput &input : chain.inputs)
        inputs.push_back(chain_operand(input, dims(group.result)));
    emit_pointwise(label(group), chain, inputs, result(group.result));
}

Tensor Planner::view_or_copy(const Tensor &tensor, const Shape &dims, const std::string &label) {
    if (auto view = reshaped(tensor, dims))
        return *view;
    const Tensor copy = fresh(tensor.type, tensor.dims, false, false);
    emit_copy(tensor, copy, label);
    return dense_as(copy, dims);
}

Tensor Planner::with_vectors(graph::ValueId value, Element wanted, const std::string &label) {
    Tensor tensor = read(value);
    if (tensor.type == wanted && has_vectors(tensor, element_size(wanted)))
        return tensor;
    if (const auto known_copy = packed_.find(value);
        known_copy != packed_.end() && known_copy->second.type == wanted)
        return known_copy->second;
    Tensor copy = fresh(wanted, tensor.dims, true, true);
    emit_copy(tensor, copy, "pixels of " + label);
    packed_[value] = copy;
    return copy;
}

} // namespace vsmlrt::cuda
