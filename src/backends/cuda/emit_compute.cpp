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

// A normalisation over the axes from `first` on.
struct Normalized {
    Tensor from, to, scale, bias; // without a bias it has no buffer
    std::size_t first = 2;
    float epsilon = 0;
};

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

// Adds an axis of groups to pictures, which are normalised over what is behind it.
void split_channels(Normalized &what, const graph::Normalize &op) {
    const bool grouped = op.kind == graph::NormalizeKind::group;
    const std::int64_t groups = grouped ? op.groups : what.from.dims[1];
    for (Tensor *const tensor : {&what.from, &what.to}) {
        const std::int64_t size = tensor->dims[1] / groups;
        tensor->dims[1] = groups;
        tensor->dims.insert(tensor->dims.begin() + 2, size);
        tensor->strides.insert(tensor->strides.begin() + 2, tensor->strides[1]);
        tensor->strides[1] *= size;
        tensor->lanes = 0;
    }
    const std::int64_t size = grouped && op.scale_by_group ? 1 : what.from.dims[2];
    for (Tensor *const vector : {&what.scale, &what.bias})
        if (vector->buffer >= 0) {
            const std::int64_t step = vector->strides[0];
            vector->dims = {1, groups, size};
            vector->strides = {0, step * size, step};
            vector->dims.resize(what.from.dims.size(), 1);
            vector->strides.resize(what.from.dims.size(), 0);
        }
}

void set_strides(Operand &operand, const Tensor &tensor, const Shape &dims) {
    const Tensor spread = broadcast(tensor, dims);
    std::copy(spread.strides.begin(), spread.strides.end(), operand.stride);
}

// But for what kernels differ in.
NormalizeArgs arguments_of(const Normalized &what) {
    const Shape &dims = what.from.dims;
    NormalizeArgs args = {};
    args.threads = graph::count(dims);
    args.epsilon = what.epsilon;
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
        args.size[axis] = size_argument(dims[axis]);
    set_strides(args.input, what.from, dims);
    set_strides(args.output, what.to, dims);
    set_strides(args.scale, what.scale, dims);
    if (what.bias.buffer >= 0)
        set_strides(args.bias, what.bias, dims);
    return args;
}

std::string types_of(const Normalized &what) {
    return text("#define RANK ", what.from.dims.size(), "\ntypedef ", type_name(what.from.type),
                " element_t;\ntypedef ", type_name(what.to.type), " output_t;\ntypedef ",
                type_name(what.scale.type), " scale_t;\n");
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
    add_kernel(name + chunks_label, "reduce", reduce_source(from, to.type, kind, last, 0, reduction.reduced),
               args.threads, {args, {{args.input.data, from}}, {{args.partial, partial}}});
    return {partial, args.chunks};
}

void Planner::add_reduction(const std::string &name, const Tensor &from, const std::vector<std::size_t> &axes,
                            const Tensor &to, int kind, int last) {
    const Tensor partial = add_chunks(name, from, axes, to, kind, last).partial;
    const Reduction reduction = reduction_of(from, axes, to);
    ReduceArgs args = reduction.args;
    args.threads = reduction.results;
    add_kernel(name, "reduce", reduce_source(from, to.type, kind, last, 1, reduction.reduced), args.threads,
               {args, {{args.partial, partial}}, {{args.output.data, to}}});
}

void Planner::emit(const graph::Reduce &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    const ReduceForm form = form_of(op.kind);
    add_reduction(label(group), from, op.axes, to, form.kind, form.last);
    clear_lanes(to, label(group));
}

bool Planner::warps_work() const {
    return facts_.runs_barriers && !options_.plain;
}

void Planner::emit(const graph::Softmax &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
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
    const KernelArguments arguments(args, {{args.input.data, from}}, {{args.output.data, to}});
    Step step = step_of(label(group), arguments);
    if (const std::int64_t lane = elements_of_lane(args.length);
        lane > 0 && warps_work() && from.type != Element::f64)
        step.alternatives.push_back(
            by_threads("softmax of a warp",
                       kernel_source(text(types, "#define PER_LANE ", lane, "\n"), "softmax_warp.cuh"),
                       args.threads * 32, arguments));
    step.alternatives.push_back(
        by_threads("plain", kernel_source(types, "softmax.cuh"), args.threads, arguments));
    add_step(std::move(step));
    if (flat)
        emit_copy(dense_as(to, whole.dims), whole, label(group));
    clear_lanes(whole, label(group));
}

void Planner::emit(const graph::Normalize &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    if (op.kind == graph::NormalizeKind::batch)
        throw Unsupported(node.label, ": its mean, variance, scale or bias follow from the picture");
    Normalized what;
    what.from = read(node.inputs[0]);
    const Tensor whole = what.to = result(group.result);
    what.scale = read(node.inputs[1]);
    if (graph::operand(node, 2) != graph::no_value)
        what.bias = read(node.inputs[2]);
    what.epsilon = op.epsilon;
    if (op.kind == graph::NormalizeKind::layer)
        what.first = graph::axis_index(op.axis, what.from.dims.size());
    else
        split_channels(what, op);
    if (what.first + 1 == what.from.dims.size() && op.kind == graph::NormalizeKind::layer && warps_work() &&
        what.from.type != Element::f64 && elements_of_lane(what.from.dims.back()) > 0)
        add_normalized_rows(label(group), what);
    else
        add_normalized(label(group), what);
    clear_lanes(whole, label(group));
}

// A row of the last axis by a warp.
void Planner::add_normalized_rows(const std::string &name, const Normalized &what) {
    const Shape &dims = what.from.dims;
    // As many neighbours a lane as it can read and write at once, and no more lanes than have any.
    constexpr std::int64_t bytes_at_once = 16;
    const auto element =
        static_cast<std::int64_t>(std::max(element_size(what.from.type), element_size(what.to.type)));
    const std::int64_t vector = std::min({vector_along(what.from, dims.size() - 1),
                                          vector_along(what.to, dims.size() - 1), bytes_at_once / element});
    std::int64_t lanes = 32;
    while (lanes > 4 && vector > 1 && lanes / 2 * vector >= dims.back())
        lanes /= 2;
    const std::int64_t lane = (dims.back() + lanes * vector - 1) / (lanes * vector);
    const NormalizeArgs args = arguments_of(what);
    add_kernel(name, "layer of a warp",
               kernel_source(text(types_of(what), "#define PER_LANE ", lane, "\n#define VECTOR ", vector,
                                  "\n#define LANES ", lanes, "\n"),
                             "layer_normalize.cuh"),
               args.threads / std::max<std::int64_t>(dims.back(), 1) * lanes,
               {args,
                {{args.input.data, what.from}, {args.scale.data, what.scale}, {args.bias.data, what.bias}},
                {{args.output.data, what.to}}});
}

void Planner::add_normalized(const std::string &name, const Normalized &what) {
    std::vector<std::size_t> axes;
    Shape dims = what.from.dims;
    for (std::size_t axis = what.first; axis < dims.size(); ++axis) {
        axes.push_back(axis);
        dims[axis] = 1;
    }
    // In pairs of mean and variance.
    const Tensor moments = dense_as(fresh(Element::f32, {graph::count(dims) * 2}, false, false), dims);
    add_reduction("moments of " + name, what.from, axes, moments, 7, 0);
    NormalizeArgs args = arguments_of(what);
    set_strides(args.moments, moments, what.from.dims);
    add_kernel(name, "normalize", kernel_source(types_of(what), "normalize.cuh"), args.threads,
               {args,
                {{args.input.data, what.from},
                 {args.moments_data, moments},
                 {args.scale.data, what.scale},
                 {args.bias.data, what.bias}},
                {{args.output.data, what.to}}});
}

} // namespace vsmlrt::cuda
