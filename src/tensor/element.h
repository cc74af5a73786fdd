// Element types of the tensors inside networks. Values are those of ONNX TensorProto.DataType
// (onnx/onnx.proto, field numbers of the public format).
#pragma once

#include <cstddef>
#include <cstdint>

namespace vsmlrt {

enum class Element : std::int32_t {
    f32 = 1,
    u8 = 2,
    i8 = 3,
    u16 = 4,
    i16 = 5,
    i32 = 6,
    i64 = 7,
    string = 8,
    boolean = 9,
    f16 = 10,
    f64 = 11,
    u32 = 12,
    u64 = 13,
    bf16 = 16,
};

// Bytes of one element; 0 for types that have no fixed size here (strings, types this project does not know).
[[nodiscard]] constexpr std::size_t element_size(Element type) {
    switch (type) {
    case Element::u8:
    case Element::i8:
    case Element::boolean:
        return 1;
    case Element::u16:
    case Element::i16:
    case Element::f16:
    case Element::bf16:
        return 2;
    case Element::f32:
    case Element::i32:
    case Element::u32:
        return 4;
    case Element::i64:
    case Element::f64:
    case Element::u64:
        return 8;
    case Element::string:
        break;
    }
    return 0;
}

[[nodiscard]] const char *
element_name(Element type); // "float32", ...; "type N" never: unknown gives "unknown"

} // namespace vsmlrt
