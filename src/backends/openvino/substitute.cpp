// OpenVINO hands over tensors; everything else (lowering, shapes, contents of parameters) is done for the one
// node as the reference backend does it for a network. Operands but the first are constants of the node's
// graph: most say where elements go, and the shape of the result follows from them.
#include "backends/openvino/substitute.h"

#include "base/error.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "model/onnx.h"

#include <algorithm>
#include <openvino/frontend/onnx/extension/conversion.hpp>
#include <openvino/op/constant.hpp>
#include <optional>

namespace vsmlrt::openvino {
namespace {

constexpr const char *attribute = "network";

// By the names that both give to a type.
constexpr std::pair<Element, ov::element::Type_t> type_names[] = {
    {Element::f32, ov::element::Type_t::f32},        {Element::f16, ov::element::Type_t::f16},
    {Element::bf16, ov::element::Type_t::bf16},      {Element::f64, ov::element::Type_t::f64},
    {Element::i64, ov::element::Type_t::i64},        {Element::i32, ov::element::Type_t::i32},
    {Element::i16, ov::element::Type_t::i16},        {Element::i8, ov::element::Type_t::i8},
    {Element::u64, ov::element::Type_t::u64},        {Element::u32, ov::element::Type_t::u32},
    {Element::u16, ov::element::Type_t::u16},        {Element::u8, ov::element::Type_t::u8},
    {Element::boolean, ov::element::Type_t::boolean}};

Element ours(const ov::element::Type &theirs) {
    for (const auto &[element, type] : type_names)
        if (type == theirs)
            return element;
    throw Unsupported("values of type ", theirs.get_type_name());
}

ov::element::Type theirs(Element ours) {
    for (const auto &[element, type] : type_names)
        if (element == ours)
            return type;
    throw Unsupported("values of type ", element_name(ours));
}

model::Tensor tensor_of(Element type, const ov::Shape &shape, const void *data, std::size_t bytes) {
    const auto *const begin = static_cast<const std::byte *>(data);
    return {{},
            type,
            {shape.begin(), shape.end()},
            std::make_shared<const std::vector<std::byte>>(begin, begin + bytes)};
}

// The node as a graph. The operands whose contents are given are constants in it.
graph::Graph graph_of(const model::Network &node, const std::vector<Element> &types,
                      std::vector<std::optional<model::Tensor>> contents) {
    model::Network network = node;
    std::vector<model::Value> inputs;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        model::Value &input = network.inputs[i];
        input.type = types[i];
        if (contents[i]) {
            contents[i]->name = input.name;
            network.initializers.emplace(input.name, std::move(*contents[i]));
        } else {
            inputs.push_back(input);
        }
    }
    network.inputs = std::move(inputs);
    return graph::lower(network);
}

std::vector<Element> types_of(const ov::OutputVector &values) {
    std::vector<Element> types;
    for (const ov::Output<ov::Node> &value : values)
        types.push_back(ours(value.get_element_type()));
    return types;
}

// Sizes that the first operand may have, from below or from above. Where there is no bound, `trial`.
graph::Shape bound(const ov::PartialShape &shape, bool upper, std::int64_t trial) {
    graph::Shape dims;
    for (const ov::Dimension &dim : shape) {
        const bool open = dim.get_max_length() < 0;
        dims.push_back(open    ? trial
                       : upper ? dim.get_max_length()
                               : std::max<std::int64_t>(dim.get_min_length(), 1));
    }
    return dims;
}

bool is_open(const ov::PartialShape &shape) {
    return std::any_of(shape.begin(), shape.end(),
                       [](const ov::Dimension &dim) { return dim.get_max_length() < 0; });
}

// Between the results at the two ends; without bounds where the operand has none.
ov::PartialShape between(const graph::Shape &low, const graph::Shape &high, bool open) {
    if (low.size() != high.size())
        return ov::PartialShape::dynamic();
    ov::PartialShape shape;
    for (std::size_t axis = 0; axis < low.size(); ++axis) {
        const auto [least, most] = std::minmax(low[axis], high[axis]);
        shape.push_back(least == most ? ov::Dimension(least)
                        : open        ? ov::Dimension::dynamic()
                                      : ov::Dimension(least, most));
    }
    return shape;
}

std::vector<graph::Shape> result_shapes(const graph::Graph &graph, const std::vector<graph::Shape> &inputs) {
    const graph::Shapes shapes = graph::infer(graph, inputs);
    std::vector<graph::Shape> results;
    for (const graph::ValueId output : graph.outputs)
        results.push_back(shapes.dims[static_cast<std::size_t>(output)]);
    return results;
}

ov::OutputVector convert(const ov::frontend::NodeContext &context) {
    const auto bytes = context.get_attribute<std::string>(attribute);
    const auto *const begin = reinterpret_cast<const std::byte *>(bytes.data());
    ov::OutputVector inputs;
    for (std::size_t i = 0; i < context.get_input_size(); ++i)
        inputs.push_back(context.get_input(static_cast<int>(i)));
    return std::make_shared<Substitute>(
               inputs, std::make_shared<const model::Network>(model::read_onnx({begin, bytes.size()})))
        ->outputs();
}

} // namespace

model::Node substitute_node(const model::Node &node, std::int64_t opset) {
    model::Network network;
    network.opset = opset;
    network.nodes = {node};
    model::Node substitute{node.name, "Substitute", substitute_domain, {}, node.outputs, {}};
    for (const std::string &input : node.inputs) {
        if (input.empty() || std::count(substitute.inputs.begin(), substitute.inputs.end(), input) != 0)
            continue;
        substitute.inputs.push_back(input);
        network.inputs.push_back({input, Element::f32, false, {}});
    }
    for (const std::string &output : node.outputs)
        network.outputs.push_back({output, Element::f32, false, {}});
    const std::vector<std::byte> bytes = model::write_onnx(network);
    substitute.attributes[attribute] =
        std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return substitute;
}

std::shared_ptr<ov::Extension> substitute_extension() {
    return std::make_shared<ov::frontend::onnx::ConversionExtension>("Substitute", substitute_domain,
                                                                     convert);
}

Substitute::Substitute(const ov::OutputVector &inputs, std::shared_ptr<const model::Network> network)
    : OwnOperator(inputs, nullptr), network_(std::move(network)) {
    constructor_validate_and_infer_types();
}

void Substitute::validate_and_infer_types() {
    const ov::PartialShape &picture = get_input_partial_shape(0);
    bool known = picture.rank().is_static();
    std::vector<std::optional<model::Tensor>> contents(get_input_size());
    std::vector<graph::Shape> low(1);
    std::vector<graph::Shape> high(1);
    const std::vector<Element> types = types_of(input_values());
    for (std::size_t i = 1; i < get_input_size(); ++i) {
        const auto constant = ov::as_type<ov::op::v0::Constant>(get_input_node_ptr(i));
        known = known && constant;
        if (constant)
            contents[i] = tensor_of(types[i], constant->get_shape(), constant->get_data_ptr(),
                                    constant->get_byte_size());
    }
    const graph::Graph graph = graph_of(*network_, types, contents);
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        const auto place = static_cast<std::size_t>(graph.outputs[i]);
        set_output_type(i, theirs(graph.values[place].type), ov::PartialShape::dynamic(picture.rank()));
    }
    if (!known)
        return;
    const bool open = is_open(picture);
    low[0] = bound(picture, false, 64);
    high[0] = bound(picture, true, 128);
    try {
        const auto smallest = result_shapes(graph, low);
        const auto largest = result_shapes(graph, high);
        for (std::size_t i = 0; i < graph.outputs.size(); ++i)
            set_output_type(i, get_output_element_type(i), between(smallest[i], largest[i], open));
    } catch (const BadModel &) {
        if (!open) // else the trial's sizes are not those of this network
            throw;
    }
}

std::shared_ptr<ov::Node> Substitute::clone_with_new_inputs(const ov::OutputVector &inputs) const {
    return std::make_shared<Substitute>(inputs, network_);
}

bool Substitute::evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const {
    std::vector<Element> types;
    std::vector<std::optional<model::Tensor>> contents;
    for (const ov::Tensor &input : inputs) {
        types.push_back(ours(input.get_element_type()));
        contents.emplace_back();
        if (contents.size() > 1)
            contents.back() = tensor_of(types.back(), input.get_shape(), input.data(), input.get_byte_size());
    }
    const graph::Graph graph = graph_of(*network_, types, std::move(contents));
    const ov::Shape &shape = inputs[0].get_shape();
    const std::vector<graph::Shape> dims = {{shape.begin(), shape.end()}};
    interpreter::Interpreter interpreter(graph, dims);
    std::vector<std::byte *> results;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::Shape result = interpreter.output(i).dims;
        outputs[i].set_shape({result.begin(), result.end()});
        results.push_back(static_cast<std::byte *>(outputs[i].data()));
    }
    const auto *const picture = static_cast<const std::byte *>(inputs[0].data());
    interpreter.run(std::span(&picture, 1), results);
    return true;
}

// The interpreter computes in double, and holds what goes in and comes out of a step twice over.
std::int64_t Substitute::workspace_bytes(int /*threads*/) const {
    std::int64_t elements = 0;
    const auto add = [&](const ov::PartialShape &shape) {
        std::int64_t product = 1;
        if (shape.rank().is_static())
            for (const ov::Dimension &dim : shape)
                product *= std::max<std::int64_t>(dim.get_max_length(), 1);
        elements += product;
    };
    add(get_input_partial_shape(0));
    for (std::size_t i = 0; i < get_output_size(); ++i)
        add(get_output_partial_shape(i));
    return elements * 2 * static_cast<std::int64_t>(sizeof(double));
}

} // namespace vsmlrt::openvino
