// A file states a tensor's elements in one of several fields, in any order and with sizes that need
// not agree: what it says is collected first and believed only when it fits its type and dimensions.
#include "model/onnx_tensor.h"

#include "base/checked.h"
#include "model/onnx_format.h"

#include <protozero/pbf_message.hpp>

#include <array>
#include <bit>
#include <charconv>

namespace vsmlrt::model::onnx {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensor bytes are taken from and given to files as they are");

constexpr std::size_t maximum_rank = 64;

using Message = protozero::pbf_message<TensorField>;

// The message's fields as they stand, before any of them is believed.
struct Fields {
    std::string name;
    std::int32_t type = 0;
    std::vector<std::int64_t> dims;
    std::optional<protozero::data_view> raw;
    std::vector<std::byte> typed; // elements from a typed field, converted
    bool external = false;
    bool segmented = false;
    std::map<std::string, std::string> location;
};

template <typename To>
void append(std::vector<std::byte> &bytes, To value) {
    const auto raw = std::bit_cast<std::array<std::byte, sizeof(To)>>(value);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

// One value of a typed field as an element of `type`; BadModel where the field cannot hold that type.
template <typename From>
void append_element(Fields &fields, From value) {
    const auto narrow = [&]<typename To>(To) {
        append(fields.typed, checked_cast<To>(value, "a value of a tensor"));
    };
    switch (static_cast<Element>(fields.type)) {
    case Element::u8:
        return narrow(std::uint8_t{});
    case Element::i8:
        return narrow(std::int8_t{});
    case Element::boolean:
        return append(fields.typed, std::uint8_t{value != 0});
    case Element::u16:
    case Element::f16:
    case Element::bf16:
        return narrow(std::uint16_t{});
    case Element::i16:
        return narrow(std::int16_t{});
    case Element::i32:
        return narrow(std::int32_t{});
    case Element::u32:
        return narrow(std::uint32_t{});
    case Element::i64:
        return narrow(std::int64_t{});
    case Element::u64:
        return narrow(std::uint64_t{});
    default:
        throw BadModel("tensor \"", fields.name, "\": its data field does not hold values of its type");
    }
}

void append_element(Fields &fields, float value) {
    if (static_cast<Element>(fields.type) != Element::f32)
        throw BadModel("tensor \"", fields.name, "\": its data field does not hold values of its type");
    append(fields.typed, value);
}

void append_element(Fields &fields, double value) {
    if (static_cast<Element>(fields.type) != Element::f64)
        throw BadModel("tensor \"", fields.name, "\": its data field does not hold values of its type");
    append(fields.typed, value);
}

template <typename Range>
void append_elements(Fields &fields, const Range &range) {
    for (const auto value : range)
        append_element(fields, value);
}

void add_dim(Fields &fields, std::int64_t dim) {
    if (fields.dims.size() == maximum_rank)
        throw BadModel("tensor \"", fields.name, "\" has more than ", maximum_rank, " dimensions");
    fields.dims.push_back(dim);
}

void read_location(Fields &fields, protozero::data_view view) {
    protozero::pbf_message<PairField> pair(view);
    std::string key;
    std::string value;
    while (pair.next()) {
        switch (pair.tag_and_type()) {
        case bytes_of(PairField::key):
            key = pair.get_string();
            break;
        case bytes_of(PairField::value):
            value = pair.get_string();
            break;
        default:
            pair.skip();
        }
    }
    fields.location[key] = value;
}

// What describes the tensor. Type and name come before the data in no fixed order, so data is read in a
// second pass.
Fields read_description(Message message) {
    Fields fields;
    while (message.next()) {
        switch (message.tag_and_type()) {
        case varint_of(TensorField::dims):
            add_dim(fields, message.get_int64());
            break;
        case bytes_of(TensorField::dims):
            for (const std::int64_t dim : message.get_packed_int64())
                add_dim(fields, dim);
            break;
        case varint_of(TensorField::data_type):
            fields.type = message.get_int32();
            break;
        case bytes_of(TensorField::name):
            fields.name = message.get_string();
            break;
        case bytes_of(TensorField::raw_data):
            fields.raw = message.get_view();
            break;
        case bytes_of(TensorField::external_data):
            read_location(fields, message.get_view());
            break;
        case varint_of(TensorField::data_location):
            fields.external = message.get_enum() == 1;
            break;
        case bytes_of(TensorField::segment):
            fields.segmented = true;
            message.skip();
            break;
        default:
            message.skip();
        }
    }
    return fields;
}

void read_typed_data(Message message, Fields &fields) {
    while (message.next()) {
        switch (message.tag_and_type()) {
        case fixed32_of(TensorField::float_data):
            append_element(fields, message.get_float());
            break;
        case bytes_of(TensorField::float_data):
            append_elements(fields, message.get_packed_float());
            break;
        case fixed64_of(TensorField::double_data):
            append_element(fields, message.get_double());
            break;
        case bytes_of(TensorField::double_data):
            append_elements(fields, message.get_packed_double());
            break;
        case varint_of(TensorField::int32_data):
            append_element(fields, message.get_int32());
            break;
        case bytes_of(TensorField::int32_data):
            append_elements(fields, message.get_packed_int32());
            break;
        case varint_of(TensorField::int64_data):
            append_element(fields, message.get_int64());
            break;
        case bytes_of(TensorField::int64_data):
            append_elements(fields, message.get_packed_int64());
            break;
        case varint_of(TensorField::uint64_data):
            append_element(fields, message.get_uint64());
            break;
        case bytes_of(TensorField::uint64_data):
            append_elements(fields, message.get_packed_uint64());
            break;
        default:
            message.skip();
        }
    }
}

std::int64_t location_number(const Fields &fields, const char *key, std::int64_t fallback) {
    const auto found = fields.location.find(key);
    if (found == fields.location.end())
        return fallback;
    const std::string &digits = found->second;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0)
        throw BadModel("tensor \"", fields.name, "\": external data's ", key, " is not a size: \"", digits,
                       "\"");
    return value;
}

std::vector<std::byte> external_bytes(const Fields &fields, std::int64_t expected, ExternalData &external) {
    const auto location = fields.location.find("location");
    if (location == fields.location.end())
        throw BadModel("tensor \"", fields.name, "\": external data without a location");
    const std::int64_t length = location_number(fields, "length", expected);
    if (length != expected)
        throw BadModel("tensor \"", fields.name, "\": ", length, " bytes of external data for ", expected);
    const auto bytes = external.slice(location->second, location_number(fields, "offset", 0), expected);
    return {bytes.begin(), bytes.end()};
}

std::int64_t expected_bytes(const Fields &fields) {
    auto bytes = static_cast<std::int64_t>(element_size(static_cast<Element>(fields.type)));
    if (bytes == 0)
        throw BadModel("tensor \"", fields.name, "\" has elements of type ", fields.type,
                       ", which is not supported");
    for (const std::int64_t dim : fields.dims) {
        if (dim < 0)
            throw BadModel("tensor \"", fields.name, "\" has the negative dimension ", dim);
        bytes = checked_mul(bytes, dim, "size of a tensor");
    }
    return bytes;
}

} // namespace

bool is_readable_tensor(protozero::data_view message) {
    std::int32_t type = 0;
    for (Message fields(message); fields.next();) {
        if (fields.tag_and_type() == varint_of(TensorField::data_type))
            type = fields.get_int32();
        else
            fields.skip();
    }
    return element_size(static_cast<Element>(type)) != 0;
}

Tensor read_tensor(protozero::data_view message, ExternalData &external) {
    Fields fields = read_description(Message(message));
    const std::int64_t expected = expected_bytes(fields);
    if (fields.segmented)
        throw BadModel("tensor \"", fields.name, "\" is stored in segments, which is not supported");
    std::vector<std::byte> bytes;
    if (fields.external) {
        bytes = external_bytes(fields, expected, external);
    } else if (fields.raw) {
        const auto *first = reinterpret_cast<const std::byte *>(fields.raw->data());
        bytes.assign(first, first + fields.raw->size());
    } else {
        read_typed_data(Message(message), fields);
        bytes = std::move(fields.typed);
    }
    if (static_cast<std::int64_t>(bytes.size()) != expected)
        throw BadModel("tensor \"", fields.name, "\": its dimensions need ", expected, " bytes, ",
                       bytes.size(), " are there");
    return {std::move(fields.name), static_cast<Element>(fields.type), std::move(fields.dims),
            std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
}

} // namespace vsmlrt::model::onnx
