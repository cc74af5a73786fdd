// Operators that move elements: views where strides can say it, else copies from strides to strides.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {

namespace {

// The axes in the output's memory order, but the channels last where padding lanes follow them.
std::vector<std::size_t> picture_order(const Tensor &output) {
    std::vector<std::size_t> order = memory_order(output);
    if (output.lanes > 0)
        std::stable_partition(order.begin(), order.end(), [](std::size_t axis) { return axis != 1; });
    return order;
}

// How many neighbours of the last axis a thread may store at once, up to 16 bytes.
std::int64_t pad_vector(const Tensor &to, const PadArgs &args, std::size_t rank) {
    for (std::int64_t vector = 8; vector > 1; vector /= 2) {
        bool good = vector * static_cast<std::int64_t>(element_size(to.type)) <= 16 &&
                    args.output.stride[rank - 1] == 1 && args.to[rank - 1] % vector == 0 &&
                    to.offset % vector == 0;
        for (std::size_t axis = 0; axis + 1 < rank; ++axis)
            good = good && (args.to[axis] == 1 || args.output.stride[axis] % vector == 0);
        if (good)
            return vector;
    }
    return 1;
}

} // namespace

// Views, which are bound and computed by nothing.
void Planner::emit(const graph::Slice &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    bind(node.outputs[0], stepped(read(node.inputs[0]), op.starts, op.steps, dims(node.outputs[0])));
}

void Planner::emit(const graph::Split &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor tensor = read(node.inputs[0]);
    const std::size_t axis = graph::axis_index(op.axis, tensor.dims.size());
    std::int64_t start = 0;
    for (const graph::ValueId value : node.outputs) {
        bind(value, part(tensor, axis, start, dims(value)[axis]));
        start += dims(value)[axis];
    }
}

void Planner::emit(const graph::Transpose &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor tensor = read(node.inputs[0]);
    if (!places_.contains(node.outputs[0])) // else who gave the operand wrote it there
        bind(node.outputs[0], transposed(tensor, op.order));
}

void Planner::emit(const graph::Expand &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    bind(node.outputs[0], broadcast(read(node.inputs[0]), dims(node.outputs[0])));
}

void Planner::emit(const graph::Reshape &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    bind(node.outputs[0], view_or_copy(read(node.inputs[0]), dims(node.outputs[0]), label(group)));
}

void Planner::emit(const graph::Concat &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const graph::ValueId whole = node.outputs[0];
    const std::size_t axis = graph::axis_index(op.axis, dims(whole).size());
    const Tensor target = result(whole);
    // Where the whole lies in another's result, its parts say so of themselves.
    const auto own = targets_.find(whole);
    std::int64_t start = 0;
    for (const graph::ValueId value : node.inputs) {
        const std::int64_t length = dims(value)[axis];
        const auto written = targets_.find(value);
        const auto is_at = [&](graph::ValueId of, std::int64_t at) {
            return written != targets_.end() && written->second.whole == of && written->second.start == at &&
                   written->second.axis == axis;
        };
        const bool there = is_at(whole, start) ||
                           (own != targets_.end() && is_at(own->second.whole, own->second.start + start));
        if (!there && length > 0) {
            emit_copy(read(value), part(target, axis, start, length), label(group));
            Work &work = plan_.steps.back().work.emplace(); // what is written in place is no work
            work.bytes_read = work.bytes_written =
                static_cast<double>(bytes_of(dense(0, type(value), dims(value))));
        }
        start += length;
    }
}

void Planner::emit_blocks(const Group &group, std::int64_t block, bool depth_first, bool to_space) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    // The tensor with channels that hold blocks, and the one with pixels that do; both by their axes
    // N, block row, block column, channel, row, column.
    const Tensor &deep = to_space ? from : to;
    const Tensor &wide = to_space ? to : from;
    const std::int64_t channels = deep.dims[1] / (block * block);
    const Shape dims{deep.dims[0], block, block, channels, deep.dims[2], deep.dims[3]};
    Tensor deep_view = deep;
    deep_view.dims = dims;
    const std::int64_t c = deep.strides[1];
    if (depth_first)
        deep_view.strides = {deep.strides[0], c * block * channels, c * channels, c,
                             deep.strides[2], deep.strides[3]};
    else
        deep_view.strides = {deep.strides[0],   c * block,       c,
                             c * block * block, deep.strides[2], deep.strides[3]};
    Tensor wide_view = wide;
    wide_view.dims = dims;
    wide_view.strides = {wide.strides[0], wide.strides[2],         wide.strides[3],
                         wide.strides[1], wide.strides[2] * block, wide.strides[3] * block};
    deep_view.lanes = wide_view.lanes = 0;
    emit_copy(to_space ? deep_view : wide_view, to_space ? wide_view : deep_view, label(group));
    clear_lanes(to, label(group));
}

void Planner::emit(const graph::Tile &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    Tensor source = from;
    Tensor target = to;
    source.dims = target.dims = {};
    source.strides = target.strides = {};
    for (std::size_t axis = 0; axis < from.dims.size(); ++axis) {
        const std::int64_t size = from.dims[axis];
        if (const std::int64_t times = size == 0 ? 1 : to.dims[axis] / size; times != 1) {
            source.dims.push_back(times);
            source.strides.push_back(0);
            target.strides.push_back(to.strides[axis] * size);
        }
        source.dims.push_back(size);
        source.strides.push_back(from.strides[axis]);
        target.strides.push_back(to.strides[axis]);
    }
    target.dims = source.dims;
    target.lanes = source.lanes = 0;
    emit_copy(source, target, label(group));
    clear_lanes(to, label(group));
}

void Planner::emit(const graph::Fill &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor to = result(node.outputs[0]);
    Chain chain;
    if (const model::Tensor *value = known(graph::operand(node, 1))) {
        chain.result = is_real(to.type) ? literal(graph::widen<double>(graph::view_of(*value))[0], to.type)
                                        : literal(graph::widen<std::int64_t>(graph::view_of(*value))[0]);
        return emit_pointwise(label(group), chain, {}, to);
    }
    emit_copy(broadcast(read(node.inputs[1]), to.dims), to, label(group));
}

void Planner::emit(const graph::Range &, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor to = result(node.outputs[0]);
    RangeArgs args = {};
    args.threads = to.dims[0];
    const graph::ConstView start = graph::view_of(*known(node.inputs[0]));
    const graph::ConstView step = graph::view_of(*known(node.inputs[2]));
    if (is_real(to.type)) {
        args.start = graph::widen<double>(start)[0];
        args.step = graph::widen<double>(step)[0];
    } else {
        args.start_integer = graph::widen<std::int64_t>(start)[0];
        args.step_integer = graph::widen<std::int64_t>(step)[0];
    }
    const std::string source =
        kernel_source(text("typedef ", type_name(to.type), " output_t;\n"), "range.cuh");
    add_kernel(label(group), "range", source, args.threads, {args, {}, {{args.output, to}}});
}

void Planner::emit(const graph::Pad &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    const graph::ValueId value_id = graph::operand(node, 2);
    const Tensor value = value_id == graph::no_value ? Tensor{} : read(value_id);
    PadArgs args = {};
    std::size_t next = 0;
    for (const std::size_t axis : picture_order(to)) {
        std::int64_t begin = op.begins[axis];
        if (op.mode == graph::PadMode::wrap) { // what negative padding leaves is repeated
            const std::int64_t end = to.dims[axis] - from.dims[axis] - begin;
            from.offset += std::max<std::int64_t>(-begin, 0) * from.strides[axis];
            from.dims[axis] -= std::max<std::int64_t>(-begin, 0) + std::max<std::int64_t>(-end, 0);
            begin = std::max<std::int64_t>(begin, 0);
        }
        args.from[next] = size_argument(from.dims[axis]);
        args.to[next] = size_argument(to.dims[axis]);
        args.begin[next] = static_cast<int>(begin);
        args.input.stride[next] = from.strides[axis];
        args.output.stride[next++] = to.strides[axis];
    }
    args.valid = args.to[next - 1];
    args.to[next - 1] += size_argument(to.lanes); // of a picture, whose channels are the last axis
    const std::int64_t vector = pad_vector(to, args, next);
    args.threads = args.to[next - 1] / vector;
    for (std::size_t axis = 0; axis + 1 < next; ++axis)
        args.threads *= args.to[axis];
    const std::string source =
        kernel_source(text("#define RANK ", next, "\n#define MODE ", static_cast<int>(op.mode),
                           "\n#define VECTOR ", vector, "\ntypedef ", type_name(to.type), " element_t;\n"),
                      "pad.cuh");
    add_kernel(label(group), "pad", source, args.threads,
               {args, {{args.input.data, from}, {args.value, value}}, {{args.output.data, to}}});
}

void Planner::emit(const graph::Gather &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor from = read(node.inputs[0]);
    const Tensor indices = read(node.inputs[1]);
    const std::size_t axis = graph::axis_index(op.axis, from.dims.size());
    if (const model::Tensor *index = known(node.inputs[1]);
        index && indices.dims.empty() && !targets_.contains(node.outputs[0]) &&
        std::find(graph_.outputs.begin(), graph_.outputs.end(), node.outputs[0]) == graph_.outputs.end()) {
        // One place along the axis: a view without it.
        const std::int64_t at = graph::widen<std::int64_t>(graph::view_of(*index))[0];
        const std::int64_t size = from.dims[axis];
        Tensor view = part(from, axis, std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size - 1), 1);
        view.dims.erase(view.dims.begin() + static_cast<std::ptrdiff_t>(axis));
        view.strides.erase(view.strides.begin() + static_cast<std::ptrdiff_t>(axis));
        view.lanes = 0;
        return bind(node.outputs[0], view);
    }
    const Tensor to = result(node.outputs[0]);
    GatherArgs args = {};
    args.threads = graph::count(to.dims);
    args.limit = size_argument(from.dims[axis]);
    for (std::size_t i = 0; i < to.dims.size(); ++i) {
        args.size[i] = size_argument(to.dims[i]);
        args.output.stride[i] = to.strides[i];
        if (i < axis)
            args.input.stride[i] = from.strides[i];
        else if (i < axis + indices.dims.size())
            args.indices.stride[i] = indices.strides[i - axis];
        else
            args.input.stride[i] = from.strides[i - indices.dims.size() + 1];
    }
    args.input.stride[max_rank - 1] = from.strides[axis];
    if (to.dims.size() >= max_rank)
        throw Unsupported(node.label, ": a result of ", to.dims.size(), " axes; at most 7 are accepted");
    const std::string source =
        kernel_source(text("#define RANK ", to.dims.size(), "\ntypedef ", type_name(to.type),
                           " element_t;\ntypedef ", type_name(indices.type), " index_t;\n"),
                      "gather.cuh");
    add_kernel(label(group), "gather", source, args.threads,
               {args, {{args.input.data, from}, {args.indices.data, indices}}, {{args.output.data, to}}});
    clear_lanes(to, label(group));
}

void Planner::emit(const graph::Resize &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    if (op.antialias || op.exclude_outside || op.coordinates == graph::Coordinates::tf_crop_and_resize ||
        op.coordinates == graph::Coordinates::tf_half_pixel_for_nn)
        return emit_general_resize(op, group);
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    ResizeArgs args = {};
    args.threads = graph::count(to.dims);
    args.cubic_a = op.cubic_a;
    std::size_t next = 0;
    for (const std::size_t axis : memory_order(to)) {
        args.from[next] = size_argument(from.dims[axis]);
        args.to[next] = size_argument(to.dims[axis]);
        args.scale[next] = op.scales[axis];
        args.input.stride[next] = from.strides[axis];
        args.output.stride[next++] = to.strides[axis];
    }
    const std::string source =
        kernel_source(text("#define RANK ", next, "\n#define MODE ", static_cast<int>(op.mode),
                           "\n#define COORDINATES ", static_cast<int>(op.coordinates), "\n#define NEAREST ",
                           static_cast<int>(op.nearest), "\n#define EXCLUDE_OUTSIDE ",
                           op.exclude_outside ? 1 : 0, "\ntypedef ", type_name(to.type), " element_t;\n"),
                      "resize.cuh");
    add_kernel(label(group), "resize", source, args.threads,
               {args, {{args.input.data, from}}, {{args.output.data, to}}});
    clear_lanes(to, label(group));
}

} // namespace vsmlrt::cuda
