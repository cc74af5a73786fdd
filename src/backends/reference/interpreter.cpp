#include "backends/reference/interpreter.h"

#include "backends/reference/kernels.h"
#include "base/checked.h"

namespace vsmlrt::reference {
namespace {

std::size_t place(graph::ValueId value) {
    return static_cast<std::size_t>(value);
}

void run_node(const graph::Op &op, Inputs inputs, Outputs outputs) {
    std::visit(
        [&]<typename T>(const T &concrete) {
            if constexpr (graph::Evaluable<T>)
                graph::evaluate(concrete, inputs, outputs);
            else if constexpr (!std::is_same_v<T, graph::ShapeOf>) // always folded
                evaluate(concrete, inputs, outputs);
        },
        op);
}

} // namespace

Interpreter::Interpreter(const graph::Graph &graph, std::span<const graph::Shape> inputs)
    : graph_(graph), shapes_(graph::infer(graph, inputs)), places_(graph.values.size(), nullptr),
      inputs_(graph.values.size(), nullptr) {
    const graph::MemoryPlan plan = graph::plan_memory(graph, shapes_);
    arena_ = HostBuffer(checked_cast<std::size_t>(plan.total, "bytes of the arena"));
    for (const graph::Slot &slot : plan.slots)
        places_[place(slot.value)] = arena_.data() + slot.offset;
}

graph::View Interpreter::output(std::size_t index) const {
    const std::size_t value = place(graph_.outputs[index]);
    return {graph_.values[value].type, shapes_.dims[value], nullptr};
}

graph::ConstView Interpreter::operand(graph::ValueId value) const {
    if (value == graph::no_value)
        return {};
    if (const model::Tensor *tensor = graph::known(graph_, shapes_, value))
        return graph::view_of(*tensor);
    const std::byte *data = inputs_[place(value)] ? inputs_[place(value)] : places_[place(value)];
    return {graph_.values[place(value)].type, shapes_.dims[place(value)], data};
}

void Interpreter::run(std::span<const std::byte *const> inputs, std::span<std::byte *const> outputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
        inputs_[place(graph_.inputs[i].value)] = inputs[i];
    std::vector<graph::ConstView> operands;
    std::vector<graph::View> results;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const graph::Node &node = graph_.nodes[i];
        if (graph::is_folded(graph_, shapes_, node))
            continue;
        operands.clear();
        for (const graph::ValueId value : node.inputs)
            operands.push_back(operand(value));
        results.clear();
        for (const graph::ValueId value : node.outputs)
            results.push_back(
                {graph_.values[place(value)].type, shapes_.dims[place(value)], places_[place(value)]});
        run_node(shapes_.ops[i], operands, results);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::ConstView result = operand(graph_.outputs[i]);
        std::memcpy(outputs[i], result.data,
                    static_cast<std::size_t>(graph::count(result.dims)) * element_size(result.type));
    }
}

std::int64_t interpreter_bytes(const graph::Graph &graph, const graph::Shapes &shapes) {
    std::int64_t bytes = graph::plan_memory(graph, shapes).total;
    for (const auto &folded : shapes.folded)
        if (folded)
            bytes =
                checked_add(bytes, static_cast<std::int64_t>(folded->bytes->size()), "bytes of a context");
    return bytes;
}

} // namespace vsmlrt::reference
