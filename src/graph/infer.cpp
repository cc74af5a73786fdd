// Networks that were exported for any size compute their own sizes, by operators like any others. These
// run here, when a shape is inferred, so that a backend sees none of them and every size is a number.
#include "graph/infer.h"

#include "base/error.h"
#include "graph/evaluate.h"
#include "graph/infer_rules.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

// What is bigger is left for the run: shape arithmetic is small, coordinate grids are not.
constexpr std::int64_t fold_limit_per_size = 4096;
constexpr std::int64_t fold_limit_once = std::int64_t{1} << 24;

struct Result {
    Op op;
    Dims dims;
    std::vector<model::Tensor> contents; // one an output, or none
};

std::vector<model::Tensor> evaluate_node(const Graph &graph, const Node &node, const Op &op, const Dims &dims,
                                         const Operands &operands) {
    std::vector<ConstView> inputs;
    for (std::size_t i = 0; i < operands.size(); ++i)
        inputs.push_back(operands.has(i) ? view_of(*operands.at(i).known) : ConstView{});
    std::vector<std::vector<std::byte>> bytes;
    for (std::size_t i = 0; i < dims.size(); ++i)
        bytes.emplace_back(static_cast<std::size_t>(count(dims[i])) *
                           element_size(graph.values[static_cast<std::size_t>(node.outputs[i])].type));
    std::vector<View> outputs;
    for (std::size_t i = 0; i < dims.size(); ++i)
        outputs.push_back(
            {graph.values[static_cast<std::size_t>(node.outputs[i])].type, dims[i], bytes[i].data()});
    std::visit(
        [&]<typename T>(const T &known_op) {
            if constexpr (Evaluable<T>)
                evaluate(known_op, inputs, outputs);
        },
        op);
    std::vector<model::Tensor> contents;
    for (std::size_t i = 0; i < dims.size(); ++i)
        contents.push_back({{},
                            outputs[i].type,
                            dims[i],
                            std::make_shared<const std::vector<std::byte>>(std::move(bytes[i]))});
    return contents;
}

bool is_evaluable(const Op &op) {
    return std::visit([]<typename T>(const T &) { return Evaluable<T>; }, op);
}

Dims shapes_of(Op &op, const Operands &operands, std::size_t outputs) {
    return std::visit(
        [&]<typename T>(T &concrete) {
            if constexpr (std::is_same_v<T, Split>)
                return infer_shape(concrete, operands, outputs);
            else
                return infer_shape(concrete, operands);
        },
        op);
}

Result infer_node(const Graph &graph, const Node &node, const Operands &operands, std::int64_t fold_limit) {
    Result result{node.op, {}, {}};
    result.dims = shapes_of(result.op, operands, node.outputs.size());
    if (result.dims.size() < node.outputs.size())
        throw BadModel(node.outputs.size(), " outputs where there are ", result.dims.size());
    const bool small = std::all_of(result.dims.begin(), result.dims.end(),
                                   [&](const Shape &dims) { return count(dims) <= fold_limit; });
    if (const auto *shape = std::get_if<ShapeOf>(&result.op))
        result.contents.push_back(model::make_tensor({}, result.dims[0], sizes_of(*shape, operands.dims(0))));
    else if (small && operands.all_known() && is_evaluable(result.op))
        result.contents = evaluate_node(graph, node, result.op, result.dims, operands);
    return result;
}

// `body` with the node's label in front of what it throws.
template <typename Body>
auto labelled(const Node &node, Body body) {
    try {
        return body();
    } catch (const BadModel &failure) {
        throw BadModel(node.label, ": ", failure.what());
    } catch (const Unsupported &failure) {
        throw Unsupported(node.label, ": ", failure.what());
    }
}

std::size_t place(ValueId value) {
    return static_cast<std::size_t>(value);
}

Operands operands_of(const Graph &graph, const Shapes &shapes, const Node &node) {
    std::vector<Operand> operands;
    for (const ValueId value : node.inputs)
        operands.push_back(value == no_value
                               ? Operand{}
                               : Operand{true, graph.values[place(value)].type, shapes.dims[place(value)],
                                         known(graph, shapes, value)});
    return Operands(std::move(operands));
}

// The node's operands if all of them are constants.
std::optional<Operands> constant_operands(const Graph &graph, const Node &node) {
    std::vector<Operand> operands;
    for (const ValueId id : node.inputs) {
        if (id == no_value) {
            operands.emplace_back();
            continue;
        }
        const Value &value = graph.values[place(id)];
        if (!value.constant)
            return std::nullopt;
        operands.push_back({true, value.type, value.constant->dims, &*value.constant});
    }
    return Operands(std::move(operands));
}

void check_input(const Graph &graph, const Input &input, const Shape &dims) {
    if (!input.has_shape)
        return;
    bool fits = dims.size() == input.dims.size();
    for (std::size_t axis = 0; fits && axis < dims.size(); ++axis)
        fits = !input.dims[axis].size || *input.dims[axis].size == dims[axis];
    if (fits)
        return;
    Shape stated;
    for (const model::Dim &dim : input.dims)
        stated.push_back(dim.size.value_or(-1));
    throw BadModel("input \"", graph.values[place(input.value)].name, "\" is ", describe(stated),
                   " (-1: any), and cannot be ", describe(dims));
}

} // namespace

Shapes infer(const Graph &graph, std::span<const Shape> inputs) {
    if (inputs.size() != graph.inputs.size())
        throw InternalError(inputs.size(), " shapes for ", graph.inputs.size(), " inputs");
    Shapes shapes;
    shapes.dims.resize(graph.values.size());
    shapes.folded.resize(graph.values.size());
    shapes.ops.reserve(graph.nodes.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i)
        if (graph.values[i].constant)
            shapes.dims[i] = graph.values[i].constant->dims;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        check_input(graph, graph.inputs[i], inputs[i]);
        shapes.dims[place(graph.inputs[i].value)] = inputs[i];
    }
    for (const Node &node : graph.nodes) {
        Result result = labelled(node, [&] {
            return infer_node(graph, node, operands_of(graph, shapes, node), fold_limit_per_size);
        });
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            shapes.dims[place(node.outputs[i])] = std::move(result.dims[i]);
            if (!result.contents.empty())
                shapes.folded[place(node.outputs[i])] = std::move(result.contents[i]);
        }
        shapes.ops.push_back(std::move(result.op));
    }
    return shapes;
}

const model::Tensor *known(const Graph &graph, const Shapes &shapes, ValueId value) {
    const Value &stated = graph.values[place(value)];
    if (stated.constant)
        return &*stated.constant;
    const auto &folded = shapes.folded[place(value)];
    return folded ? &*folded : nullptr;
}

bool is_folded(const Graph &graph, const Shapes &shapes, const Node &node) {
    return std::all_of(node.outputs.begin(), node.outputs.end(),
                       [&](ValueId value) { return known(graph, shapes, value) != nullptr; });
}

void fold_constants(Graph &graph) {
    std::vector<Node> left;
    for (Node &node : graph.nodes) {
        const std::optional<Operands> operands = constant_operands(graph, node);
        std::vector<model::Tensor> contents;
        if (operands)
            contents =
                labelled(node, [&] { return infer_node(graph, node, *operands, fold_limit_once); }).contents;
        if (contents.empty()) {
            left.push_back(std::move(node));
            continue;
        }
        for (std::size_t i = 0; i < contents.size(); ++i)
            graph.values[place(node.outputs[i])].constant = std::move(contents[i]);
    }
    graph.nodes = std::move(left);
}

} // namespace vsmlrt::graph
