// Operators whose indices are values, and those that give indices: plain kernels, a thread an element or a
// line.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "base/error.h"
#include "base/text.h"

namespace vsmlrt::cuda {
namespace {

// How a step walks along one tensor and points into another.
struct Pointing {
    Tensor plain;
    Tensor pointed;
    Tensor indices;
    IndexedArgs args = {};
    std::size_t rank = 0;
    std::size_t depth = 1;
};

void check_rank(const std::string &label, std::size_t rank) {
    if (rank > max_rank)
        throw Unsupported(label, ": a result of ", rank, " axes; at most 8 are accepted");
}

// By indices of the walked tensor's own sizes, which replace one of its own.
Pointing along_axis(Tensor plain, Tensor pointed, Tensor indices, std::size_t axis) {
    Pointing made{std::move(plain), std::move(pointed), std::move(indices), {}, 0, 1};
    made.rank = made.indices.dims.size();
    for (std::size_t i = 0; i < made.rank; ++i) {
        made.args.size[i] = size_argument(made.indices.dims[i]);
        made.args.plain.stride[i] = made.plain.strides[i];
        made.args.indices.stride[i] = made.indices.strides[i];
        made.args.pointed.stride[i] = i == axis ? 0 : made.pointed.strides[i];
    }
    made.args.place_step[0] = made.pointed.strides[axis];
    made.args.limit[0] = size_argument(made.pointed.dims[axis]);
    return made;
}

// By tuples of indices, behind `batch` axes that both tensors have.
Pointing by_tuples(Tensor plain, Tensor pointed, Tensor indices, std::size_t batch) {
    Pointing made{std::move(plain), std::move(pointed), std::move(indices), {}, 0, 1};
    const std::size_t tuples = made.indices.dims.size() - 1;
    made.rank = made.plain.dims.size();
    made.depth = static_cast<std::size_t>(made.indices.dims.back());
    made.args.index_step = made.indices.strides.back();
    for (std::size_t i = 0; i < made.rank; ++i) {
        made.args.size[i] = size_argument(made.plain.dims[i]);
        made.args.plain.stride[i] = made.plain.strides[i];
        if (i < tuples)
            made.args.indices.stride[i] = made.indices.strides[i];
        if (i < batch)
            made.args.pointed.stride[i] = made.pointed.strides[i];
        else if (i >= tuples)
            made.args.pointed.stride[i] = made.pointed.strides[i - tuples + batch + made.depth];
    }
    for (std::size_t i = 0; i < made.depth; ++i) {
        made.args.place_step[i] = made.pointed.strides[batch + i];
        made.args.limit[i] = size_argument(made.pointed.dims[batch + i]);
    }
    return made;
}

} // namespace

void Planner::emit_indexed(const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::Op &op = shapes_.ops[group.anchor];
    const Tensor x = read(node.inputs[0]);
    const Tensor indices = read(node.inputs[1]);
    const Tensor to = result(node.outputs[0]);
    check_rank(node.label, to.dims.size());
    Pointing pointing;
    const auto axis = [&](std::int64_t stated) { return graph::axis_index(stated, x.dims.size()); };
    const bool scatters = node.inputs.size() > 2;
    if (scatters)
        emit_copy(x, to, label(group));
    if (const auto *gather = std::get_if<graph::GatherElements>(&op))
        pointing = along_axis(to, x, indices, axis(gather->axis));
    else if (const auto *scatter = std::get_if<graph::ScatterElements>(&op))
        pointing = along_axis(read(node.inputs[2]), to, indices, axis(scatter->axis));
    else if (const auto *tuples = std::get_if<graph::GatherNd>(&op))
        pointing = by_tuples(to, x, indices, static_cast<std::size_t>(tuples->batch_axes));
    else
        pointing = by_tuples(read(node.inputs[2]), to, indices, 0);
    check_rank(node.label, pointing.rank);
    pointing.args.threads = 1;
    for (std::size_t i = 0; i < pointing.rank; ++i)
        pointing.args.threads *= pointing.args.size[i];
    const std::string source =
        kernel_source(text("#define RANK ", pointing.rank, "\n#define DEPTH ", pointing.depth,
                           "\n#define TO_PLAIN ", scatters ? 0 : 1, "\ntypedef ", type_name(to.type),
                           " element_t;\ntypedef ", type_name(indices.type), " index_t;\n"),
                      "indexed.cuh");
    const IndexedArgs &args = pointing.args;
    const KernelArguments::Field plain{args.plain.data, pointing.plain};
    const KernelArguments::Field pointed{args.pointed.data, pointing.pointed};
    add_kernel(
        label(group), "indexed", source, args.threads,
        {args, {scatters ? plain : pointed, {args.indices.data, indices}}, {scatters ? pointed : plain}});
    clear_lanes(to, label(group));
}

void Planner::emit_line(const Group &group, std::size_t axis, bool reverse, const std::string &defines) {
    const graph::Node &node = graph_.nodes[group.anchor];
    Tensor from = read(node.inputs[0]);
    const bool one = std::holds_alternative<graph::ArgReduce>(shapes_.ops[group.anchor]);
    Tensor to = result(node.outputs[0]);
    const Tensor whole = to;
    Tensor second;
    if (node.outputs.size() > 1)
        second = result(node.outputs[1]);
    if (to.dims.size() < from.dims.size()) { // an axis that the result does not keep
        to.dims.insert(to.dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
        to.strides.insert(to.strides.begin() + static_cast<std::ptrdiff_t>(axis), 0);
    }
    check_rank(node.label, from.dims.size());
    if (reverse)
        for (Tensor *const line : {&from, &to}) {
            line->offset += (line->dims[axis] - 1) * line->strides[axis];
            line->strides[axis] = -line->strides[axis];
        }
    LineArgs args = {};
    args.threads = 1;
    for (std::size_t i = 0; i < from.dims.size(); ++i) {
        args.size[i] = i == axis ? 1 : size_argument(from.dims[i]);
        args.threads *= args.size[i];
        args.input.stride[i] = from.strides[i];
        args.output.stride[i] = to.strides[i];
        args.second.stride[i] = second.strides.empty() ? 0 : second.strides[i];
    }
    args.length = size_argument(from.dims[axis]);
    if (std::holds_alternative<graph::TopK>(shapes_.ops[group.anchor]))
        args.threads *= args.length;
    args.results = one ? 1 : size_argument(to.dims[axis]);
    args.input_step = from.strides[axis];
    args.output_step = to.strides[axis];
    args.second_step = second.strides.empty() ? 0 : second.strides[axis];
    const std::string source =
        kernel_source(text("#define RANK ", from.dims.size(), "\n#define SECOND ", second.buffer < 0 ? 0 : 1,
                           "\n", defines, "typedef ", type_name(from.type), " element_t;\n"),
                      "line.cuh");
    add_kernel(label(group), "line", source, args.threads,
               {args, {{args.input.data, from}}, {{args.output.data, to}, {args.second.data, second}}});
    clear_lanes(whole, label(group));
    if (second.buffer >= 0)
        clear_lanes(second, label(group));
}

void Planner::emit(const graph::ArgReduce &op, const Group &group) {
    const std::size_t rank = dims(graph_.nodes[group.anchor].inputs[0]).size();
    emit_line(group, graph::axis_index(op.axis, rank), false,
              text("#define KIND 0\n#define EXCLUSIVE 0\n#define SMALLEST ", op.maximum ? 0 : 1,
                   "\n#define LAST ", op.last ? 1 : 0, "\n"));
}

void Planner::emit(const graph::CumSum &op, const Group &group) {
    emit_line(group, op.axis, op.reverse,
              text("#define KIND 1\n#define SMALLEST 0\n#define LAST 0\n#define EXCLUSIVE ",
                   op.exclusive ? 1 : 0, "\n"));
}

void Planner::emit(const graph::TopK &op, const Group &group) {
    const std::size_t rank = dims(graph_.nodes[group.anchor].inputs[0]).size();
    emit_line(group, graph::axis_index(op.axis, rank), false,
              text("#define KIND 2\n#define EXCLUSIVE 0\n#define LAST 0\n#define SMALLEST ",
                   op.largest ? 0 : 1, "\n"));
}

} // namespace vsmlrt::cuda
