// For each value: which pixels of the input an element of it depends on, along both axes of the picture,
// carried from operator to operator. Where that cannot be told the answer is none, never a guess: tiles would
// blend wrongly.
#include "graph/receptive_field.h"

#include "graph/axis_dependence.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::graph {
namespace {

// The operators whose result at a place is made of what their operands have there, and nothing else. An
// operator that is neither listed here nor has a rule below does not compile.
template <typename T>
concept Pointwise = std::is_same_v<T, Unary> || std::is_same_v<T, Binary> || std::is_same_v<T, Clip> ||
    std::is_same_v<T, Where> || std::is_same_v<T, Cast>;

// The operators whose operands after the first say where elements go, not what they are.
template <typename T>
concept Moving = std::is_same_v<T, Resize> || std::is_same_v<T, Slice> || std::is_same_v<T, Split> ||
    std::is_same_v<T, Pad> || std::is_same_v<T, Tile> || std::is_same_v<T, Expand> ||
    std::is_same_v<T, Reshape> || std::is_same_v<T, Reduce>;

// What one operator does to the traces of its operands. A result that depends on the whole picture has no
// trace of its own: `whole` notes it once and for all. Values that follow from the picture's size (the length
// of a Range, the number of pixels) have no trace, and are noted where they meet the picture's contents.
class Walk {
public:
    Walk(const Graph &graph, const Shapes &shapes)
        : graph_(graph), shapes_(shapes), traces_(graph.values.size()), of_size_(graph.values.size()) {
        for (const Input &input : graph.inputs)
            trace(input.value) = std::array<AxisDependence, 2>{AxisDependence{2}, AxisDependence{3}};
    }

    void visit(const Node &node, const Op &op) {
        node_ = &node;
        const bool independent = std::holds_alternative<ShapeOf>(op) ||
                                 std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId value) {
                                     return value != no_value && trace(value).has_value();
                                 });
        const bool of_size = takes_size(op);
        if (of_size && !independent)
            whole_ = true;
        const Trace result =
            independent ? Trace{} : std::visit([&](const auto &concrete) { return rule(concrete); }, op);
        for (const ValueId value : node.outputs) {
            trace(value) = result;
            of_size_[static_cast<std::size_t>(value)] = of_size && independent;
        }
    }

    [[nodiscard]] Dependence result() {
        Dependence dependence{0, whole_ || lost_};
        for (const ValueId output : graph_.outputs)
            if (const Trace &found = trace(output))
                for (const AxisDependence &span : *found)
                    dependence.receptive_field = std::max(*dependence.receptive_field, pixels(span));
        if (lost_)
            dependence.receptive_field.reset();
        return dependence;
    }

private:
    Trace &trace(ValueId value) { return traces_[static_cast<std::size_t>(value)]; }
    const Shape &dims_of(ValueId value) const { return shapes_.dims[static_cast<std::size_t>(value)]; }
    const Shape &dims(std::size_t operand) const { return dims_of(node_->inputs[operand]); }

    // Whether what `op` computes with follows from the picture's size.
    [[nodiscard]] bool takes_size(const Op &op) const {
        if (std::holds_alternative<ShapeOf>(op))
            return true;
        const auto follows = [&](std::size_t operand) {
            const ValueId value = graph::operand(*node_, operand);
            return value != no_value && of_size_[static_cast<std::size_t>(value)];
        };
        if (std::holds_alternative<Fill>(op))
            return follows(1);
        if (std::visit([]<typename T>(const T &) { return Moving<T>; }, op))
            return follows(0);
        for (std::size_t i = 0; i < node_->inputs.size(); ++i)
            if (follows(i))
                return true;
        return false;
    }

    Trace whole() {
        whole_ = true;
        return {};
    }
    Trace lost() {
        lost_ = true;
        return {};
    }

    // Both, element by element of the result.
    Trace merge(const Trace &a, const Trace &b) {
        if (!a || !b)
            return a ? a : b;
        Trace result = a;
        for (const std::size_t i : {0, 1}) {
            AxisDependence &span = (*result)[i];
            const AxisDependence &other = (*b)[i];
            if (span.axis != other.axis || std::abs(span.step - other.step) > 1e-9)
                return lost();
            span.low = std::min(span.low, other.low);
            span.high = std::max(span.high, other.high);
        }
        return result;
    }

    // An operand's trace with its axes aligned at the end of the result's.
    Trace aligned(ValueId value) {
        if (value == no_value || !trace(value))
            return {};
        Trace result = trace(value);
        for (AxisDependence &span : *result)
            span.axis += dims_of(node_->outputs[0]).size() - dims_of(value).size();
        return result;
    }

    Trace merge_all() {
        Trace result;
        for (const ValueId value : node_->inputs)
            result = merge(result, aligned(value));
        return result;
    }

    [[nodiscard]] bool traced_after_first() {
        return std::any_of(node_->inputs.begin() + 1, node_->inputs.end(),
                           [&](ValueId value) { return value != no_value && trace(value); });
    }

    // `change` applied to both spans of the first operand, which must be N C H W and the only one that is
    // traced.
    template <typename Change>
    Trace spatial(Change change) {
        if (traced_after_first())
            return lost();
        Trace result = trace(node_->inputs[0]);
        for (const std::size_t i : {0, 1}) {
            if ((*result)[i].axis != i + 2)
                return lost();
            (*result)[i] = change((*result)[i], i);
        }
        return result;
    }

    // The same for any layout.
    template <typename Change>
    Trace along(Change change) {
        Trace result = trace(node_->inputs[0]);
        if (result)
            for (AxisDependence &span : *result)
                span = change(span);
        return result;
    }

    [[nodiscard]] bool traced_axis(std::size_t axis) {
        const Trace &found = trace(node_->inputs[0]);
        return found && ((*found)[0].axis == axis || (*found)[1].axis == axis);
    }

    template <Pointwise T>
    Trace rule(const T &) {
        return merge_all();
    }
    // Sizes are known before the picture is.
    Trace rule(const ShapeOf &) { return {}; }
    // One value everywhere, or a number of them: what the picture holds decides which.
    Trace rule(const Fill &) { return attention(); }
    Trace rule(const Range &) { return attention(); }

    template <typename Window>
    Trace window(const Window &op, Pair kernel) {
        return spatial([&](const AxisDependence &span, std::size_t i) {
            return through_window(span, kernel[i], op.dilations[i], op.strides[i], op.pads[i]);
        });
    }
    Trace rule(const Pool &op) { return window(op, op.kernel); }
    Trace rule(const Conv &op) { return window(op, {dims(1)[2], dims(1)[3]}); }
    Trace rule(const ConvTranspose &op) {
        return spatial([&](const AxisDependence &span, std::size_t i) {
            return through_transposed_window(span, dims(1)[i + 2], op.dilations[i], op.strides[i],
                                             op.pads[i]);
        });
    }
    Trace rule(const DepthToSpace &op) {
        return spatial(
            [&](const AxisDependence &span, std::size_t) { return through_unpacking(span, op.block); });
    }
    Trace rule(const SpaceToDepth &op) {
        return spatial(
            [&](const AxisDependence &span, std::size_t) { return through_packing(span, op.block); });
    }

    Trace rule(const Resize &op) {
        if (op.coordinates == Coordinates::tf_crop_and_resize)
            return attention();
        const Trace &source = trace(node_->inputs[0]);
        if (source && std::any_of(source->begin(), source->end(), [&](const AxisDependence &span) {
                return op.scales[span.axis] != 1 && follows_size(op, op.scales[span.axis]);
            }))
            whole_ = true;
        return along([&](const AxisDependence &span) {
            return op.scales[span.axis] == 1 ? span : through_resize(op, span, op.scales[span.axis]);
        });
    }
    Trace rule(const Slice &op) {
        for (std::size_t axis = 0; axis < op.steps.size(); ++axis)
            if (op.steps[axis] < 1 && traced_axis(axis))
                return lost();
        return along([&](const AxisDependence &span) {
            const auto start = static_cast<double>(op.starts[span.axis]);
            return through(span, static_cast<double>(op.steps[span.axis]), start, start);
        });
    }
    Trace rule(const Pad &op) {
        if (op.mode == PadMode::wrap || traced_after_first())
            return lost();
        return along([&](const AxisDependence &span) {
            const auto begin = static_cast<double>(op.begins[span.axis]);
            return through(span, 1, -begin, -begin);
        });
    }

    Trace rule(const Concat &op) {
        return traced_axis(axis_index(op.axis, dims(0).size())) ? lost() : merge_all();
    }
    Trace rule(const Split &op) {
        return traced_axis(axis_index(op.axis, dims(0).size())) ? lost() : trace(node_->inputs[0]);
    }
    Trace rule(const Expand &) {
        if (!trace(node_->inputs[0]))
            return lost();
        const Shape &result = dims_of(node_->outputs[0]);
        Trace moved = aligned(node_->inputs[0]);
        for (const std::size_t i : {0, 1})
            if (dims(0)[(*trace(node_->inputs[0]))[i].axis] != result[(*moved)[i].axis])
                return lost();
        return moved;
    }
    Trace rule(const Tile &) {
        return along([&](const AxisDependence &span) {
            lost_ = lost_ || dims(0)[span.axis] != dims_of(node_->outputs[0])[span.axis];
            return span;
        });
    }
    Trace rule(const Gather &op) {
        const std::size_t axis = axis_index(op.axis, dims(0).size());
        if (traced_axis(axis) || trace(node_->inputs[1]))
            return lost();
        return along([&](AxisDependence span) {
            if (span.axis > axis)
                span.axis += dims(1).size() - 1;
            return span;
        });
    }
    // Within a channel, or whatever axis is no axis of the picture, nothing moves.
    Trace rule(const GatherElements &op) {
        return traced_axis(axis_index(op.axis, dims(0).size())) ? attention() : merge_all();
    }
    Trace rule(const ScatterElements &op) {
        return traced_axis(axis_index(op.axis, dims(0).size())) ? attention() : merge_all();
    }
    Trace rule(const GatherNd &) { return lost(); }
    // Blocks of the picture's own size, wherever they are put: others are found nowhere.
    Trace rule(const ScatterNd &) {
        const auto depth = static_cast<std::size_t>(dims(1).back());
        for (std::size_t axis = 0; axis < depth; ++axis)
            if (traced_axis(axis))
                return lost();
        if (trace(node_->inputs[1]) || dims(1).size() != depth + 1)
            return lost();
        return merge(trace(node_->inputs[0]), trace(node_->inputs[2]));
    }
    Trace rule(const ArgReduce &op) {
        const std::size_t reduced = axis_index(op.axis, dims(0).size());
        if (traced_axis(reduced))
            return whole();
        return along([&](AxisDependence span) {
            span.axis -= !op.keep_size && reduced < span.axis ? 1 : 0;
            return span;
        });
    }
    Trace rule(const CumSum &op) { return traced_axis(op.axis) ? whole() : trace(node_->inputs[0]); }
    Trace rule(const TopK &op) {
        return traced_axis(axis_index(op.axis, dims(0).size())) ? whole() : trace(node_->inputs[0]);
    }
    Trace rule(const Transpose &op) {
        return along([&](AxisDependence span) {
            const auto found =
                std::find(op.order.begin(), op.order.end(), static_cast<std::int64_t>(span.axis));
            span.axis = op.order.empty() ? dims(0).size() - 1 - span.axis
                                         : static_cast<std::size_t>(found - op.order.begin());
            return span;
        });
    }
    Trace rule(const Reshape &) {
        return along([&](const AxisDependence &span) {
            const std::optional<AxisDependence> kept =
                through_reshape(span, dims(0), dims_of(node_->outputs[0]));
            lost_ = lost_ || !kept;
            return kept.value_or(span);
        });
    }

    Trace rule(const Reduce &op) {
        if (std::any_of(op.axes.begin(), op.axes.end(), [&](std::size_t axis) { return traced_axis(axis); }))
            return whole();
        return along([&](AxisDependence span) {
            if (!op.keep_sizes)
                span.axis -= static_cast<std::size_t>(std::count_if(
                    op.axes.begin(), op.axes.end(), [&](std::size_t axis) { return axis < span.axis; }));
            return span;
        });
    }
    Trace rule(const Softmax &op) {
        const std::size_t axis = axis_index(op.axis, dims(0).size());
        for (std::size_t other = axis; other < (op.to_the_end ? dims(0).size() : axis + 1); ++other)
            if (traced_axis(other))
                return whole();
        return trace(node_->inputs[0]);
    }
    Trace rule(const Normalize &op) {
        if (traced_after_first())
            return lost();
        if (op.kind == NormalizeKind::batch)
            return trace(node_->inputs[0]);
        const bool layer = op.kind == NormalizeKind::layer;
        for (std::size_t axis = layer ? axis_index(op.axis, dims(0).size()) : 2; axis < dims(0).size();
             ++axis)
            if (traced_axis(axis))
                return whole();
        return trace(node_->inputs[0]);
    }
    // Rows of the picture times a matrix of weights stay where they are; anything else mixes positions.
    Trace rule(const MatMul &) {
        const bool weights = !trace(node_->inputs[1]) && dims(1).size() == 2;
        return weights && !traced_axis(dims(0).size() - 1) ? trace(node_->inputs[0]) : attention();
    }
    Trace rule(const Gemm &) { return attention(); }
    Trace rule(const GridSample &) { return attention(); }
    // Where from depends on the contents or on the position: no number of pixels is enough.
    Trace attention() {
        whole_ = true;
        return lost();
    }

    const Graph &graph_;
    const Shapes &shapes_;
    const Node *node_ = nullptr;
    std::vector<Trace> traces_;
    std::vector<bool> of_size_; // follows from the picture's size
    bool whole_ = false;
    bool lost_ = false;
};

} // namespace

Dependence find_dependence(const Graph &graph, const Shapes &shapes) {
    Walk walk(graph, shapes);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        walk.visit(graph.nodes[i], shapes.ops[i]);
    return walk.result();
}

} // namespace vsmlrt::graph
