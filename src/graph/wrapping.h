// Arithmetic that wraps on integers, as every runtime's does, without C++'s undefined overflow; plain on
// reals.
#pragma once

#include <cstdint>
#include <type_traits>

namespace vsmlrt::graph {

template <typename C>
[[nodiscard]] constexpr C wrapping_add(C a, C b) {
    if constexpr (std::is_integral_v<C>)
        return static_cast<C>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    else
        return a + b;
}

template <typename C>
[[nodiscard]] constexpr C wrapping_sub(C a, C b) {
    if constexpr (std::is_integral_v<C>)
        return static_cast<C>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
    else
        return a - b;
}

template <typename C>
[[nodiscard]] constexpr C wrapping_mul(C a, C b) {
    if constexpr (std::is_integral_v<C>)
        return static_cast<C>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    else
        return a * b;
}

} // namespace vsmlrt::graph
