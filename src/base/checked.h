// Integer arithmetic on sizes that come from files: overflow is an error, never a wrap.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <utility>

namespace vsmlrt {

// a * b and a + b of non-negative integers; `what` names the quantity in the error.
[[nodiscard]] inline std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char *what) {
    std::int64_t result = 0;
    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &result))
        throw BadModel(what, ": ", a, " x ", b, " is not a size that memory can hold");
    return result;
}

[[nodiscard]] inline std::int64_t checked_add(std::int64_t a, std::int64_t b, const char *what) {
    std::int64_t result = 0;
    if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &result))
        throw BadModel(what, ": ", a, " + ", b, " is not a size that memory can hold");
    return result;
}

// Narrowing that may not lose anything.
template <typename To, typename From>
[[nodiscard]] To checked_cast(From value, const char *what) {
    if (!std::in_range<To>(value))
        throw BadModel(what, ": ", value, " is out of range");
    return static_cast<To>(value);
}

// The smallest multiple of `multiple` (> 0) that is not below `value` (>= 0).
[[nodiscard]] constexpr int round_up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

} // namespace vsmlrt
