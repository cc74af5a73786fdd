// Written field by field rather than through generated classes, so that weights go from where they
// lie straight into the file; what protozero leaves out by itself and readers need is put in here.
#include "base/checked.h"
#include "model/onnx.h"
#include "model/onnx_parts.h"

#include <protozero/pbf_builder.hpp>

#include <limits>

namespace vsmlrt::model {

using namespace onnx;

namespace {

template <typename Field>
using Builder = protozero::pbf_builder<Field>;

template <typename Field>
void write_tensor(Builder<Field> &parent, Field field, const Tensor &tensor) {
    Builder<TensorField> message(parent, field);
    message.add_packed_int64(TensorField::dims, tensor.dims.begin(), tensor.dims.end());
    message.add_int32(TensorField::data_type, static_cast<std::int32_t>(tensor.type));
    if (!tensor.name.empty())
        message.add_string(TensorField::name, tensor.name);
    message.add_bytes(TensorField::raw_data, view_of(*tensor.bytes));
}

// Writes one attribute's value with its type; the name is already there.
struct AttributeWriter {
    Builder<AttributeField> &message;

    void type(AttributeType value) const {
        message.add_enum(AttributeField::type, static_cast<std::int32_t>(value));
    }

    void operator()(std::int64_t value) const {
        message.add_int64(AttributeField::i, value);
        type(AttributeType::integer);
    }
    void operator()(float value) const {
        message.add_float(AttributeField::f, value);
        type(AttributeType::real);
    }
    void operator()(const std::string &value) const {
        message.add_bytes(AttributeField::s, value);
        type(AttributeType::string);
    }
    void operator()(const Tensor &value) const {
        write_tensor(message, AttributeField::t, value);
        type(AttributeType::tensor);
    }
    void operator()(const std::vector<std::int64_t> &values) const {
        for (const std::int64_t value : values)
            message.add_int64(AttributeField::ints, value);
        type(AttributeType::integers);
    }
    void operator()(const std::vector<float> &values) const {
        for (const float value : values)
            message.add_float(AttributeField::floats, value);
        type(AttributeType::reals);
    }
    void operator()(const std::vector<std::string> &values) const {
        for (const std::string &value : values)
            message.add_bytes(AttributeField::strings, value);
        type(AttributeType::strings);
    }
};

void write_attribute(Builder<NodeField> &node, const std::string &name, const Attribute &value) {
    if (const auto *raw = std::get_if<RawAttribute>(&value)) {
        node.add_message(NodeField::attribute, view_of(raw->message).data(), raw->message.size());
        return;
    }
    Builder<AttributeField> message(node, NodeField::attribute);
    message.add_string(AttributeField::name, name);
    std::visit(
        [&]<typename T>(const T &content) {
            if constexpr (!std::is_same_v<T, RawAttribute>)
                AttributeWriter{message}(content);
        },
        value);
}

void write_node(Builder<GraphField> &graph, const Node &node) {
    Builder<NodeField> message(graph, GraphField::node);
    for (const std::string &input : node.inputs)
        message.add_string(NodeField::input, input);
    for (const std::string &output : node.outputs)
        message.add_string(NodeField::output, output);
    if (!node.name.empty())
        message.add_string(NodeField::name, node.name);
    message.add_string(NodeField::op_type, node.op);
    for (const auto &[name, value] : node.attributes)
        write_attribute(message, name, value);
    if (!node.domain.empty())
        message.add_string(NodeField::domain, node.domain);
}

// protozero drops submessages that stay empty; an unknown dimension and the shape of a scalar are such
// messages, and the rank depends on them.
void write_dim(Builder<ShapeField> &shape, const Dim &dim) {
    if (!dim.size && dim.symbol.empty()) {
        shape.add_message(ShapeField::dim, std::string());
        return;
    }
    Builder<DimField> message(shape, ShapeField::dim);
    if (dim.size)
        message.add_int64(DimField::dim_value, *dim.size);
    else
        message.add_string(DimField::dim_param, dim.symbol);
}

void write_shape(Builder<TensorTypeField> &type, const std::vector<Dim> &dims) {
    if (dims.empty()) {
        type.add_message(TensorTypeField::shape, std::string());
        return;
    }
    Builder<ShapeField> shape(type, TensorTypeField::shape);
    for (const Dim &dim : dims)
        write_dim(shape, dim);
}

void write_value(Builder<GraphField> &graph, GraphField field, const Value &value) {
    Builder<ValueField> message(graph, field);
    message.add_string(ValueField::name, value.name);
    Builder<TypeField> kind(message, ValueField::type);
    Builder<TensorTypeField> type(kind, TypeField::tensor_type);
    type.add_int32(TensorTypeField::elem_type, static_cast<std::int32_t>(value.type));
    if (value.has_shape)
        write_shape(type, value.dims);
}

void write_opset(Builder<ModelField> &model, const std::string &domain, std::int64_t version) {
    Builder<OpsetField> message(model, ModelField::opset_import);
    message.add_string(OpsetField::domain, domain);
    message.add_int64(OpsetField::version, version);
}

void write_graph(Builder<ModelField> &model, const Network &network) {
    Builder<GraphField> graph(model, ModelField::graph);
    for (const Node &node : network.nodes)
        write_node(graph, node);
    graph.add_string(GraphField::name, network.name);
    for (const auto &[name, tensor] : network.initializers)
        write_tensor(graph, GraphField::initializer, tensor);
    for (const Value &input : network.inputs)
        write_value(graph, GraphField::input, input);
    for (const Value &output : network.outputs)
        write_value(graph, GraphField::output, output);
}

void check_size(std::int64_t bytes) {
    if (bytes > std::numeric_limits<std::int32_t>::max())
        throw BadModel(
            "the network has more than 2 GiB, which an ONNX file without external data cannot hold");
}

} // namespace

std::vector<std::byte> write_onnx(const Network &network) {
    std::int64_t weights = 0;
    for (const auto &[name, tensor] : network.initializers)
        weights =
            checked_add(weights, static_cast<std::int64_t>(tensor.bytes->size()), "size of the weights");
    check_size(weights);
    std::string file;
    file.reserve(static_cast<std::size_t>(weights) + 65536);
    Builder<ModelField> model(file);
    model.add_int64(ModelField::ir_version, network.ir_version);
    if (!network.producer.empty())
        model.add_string(ModelField::producer_name, network.producer);
    write_opset(model, "", network.opset);
    for (const auto &[domain, version] : network.domains)
        write_opset(model, domain, version);
    for (const auto &[key, value] : network.metadata) {
        Builder<PairField> pair(model, ModelField::metadata_props);
        pair.add_string(PairField::key, key);
        pair.add_string(PairField::value, value);
    }
    for (const auto &function : network.functions)
        model.add_message(ModelField::functions, view_of(function).data(), function.size());
    // Last, so that a file that was cut off anywhere is recognised.
    write_graph(model, network);
    check_size(static_cast<std::int64_t>(file.size()));
    const auto *first = reinterpret_cast<const std::byte *>(file.data());
    return {first, first + file.size()};
}

} // namespace vsmlrt::model
