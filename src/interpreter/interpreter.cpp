// Nodes run in order into one arena; what shapes alone decide was folded before and is not run. A rounding of
// every value, where asked for, shows what a narrower type would do.
#include "interpreter/interpreter.h"

#include "base/checked.h"
#include "interpreter/kernels.h"

#include <algorithm>
#include <iterator>

namespace vsmlrt::interpreter {
namespace {

std::size_t place(graph::ValueId value) {
    return static_cast<std::size_t>(value);
}

std::span<const float> floats_of(const std::byte *data, const graph::Shape &dims) {
    return {reinterpret_cast<const float *>(data), static_cast<std::size_t>(graph::count(dims))};
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

void round_results(graph::Outputs results, const Rounding &rounding) {
    for (const graph::View &result : results) {
        if (result.type != Element::f32)
            continue;
        auto *const values = result.as<float>();
        std::transform(values, values + graph::count(result.dims), values, rounding);
    }
}

} // namespace

Interpreter::Interpreter(const graph::Graph &graph, std::span<const graph::Shape> inputs, Rounding rounding)
    : graph_(graph), shapes_(graph::infer(graph, inputs)), rounding_(std::move(rounding)),
      places_(graph.values.size(), nullptr), inputs_(graph.values.size(), nullptr) {
    const graph::MemoryPlan plan = graph::plan_memory(graph, shapes_);
    arena_ = HostBuffer(checked_cast<std::size_t>(plan.total, "bytes of the arena"));
    for (const graph::Slot &slot : plan.slots)
        places_[place(slot.value)] = arena_.data() + slot.offset;
    if (rounding_)
        round_constants();
}

void Interpreter::round_constants() {
    rounded_.resize(graph_.values.size());
    for (std::size_t value = 0; value < rounded_.size(); ++value) {
        const model::Tensor *const tensor = graph::known(graph_, shapes_, static_cast<graph::ValueId>(value));
        if (!tensor || tensor->type != Element::f32)
            continue;
        const auto exact = floats_of(tensor->bytes->data(), tensor->dims);
        std::transform(exact.begin(), exact.end(), std::back_inserter(rounded_[value]), rounding_);
    }
}

void Interpreter::take_input(std::size_t index, const std::byte *data) {
    const std::size_t value = place(graph_.inputs[index].value);
    inputs_[value] = data;
    if (!rounding_ || graph_.values[value].type != Element::f32)
        return;
    const auto exact = floats_of(data, shapes_.dims[value]);
    rounded_[value].resize(exact.size());
    std::transform(exact.begin(), exact.end(), rounded_[value].begin(), rounding_);
    inputs_[value] = reinterpret_cast<const std::byte *>(rounded_[value].data());
}

graph::View Interpreter::output(std::size_t index) const {
    const std::size_t value = place(graph_.outputs[index]);
    return {graph_.values[value].type, shapes_.dims[value], nullptr};
}

graph::ConstView Interpreter::operand(graph::ValueId value) const {
    if (value == graph::no_value)
        return {};
    if (const model::Tensor *tensor = graph::known(graph_, shapes_, value)) {
        graph::ConstView view = graph::view_of(*tensor);
        if (rounding_ && !rounded_[place(value)].empty())
            view.data = reinterpret_cast<const std::byte *>(rounded_[place(value)].data());
        return view;
    }
    const std::byte *data = inputs_[place(value)] ? inputs_[place(value)] : places_[place(value)];
    return {graph_.values[place(value)].type, shapes_.dims[place(value)], data};
}

void Interpreter::run(std::span<const std::byte *const> inputs, std::span<std::byte *const> outputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
        take_input(i, inputs[i]);
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
        if (rounding_)
            round_results(results, rounding_);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::ConstView result = operand(graph_.outputs[i]);
        std::memcpy(outputs[i], result.data,
                    static_cast<std::size_t>(graph::count(result.dims)) * element_size(result.type));
    }
}

std::int64_t context_bytes(const graph::Graph &graph, const graph::Shapes &shapes) {
    std::int64_t bytes = graph::plan_memory(graph, shapes).total;
    for (const auto &folded : shapes.folded)
        if (folded)
            bytes =
                checked_add(bytes, static_cast<std::int64_t>(folded->bytes->size()), "bytes of a context");
    return bytes;
}

} // namespace vsmlrt::interpreter
