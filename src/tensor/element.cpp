#include "tensor/element.h"

namespace vsmlrt {

const char *element_name(Element type) {
    switch (type) {
    case Element::f32:
        return "float32";
    case Element::u8:
        return "uint8";
    case Element::i8:
        return "int8";
    case Element::u16:
        return "uint16";
    case Element::i16:
        return "int16";
    case Element::i32:
        return "int32";
    case Element::i64:
        return "int64";
    case Element::string:
        return "string";
    case Element::boolean:
        return "bool";
    case Element::f16:
        return "float16";
    case Element::f64:
        return "float64";
    case Element::u32:
        return "uint32";
    case Element::u64:
        return "uint64";
    case Element::bf16:
        return "bfloat16";
    }
    return "unknown";
}

} // namespace vsmlrt
