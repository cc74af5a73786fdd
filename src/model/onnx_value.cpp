#include "model/onnx_value.h"

#include "base/error.h"
#include "model/onnx_format.h"

#include <protozero/pbf_message.hpp>

namespace vsmlrt::model::onnx {
namespace {

constexpr std::size_t maximum_rank = 64;

Dim read_dim(protozero::data_view view) {
    Dim dim;
    protozero::pbf_message<DimField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case varint_of(DimField::dim_value):
            dim = {message.get_int64(), {}};
            break;
        case bytes_of(DimField::dim_param):
            dim = {std::nullopt, message.get_string()};
            break;
        default:
            message.skip();
        }
    }
    if (dim.size && *dim.size < 0)
        dim.size.reset();
    return dim;
}

void read_shape(protozero::data_view view, Value &value) {
    value.has_shape = true;
    value.dims.clear();
    protozero::pbf_message<ShapeField> message(view);
    while (message.next(ShapeField::dim, Wire::length_delimited)) {
        if (value.dims.size() == maximum_rank)
            throw BadModel("\"", value.name, "\" has more than ", maximum_rank, " dimensions");
        value.dims.push_back(read_dim(message.get_view()));
    }
}

void read_tensor_type(protozero::data_view view, Value &value) {
    protozero::pbf_message<TensorTypeField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case varint_of(TensorTypeField::elem_type):
            value.type = static_cast<Element>(message.get_int32());
            break;
        case bytes_of(TensorTypeField::shape):
            read_shape(message.get_view(), value);
            break;
        default:
            message.skip();
        }
    }
}

} // namespace

Value read_value(protozero::data_view view) {
    Value value;
    value.type = static_cast<Element>(0);
    std::optional<protozero::data_view> type; // read last, when messages can name the value
    protozero::pbf_message<ValueField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(ValueField::name):
            value.name = message.get_string();
            break;
        case bytes_of(ValueField::type):
            type = message.get_view();
            break;
        default:
            message.skip();
        }
    }
    if (type) {
        protozero::pbf_message<TypeField> kind(*type);
        while (kind.next(TypeField::tensor_type, Wire::length_delimited))
            read_tensor_type(kind.get_view(), value);
    }
    if (value.type == static_cast<Element>(0))
        throw BadModel("\"", value.name, "\" is not declared as a tensor with an element type");
    return value;
}

} // namespace vsmlrt::model::onnx
