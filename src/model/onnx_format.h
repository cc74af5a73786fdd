// Field numbers of the ONNX messages that this project reads and writes.
// Source: the public format description, onnx/onnx.proto (IR versions 3 to 13).
#pragma once

#include <protozero/types.hpp>

namespace vsmlrt::model::onnx {

using Tag = protozero::pbf_tag_type;
using Wire = protozero::pbf_wire_type;

enum class ModelField : Tag {
    ir_version = 1,
    producer_name = 2,
    graph = 7,
    opset_import = 8,
    metadata_props = 14,
    functions = 25
};
enum class FunctionField : Tag {
    name = 1,
    input = 4,
    output = 5,
    node = 7,
    opset_import = 9,
    domain = 10,
    attribute_proto = 11
};
enum class OpsetField : Tag { domain = 1, version = 2 };
enum class PairField : Tag { key = 1, value = 2 };
enum class GraphField : Tag {
    node = 1,
    name = 2,
    initializer = 5,
    input = 11,
    output = 12,
    sparse_initializer = 15
};
enum class NodeField : Tag {
    input = 1,
    output = 2,
    name = 3,
    op_type = 4,
    attribute = 5,
    domain = 7,
    overload = 8
};
enum class AttributeField : Tag {
    name = 1,
    f = 2,
    i = 3,
    s = 4,
    t = 5,
    g = 6,
    floats = 7,
    ints = 8,
    strings = 9,
    graphs = 11,
    type = 20,
    ref_attr_name = 21, // of the call's attribute that it stands for, in a function's node
    sparse_tensor = 22
};
enum class TensorField : Tag {
    dims = 1,
    data_type = 2,
    segment = 3,
    float_data = 4,
    int32_data = 5,
    int64_data = 7,
    name = 8,
    raw_data = 9,
    double_data = 10,
    uint64_data = 11,
    external_data = 13,
    data_location = 14
};
enum class SparseField : Tag { values = 1, indices = 2, dims = 3 };
enum class ValueField : Tag { name = 1, type = 2 };
enum class TypeField : Tag { tensor_type = 1 };
enum class TensorTypeField : Tag { elem_type = 1, shape = 2 };
enum class ShapeField : Tag { dim = 1 };
enum class DimField : Tag { dim_value = 1, dim_param = 2 };

// AttributeProto.AttributeType; 0 where an old file leaves it out. Other kinds are carried through unread.
enum class AttributeType : std::int32_t {
    undefined = 0,
    real = 1,
    integer = 2,
    string = 3,
    tensor = 4,
    reals = 6,
    integers = 7,
    strings = 8,
    sparse_tensor = 11
};

// A field together with the wire type that it has, for `switch (message.tag_and_type())`: a known field
// number with another wire type is an unknown field, as in every protobuf reader.
template <typename Field>
constexpr std::uint32_t bytes_of(Field field) {
    return protozero::tag_and_type(field, Wire::length_delimited);
}
template <typename Field>
constexpr std::uint32_t varint_of(Field field) {
    return protozero::tag_and_type(field, Wire::varint);
}
template <typename Field>
constexpr std::uint32_t fixed32_of(Field field) {
    return protozero::tag_and_type(field, Wire::fixed32);
}
template <typename Field>
constexpr std::uint32_t fixed64_of(Field field) {
    return protozero::tag_and_type(field, Wire::fixed64);
}

} // namespace vsmlrt::model::onnx
