// Networks are judged when the program is made, at the smallest and the largest
// size: what runs later on a size in between has no reason left to fail.
#include "backends/reference/program.h"

#include "base/checked.h"
#include "graph/lower.h"
#include "model/onnx.h"
#include "module/graph_ends.h"
#include "tensor/half.h"

#include <algorithm>

namespace vsmlrt::reference {
namespace {

graph::Graph read_graph(const vsmlrt_program_desc &desc) {
    const auto *const bytes = static_cast<const std::byte *>(desc.network);
    return graph::lower(model::read_onnx({bytes, desc.network_size}));
}

// Networks that are fp16 themselves are computed as they are typed, whatever is asked.
bool is_half(const graph::Graph &graph) {
    return std::any_of(graph.values.begin(), graph.values.end(), [](const graph::Value &value) {
        return value.constant && value.type == Element::f16 && value.constant->dims.size() >= 2;
    });
}

vsmlrt_precision precision_of(const graph::Graph &graph, vsmlrt_precision asked) {
    if (is_half(graph))
        return VSMLRT_PRECISION_FP16;
    return asked == VSMLRT_PRECISION_AUTO || asked == VSMLRT_PRECISION_TF32 ? VSMLRT_PRECISION_FP32 : asked;
}

vsmlrt_type door_type(Element type) {
    return type == Element::f16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
}

} // namespace

Program::Program(const vsmlrt_program_desc &desc)
    : faults_(read_options({desc.options, desc.num_options})), graph_(read_graph(desc)) {
    if (faults_.build != 0)
        throw DeviceError("reference: building fails, as option fault.build asks");
    check_ends(graph_);
    static_cast<void>(graph::infer(graph_, input_shapes(desc.min_extent)));
    const graph::Shapes largest = graph::infer(graph_, input_shapes(desc.max_extent));
    info_.precision = precision_of(graph_, desc.precision);
    info_.num_inputs = static_cast<std::int32_t>(graph_.inputs.size());
    info_.num_outputs = static_cast<std::int32_t>(graph_.outputs.size());
    info_.context_bytes = interpreter::context_bytes(graph_, largest);
    const auto add = [&](graph::ValueId value) {
        const auto place = static_cast<std::size_t>(value);
        info_.context_bytes = checked_add(info_.context_bytes,
                                          static_cast<std::int64_t>(tensor_bytes(
                                              door_type(graph_.values[place].type), largest.dims[place])),
                                          "bytes");
    };
    for (const graph::Input &input : graph_.inputs)
        add(input.value);
    for (const graph::ValueId output : graph_.outputs)
        add(output);
}

interpreter::Rounding Program::rounding() const {
    if (info_.precision == VSMLRT_PRECISION_BF16)
        return [](float value) { return bfloat_to_float(float_to_bfloat(value)); };
    if (info_.precision == VSMLRT_PRECISION_FP16 && !is_half(graph_))
        return [](float value) { return half_to_float(float_to_half(value)); };
    return {};
}

std::vector<graph::Shape> Program::input_shapes(vsmlrt_extent extent) const {
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph_.inputs)
        shapes.push_back({1, input.dims[1].size.value_or(0), extent.height, extent.width});
    return shapes;
}

void Program::shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const {
    const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
    const auto tensor = [&](graph::ValueId value) {
        const auto place = static_cast<std::size_t>(value);
        return tensor_view(door_type(graph_.values[place].type), shapes.dims[place], nullptr);
    };
    std::transform(graph_.inputs.begin(), graph_.inputs.end(), inputs,
                   [&](const graph::Input &input) { return tensor(input.value); });
    std::transform(graph_.outputs.begin(), graph_.outputs.end(), outputs, tensor);
}

Context::Context(Program &program) : program_(program) {
    if (program.faults().memory != 0)
        throw DeviceError("reference: no memory for a context, as option fault.memory asks");
}

void Context::allocate(vsmlrt_extent extent) {
    const graph::Graph &graph = program_.graph();
    const std::vector<graph::Shape> shapes = program_.input_shapes(extent);
    interpreter_.reset();
    inputs_.clear();
    outputs_.clear();
    extent_ = {0, 0};
    interpreter::Interpreter made(graph, shapes, program_.rounding());
    for (std::size_t i = 0; i < shapes.size(); ++i)
        inputs_.emplace_back(door_type(graph.values[static_cast<std::size_t>(graph.inputs[i].value)].type),
                             shapes[i]);
    for (std::size_t i = 0; i < graph.outputs.size(); ++i)
        outputs_.emplace_back(door_type(made.output(i).type), made.output(i).dims);
    interpreter_.emplace(std::move(made));
    extent_ = extent;
}

void Context::bind(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) {
    frames_.reset();
    if (!interpreter_ || !same_extent(extent, extent_))
        allocate(extent);
    for (const HostTensor &tensor : inputs_)
        *inputs++ = tensor.view();
    for (const HostTensor &tensor : outputs_)
        *outputs++ = tensor.view();
}

} // namespace vsmlrt::reference
