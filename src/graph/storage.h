// Element types as C++ types: with_storage(type, f) calls f(T{}) with the type that holds one element.
//
// Operators compute on double (floating point) or std::int64_t (integers and booleans) whatever they store,
// and round once when they store: that is what makes one implementation exact for every element type.
#pragma once

#include "base/error.h"
#include "graph/view.h"
#include "tensor/half.h"

#include <cmath>
#include <limits>
#include <type_traits>

namespace vsmlrt::graph {

struct Half {
    std::uint16_t bits = 0;
};
struct Bfloat {
    std::uint16_t bits = 0;
};

[[nodiscard]] constexpr bool is_real(Element type) {
    return type == Element::f32 || type == Element::f16 || type == Element::bf16 || type == Element::f64;
}

template <typename F>
decltype(auto) with_storage(Element type, F &&f) {
    switch (type) {
    case Element::f32:
        return f(float{});
    case Element::f16:
        return f(Half{});
    case Element::bf16:
        return f(Bfloat{});
    case Element::f64:
        return f(double{});
    case Element::i64:
        return f(std::int64_t{});
    case Element::i32:
        return f(std::int32_t{});
    case Element::i16:
        return f(std::int16_t{});
    case Element::i8:
        return f(std::int8_t{});
    case Element::boolean:
    case Element::u8:
        return f(std::uint8_t{});
    case Element::u16:
        return f(std::uint16_t{});
    case Element::u32:
        return f(std::uint32_t{});
    case Element::u64:
        return f(std::uint64_t{});
    case Element::string:
        break;
    }
    throw Unsupported("elements of type ", element_name(type), " cannot be computed with");
}

template <typename C, typename T>
[[nodiscard]] C load(T stored) {
    if constexpr (std::is_same_v<T, Half>)
        return static_cast<C>(half_to_float(stored.bits));
    else if constexpr (std::is_same_v<T, Bfloat>)
        return static_cast<C>(bfloat_to_float(stored.bits));
    else
        return static_cast<C>(stored);
}

// Real to integer truncates and saturates; NaN becomes 0.
template <typename T, typename C>
[[nodiscard]] T store(C value) {
    if constexpr (std::is_same_v<T, Half>) {
        return {float_to_half(static_cast<float>(value))};
    } else if constexpr (std::is_same_v<T, Bfloat>) {
        return {float_to_bfloat(static_cast<float>(value))};
    } else if constexpr (std::is_integral_v<T> && std::is_floating_point_v<C>) {
        if (std::isnan(value))
            return 0;
        if (value <= static_cast<double>(std::numeric_limits<T>::min()))
            return std::numeric_limits<T>::min();
        if (value >= static_cast<double>(std::numeric_limits<T>::max()))
            return std::numeric_limits<T>::max();
        return static_cast<T>(value);
    } else {
        return static_cast<T>(value);
    }
}

// All elements of a tensor as C (double, float or std::int64_t).
template <typename C>
[[nodiscard]] std::vector<C> widen(const ConstView &tensor);

// Stores all of `values`, rounded to the tensor's type.
template <typename C>
void narrow(std::span<const C> values, const View &tensor);

} // namespace vsmlrt::graph
