// Products, reductions and normalisations by their plain kernels.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/product.h"
#include "base/error.h"

#include <algorithm>
#include <numeric>

namespace vsmlrt::cuda {
namespace {

// Right-aligned sizes and strides of `axes` of a tensor.
void set_axes(const Tensor &tensor, const std::vector<std::size_t> &axes, int *sizes, long long *strides) {
    std::fill_n(sizes, max_rank, 1);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::size_t slot = max_rank - axes.size() + i;
        sizes[slot] = size_argument(tensor.dims[axes[i]]);
        strides[slot] = tensor.strides[axes[i]];
    }
}

std::vector<std::size_t> others(std::size_t rank, const std::vector<std::size_t> &axes) {
    std::vector<std::size_t> left;
    for (std::size_t axis = 0; axis < rank; ++axis)
        if (std::find(axes.begin(), axes.end(), axis) == axes.end())
            left.push_back(axis);
    return left;
}

// How many threads share one reduction: enough to fill a GPU, each with enough to do.
std::int64_t chunks_of(std::int64_t results, std::int64_t count) {
    constexpr std::int64_t wanted_threads = 65536;
    constexpr std::int64_t least_work = 256;
    return std::clamp<std::int64_t>(
        std::min(wanted_threads / std::max<std::int64_t>(results, 1), count / least_work), 1, 4096);
}

struct ReduceForm {
    int kind;
    int last;
};

ReduceForm form_of(graph::ReduceKind kind) {
    switch (kind) {
    case graph::ReduceKind::sum:
        return {0, 0};
    case graph::ReduceKind::mean:
        return {0, 1};
    case graph::ReduceKind::maximum:
        return {1, 0};
    case graph::ReduceKind::minimum:
        return {2, 0};
    case graph::ReduceKind::product:
        return {3, 0};
    case graph::ReduceKind::l1:
        return {4, 0};
    case graph::ReduceKind::l2:
        return {5, 2};
    case graph::ReduceKind::sum_square:
        return {5, 0};
    case graph::ReduceKind::log_sum:
        return {0, 3};
    case graph::ReduceKind::log_sum_exp:
        return {6, 0};
    }
    throw InternalError("unknown reduction");
}

std::string reduce_source(const Tensor &input, Element output, int kind, int last, int stage,
                          std::size_t reduced) {
    // Combining sums of other terms adds them up.
    const int combining = kind == 4 || kind == 5 ? 0 : kind;
    return kernel_source(text("typedef ", type_name(input.type), " input_t;\ntypedef ", type_name(output),
                              " output_t;\n#define KIND ", stage == 0 ? kind : combining, "\n#define LAST ",
                              last, "\n#define STAGE ", stage, "\n#define REDUCED ", reduced, "\n"),
                         "reduce.cuh");
}

// Some axes of a tensor, those that lie in one run in memory as one; at least one.
Tensor merged_axes(const Tensor &tensor, const std::vector<std::size_t> &axes) {
    Tensor run = tensor;
    run.dims.clear();
    run.strides.clear();
    for (const std::size_t axis : axes) {
        if (!run.dims.empty() && run.strides.back() == tensor.strides[axis] * tensor.dims[axis]) {
            run.dims.back() *= tensor.dims[axis];
            run.strides.back() = tensor.strides[axis];
        } else {
            run.dims.push_back(tensor.dims[axis]);
            run.strides.push_back(tensor.strides[axis]);
        }
    }
    if (run.dims.empty()) {
        run.dims.push_back(1);
        run.strides.push_back(0);
    }
    return run;
}

// How many elements of a row each lane of a warp keeps, a power of two for few texts; 0: too many.
std::int64_t elements_of_lane(std::int64_t length) {
    constexpr std::int64_t lanes = 32;
    constexpr std::int64_t most = 32;
    std::int64_t each = 1;
    while (each * lanes < length)
        each *= 2;
    return each <= most ? each : 0;
}

// Both launches of a reduction; the first one's threads are not counted yet.
struct Reduction {
    ReduceArgs args = {};
    std::int64_t results = 1;
    std::size_t reduced = 1; // axes
};

Reduction reduction_of(const Tensor &from, const std::vector<std::size_t> &axes, const Tensor &to) {
    Reduction reduction;
    ReduceArgs &args = reduction.args;
    const std::vector<std::size_t> kept = others(from.dims.size(), axes);
    set_axes(from, kept, args.kept, args.input.stride);
    const Tensor run = merged_axes(from, axes);
    std::vector<std::size_t> all(run.dims.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    set_axes(run, all, args.reduced, args.reduced_stride);
    reduction.reduced = all.size();
    args.count = 1;
    for (const std::size_t axis : axes)
        args.count *= from.dims[axis];
    for (const std::size_t axis : kept)
        reduction.results *= from.dims[axis];
    // The result's axes, of which those of size 1 do not count.
    std::vector<std::size_t> target;
    for (std::size_t axis = 0; axis < to.dims.size(); ++axis)
        if (to.dims.size() == kept.size() || std::find(axes.begin(), axes.end(), axis) == axes.end())
            target.push_back(axis);
    for (std::size_t i = 0; i < target.size(); ++i)
        args.output.stride[max_rank - target.size() + i] = to.strides[target[i]];
    args.chunks = static_cast<int>(chunks_of(reduction.results, args.count));
    return reduction;
}

} // namespace

Planner::Chunks Planner::add_chunks(const std::string &name, const Tensor &from,
                                    const std::vector<std::size_t> &axes, const Tensor &to, int kind,
                                    int last) {
    const Reduction reduction = reduction_of(from, axes, to);
    ReduceArgs args = reduction.args;
    args.threads = reduction.results * args.chunks;
    const int width = kind == 7 ? 2 : 1;
    const Element element = from.type == Element::f64 ? Element::f64
                            : is_real(from.type)      ? Element::f32
                                                      : Element::i64;
    const Tensor partial = fresh(element, {args.threads * width}, false, false);
    add_step({name + chunks_label,
              {from.buffer},
              {partial.buffer},
              {{"reduce", reduce_source(from, to.type, kind, last, 0, reduction.reduced),
                [args, from, partial](const Addresses &addresses) mutable {
                    args.input.data = addresses.of(from);
                    args.partial = addresses.of(partial);
                    return plain_launch(args.threads, {argument(args)});
                }}},
              {}});
    return {partial, args.chunks};
}

void Planner::add_reduction(const std::string &name, const Tensor &from, const std::vector<std::size_t> &axes,
                            const Tensor &to, int kind, int last) {
    const Tensor partial = add_chunks(name, from, axes, to, kind, last).partial;
    const Reduction reduction = reduction_of(from, axes, to);
    ReduceArgs args = reduction.args;
    args.threads = reduction.results;
    add_step({name,
              {partial.buffer},
              {to.buffer},
              {{"reduce", reduce_source(from, to.type, kind, last, 1, reduction.reduced),
                [args, from, to, partial](const Addresses &addresses) mutable {
                    args.input.data = addresses.of(from);
                    args.partial = addresses.of(partial);
                    args.output.data = addresses.of(to);
                    return plain_launch(args.threads, {argument(args)});
                }}},
              {}});
}

void Planner::emit_reduce(const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const auto &op = std::get<graph::Reduce>(shapes_.ops[group.anchor]);
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    const ReduceForm form = form_of(op.kind);
    add_reduction(label(group), from, op.axes, to, form.kind, form.last);
    clear_lanes(to, label(group));
}

bool Planner::warps_work() const {
    return facts_.runs_barriers && !options_.plain;
}

// A row of the last axis by a warp; false where it is too long, or no warp works.
bool Planner::emit_layer(const Group &group, const Tensor &from, const Tensor &to, const Tensor &scale,
                         const Tensor &bias) {
    if (elements_of_lane(from.dims.back()) == 0 || !warps_work() || from.type == Element::f64)
        return false;
    // As many neighbours a lane as it can read and write at once, and no more lanes than have any.
    constexpr std::int64_t bytes_at_once = 16;
    const std::int64_t vector =
        std::min({vector_along(from, from.dims.size() - 1), vector_along(to, to.dims.size() - 1),
                  bytes_at_once /
                      static_cast<std::int64_t>(std::max(element_size(from.type), element_size(to.type)))});
    std::int64_t lanes = 32;
    while (lanes > 4 && vector > 1 && lanes / 2 * vector >= from.dims.back())
        lanes /= 2;
    const std::int64_t lane = (from.dims.back() + lanes * vector - 1) / (lanes * vector);
    NormalizeArgs args = {};
    args.threads = graph::count(from.dims);
    args.epsilon = std::get<graph::Normalize>(shapes_.ops[group.anchor]).epsilon;
    for (std::size_t axis = 0; axis < from.dims.size(); ++axis)
        args.size[axis] = size_argument(from.dims[axis]);
    std::copy(from.strides.begin(), from.strides.end(), args.input.stride);
    std::copy(to.strides.begin(), to.strides.end(), args.output.stride);
    args.scale.stride[from.dims.size() - 1] = broadcast(scale, from.dims).strides.back();
    if (bias.buffer >= 0)
        args.bias.stride[from.dims.size() - 1] = broadcast(bias, from.dims).strides.back();
    const std::string source = kernel_source(
        text("#define RANK ", from.dims.size(), "\n#define PER_LANE ", lane, "\n#define VECTOR ", vector,
             "\n#define LANES ", lanes, "\ntypedef ", type_name(from.type), " element_t;\ntypedef ",
             type_name(to.type), " output_t;\ntypedef ", type_name(scale.type), " scale_t;\n"),
        "layer_normalize.cuh");
    Step step{label(group), {from.buffer, scale.buffer}, {to.buffer}, {}, {}};
    if (bias.buffer >= 0)
        step.reads.push_back(bias.buffer);
    step.alternatives.push_back(
        {"layer of a warp", source, [args, from, to, scale, bias, lanes](const Addresses &addresses) mutable {
             args.input.data = addresses.of(from);
             args.output.data = addresses.of(to);
             args.scale.data = addresses.of(scale);
             args.bias.data = bias.buffer >= 0 ? addresses.of(bias) : 0;
             return plain_launch(args.threads / args.size[from.dims.size() - 1] * lanes, {argument(args)});
         }});
    add_step(std::move(step));
    return true;
}

void Planner::emit_softmax(const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const auto &op = std::get<graph::Softmax>(shapes_.ops[group.anchor]);
    const Tensor whole = result(group.result);
    Tensor from = read(node.inputs[0]);
    Tensor to = whole;
    std::size_t axis = graph::axis_index(op.axis, from.dims.size());
    const bool flat = op.to_the_end && axis + 1 < from.dims.size();
    if (flat) {
        // Over all axes to the end: one axis of them all, on row-major copies.
        Shape merged(from.dims.begin(), from.dims.begin() + static_cast<std::ptrdiff_t>(axis));
        merged.push_back(graph::count(from.dims) / std::max<std::int64_t>(graph::count(merged), 1));
        from = view_or_copy(from, merged, label(group));
        to = fresh(whole.type, merged, false, false);
    }
    SoftmaxArgs args = {};
    const std::vector<std::size_t> kept = others(from.dims.size(), {axis});
    int unused[max_rank];
    set_axes(from, kept, args.kept, args.input.stride);
    set_axes(to, kept, unused, args.output.stride);
    args.length = size_argument(from.dims[axis]);
    args.input_step = from.strides[axis];
    args.output_step = to.strides[axis];
    args.threads = graph::count(from.dims) / std::max<std::int64_t>(args.length, 1);
    const std::string types =
        text("typedef ", type_name(from.type), " element_t;\ntypedef ", type_name(to.type),
             " output_t;\n#define LOGARITHM ", op.logarithm ? 1 : 0, "\n");
    Step step{label(group), {from.buffer}, {to.buffer}, {}, {}};
    const auto add = [&](const char *name, const std::string &source, std::int64_t threads_of_row) {
        step.alternatives.push_back(
            {name, source, [args, from, to, threads_of_row](const Addresses &addresses) mutable {
                 args.input.data = addresses.of(from);
                 args.output.data = addresses.of(to);
                 return plain_launch(args.threads * threads_of_row, {argument(args)});
             }});
    };
    if (const std::int64_t lane = elements_of_lane(args.length);
        lane > 0 && warps_work() && from.type != Element::f64)
        add("softmax of a warp",
            kernel_source(text(types, "#define PER_LANE ", lane, "\n"), "softmax_warp.cuh"), 32);
    add("plain", kernel_source(types, "softmax.cuh"), 1);
    add_step(std::move(step));
    if (flat)
        emit_copy(dense_as(to, whole.dims), whole, label(group));
    clear_lanes(whole, label(group));
}

void Planner::emit_normalize(const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const auto &op = std::get<graph::Normalize>(shapes_.ops[group.anchor]);
    if (op.kind == graph::NormalizeKind::batch)
        throw Unsupported(node.label, ": its mean, variance, scale or bias follow from the picture");
    Tensor from = read(node.inputs[0]);
    const Tensor whole = result(group.result);
    Tensor to = whole;
    Tensor scale = read(node.inputs[1]);
    Tensor bias = graph::operand(node, 2) == graph::no_value ? Tensor{} : read(node.inputs[2]);
    // Split channels into groups, so that groups are an axis of their own.
    std::size_t first = 2;
    if (op.kind == graph::NormalizeKind::layer) {
        first = graph::axis_index(op.axis, from.dims.size());
    } else {
        const std::int64_t groups = op.kind == graph::NormalizeKind::group ? op.groups : from.dims[1];
        const auto split = [&](Tensor tensor) {
            const std::int64_t size = tensor.dims[1] / groups;
            tensor.dims[1] = groups;
            tensor.dims.insert(tensor.dims.begin() + 2, size);
            tensor.strides.insert(tensor.strides.begin() + 2, tensor.strides[1]);
            tensor.strides[1] *= size;
            tensor.lanes = 0;
            return tensor;
        };
        from = split(from);
        to = split(to);
        const bool by_group = op.kind == graph::NormalizeKind::group && op.scale_by_group;
        const auto spread = [&](const Tensor &vector) {
            Tensor view = vector;
            const std::int64_t size = by_group ? 1 : from.dims[2];
            view.dims = {1, groups, size};
            view.strides = {0, vector.strides[0] * size, vector.strides[0]};
            view.dims.resize(from.dims.size(), 1);
            view.strides.resize(from.dims.size(), 0);
            return view;
        };
        scale = spread(scale);
        if (bias.buffer >= 0)
            bias = spread(bias);
    }
    if (op.kind == graph::NormalizeKind::layer && first + 1 == from.dims.size() &&
        emit_layer(group, from, to, scale, bias))
        return clear_lanes(whole, label(group));
    std::vector<std::size_t> axes;
    Shape moment_dims = from.dims;
    for (std::size_t axis = first; axis < from.dims.size(); ++axis) {
        axes.push_back(axis);
        moment_dims[axis] = 1;
    }
    // In pairs of mean and variance.
    const Tensor moments = fresh(Element::f32, {graph::count(moment_dims) * 2}, false, false);
    Tensor pairs = dense_as(moments, moment_dims);
    add_reduction("moments of " + label(group), from, axes, pairs, 7, 0);
    NormalizeArgs args = {};
    args.threads = graph::count(from.dims);
    args.epsilon = op.epsilon;
    const auto set = [&](Operand &operand, const Tensor &tensor) {
        const Tensor spread = broadcast(tensor, from.dims);
        std::copy(spread.strides.begin(), spread.strides.end(), operand.stride);
    };
    for (std::size_t axis = 0; axis < from.dims.size(); ++axis)
        args.size[axis] = size_argument(from.dims[axis]);
    set(args.input, from);
    set(args.output, to);
    set(args.moments, pairs);
    set(args.scale, scale);
    if (bias.buffer >= 0)
        set(args.bias, bias);
    const std::string source = kernel_source(
        text("#define RANK ", from.dims.size(), "\ntypedef ", type_name(from.type), " element_t;\ntypedef ",
             type_name(to.type), " output_t;\ntypedef ", type_name(scale.type), " scale_t;\n"),
        "normalize.cuh");
    const auto launch = [args, from, to, pairs, scale, bias](const Addresses &addresses) mutable {
        args.input.data = addresses.of(from);
        args.output.data = addresses.of(to);
        args.moments_data = addresses.of(pairs);
        args.scale.data = addresses.of(scale);
        args.bias.data = bias.buffer >= 0 ? addresses.of(bias) : 0;
        return plain_launch(args.threads, {argument(args)});
    };
    Step step{label(group),
              {from.buffer, pairs.buffer, scale.buffer},
              {to.buffer},
              {{"normalize", source, launch}},
              {}};
    if (bias.buffer >= 0)
        step.reads.push_back(bias.buffer);
    add_step(std::move(step));
    clear_lanes(whole, label(group));
}

} // namespace vsmlrt::cuda
