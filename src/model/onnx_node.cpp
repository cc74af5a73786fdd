// Attributes are read by the kind that the message says it has: a field
// of another kind is a broken file and must not pass for a default.
#include "model/onnx_node.h"

#include "base/error.h"
#include "model/onnx_format.h"
#include "model/onnx_sparse.h"
#include "model/onnx_tensor.h"

#include <protozero/pbf_message.hpp>

namespace vsmlrt::model::onnx {
namespace {

using Message = protozero::pbf_message<AttributeField>;

// Every kind that is read, as far as the message has it; `type` says which one counts.
struct Fields {
    std::string name;
    AttributeType type = AttributeType::undefined;
    std::optional<float> real;
    std::optional<std::int64_t> integer;
    std::optional<std::string> string;
    std::optional<protozero::data_view> tensor;
    std::optional<protozero::data_view> sparse;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
    std::vector<std::string> strings;
};

// One field of a list kind; false if it is none.
bool read_list_field(Message &message, Fields &fields) {
    switch (message.tag_and_type()) {
    case fixed32_of(AttributeField::floats):
        fields.reals.push_back(message.get_float());
        return true;
    case bytes_of(AttributeField::floats):
        for (const float value : message.get_packed_float())
            fields.reals.push_back(value);
        return true;
    case varint_of(AttributeField::ints):
        fields.integers.push_back(message.get_int64());
        return true;
    case bytes_of(AttributeField::ints):
        for (const std::int64_t value : message.get_packed_int64())
            fields.integers.push_back(value);
        return true;
    case bytes_of(AttributeField::strings):
        fields.strings.push_back(message.get_string());
        return true;
    default:
        return false;
    }
}

Fields read_fields(Message message) {
    Fields fields;
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(AttributeField::name):
            fields.name = message.get_string();
            break;
        case varint_of(AttributeField::type):
            fields.type = static_cast<AttributeType>(message.get_enum());
            break;
        case fixed32_of(AttributeField::f):
            fields.real = message.get_float();
            break;
        case varint_of(AttributeField::i):
            fields.integer = message.get_int64();
            break;
        case bytes_of(AttributeField::s):
            fields.string = message.get_string();
            break;
        case bytes_of(AttributeField::t):
            fields.tensor = message.get_view();
            break;
        case bytes_of(AttributeField::sparse_tensor):
            fields.sparse = message.get_view();
            break;
        default:
            if (!read_list_field(message, fields))
                message.skip();
        }
    }
    return fields;
}

// Files of the first IR versions leave the type out: it is the field that is there.
AttributeType type_of(const Fields &fields) {
    if (fields.type != AttributeType::undefined)
        return fields.type;
    if (fields.real)
        return AttributeType::real;
    if (fields.integer)
        return AttributeType::integer;
    if (fields.string)
        return AttributeType::string;
    if (fields.tensor)
        return AttributeType::tensor;
    if (fields.sparse)
        return AttributeType::sparse_tensor;
    if (!fields.reals.empty())
        return AttributeType::reals;
    if (!fields.integers.empty())
        return AttributeType::integers;
    return fields.strings.empty() ? AttributeType::undefined : AttributeType::strings;
}

RawAttribute raw(protozero::data_view message) {
    const auto *first = reinterpret_cast<const std::byte *>(message.data());
    return {{first, first + message.size()}};
}

// A scalar that equals the format's default may be left out of the message.
Attribute value_of(Fields &fields, protozero::data_view message, ExternalData &external) {
    switch (type_of(fields)) {
    case AttributeType::real:
        return fields.real.value_or(0.0F);
    case AttributeType::integer:
        return fields.integer.value_or(0);
    case AttributeType::string:
        return std::move(fields.string).value_or(std::string());
    case AttributeType::tensor:
        if (!fields.tensor)
            throw BadModel("attribute \"", fields.name, "\" is a tensor without content");
        if (!is_readable_tensor(*fields.tensor))
            return raw(message);
        return read_tensor(*fields.tensor, external);
    case AttributeType::reals:
        return std::move(fields.reals);
    case AttributeType::integers:
        return std::move(fields.integers);
    case AttributeType::strings:
        return std::move(fields.strings);
    case AttributeType::sparse_tensor:
        if (!fields.sparse)
            throw BadModel("attribute \"", fields.name, "\" is a sparse tensor without content");
        return read_sparse_tensor(*fields.sparse, external);
    case AttributeType::undefined:
        break;
    }
    return raw(message);
}

// A Constant's sparse tensor has been written out, and is its value like any other.
void write_out_constant(Node &node) {
    if (node.op != "Constant" || !node.domain.empty())
        return;
    const auto sparse = node.attributes.find("sparse_value");
    if (sparse == node.attributes.end())
        return;
    if (std::holds_alternative<Tensor>(sparse->second))
        node.attributes.rename("sparse_value", "value");
    else
        node.attributes.erase("sparse_value");
}

} // namespace

void read_attribute(Node &node, protozero::data_view message, ExternalData &external) {
    Fields fields = read_fields(Message(message));
    if (fields.name.empty())
        throw BadModel(node.label(), " has an attribute without a name");
    const std::string name = fields.name;
    if (!node.attributes.add(name, value_of(fields, message, external)))
        throw BadModel(node.label(), " has the attribute \"", name, "\" twice");
}

Node read_node(protozero::data_view view, ExternalData &external) {
    Node node;
    std::vector<protozero::data_view> attributes; // read last, when messages can name the node
    protozero::pbf_message<NodeField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(NodeField::input):
            node.inputs.push_back(message.get_string());
            break;
        case bytes_of(NodeField::output):
            node.outputs.push_back(message.get_string());
            break;
        case bytes_of(NodeField::name):
            node.name = message.get_string();
            break;
        case bytes_of(NodeField::op_type):
            node.op = message.get_string();
            break;
        case bytes_of(NodeField::domain):
            node.domain = message.get_string();
            break;
        case bytes_of(NodeField::attribute):
            attributes.push_back(message.get_view());
            break;
        case bytes_of(NodeField::overload):
            if (message.get_view().size() != 0)
                throw BadModel("node \"", node.name,
                               "\" calls an overloaded function, which is not supported");
            break;
        default:
            message.skip();
        }
    }
    if (node.op.empty())
        throw BadModel("node \"", node.name, "\" has no operator");
    if (node.domain == "ai.onnx")
        node.domain.clear();
    for (const protozero::data_view attribute : attributes)
        read_attribute(node, attribute, external);
    write_out_constant(node);
    return node;
}

} // namespace vsmlrt::model::onnx
