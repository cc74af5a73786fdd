// Exact fractions: durations and times in seconds, positions in frames, factors.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace vsmlrt::timeline {

__extension__ typedef __int128 Wide;

// In lowest terms, den > 0.
struct Rational {
    std::int64_t num = 0;
    std::int64_t den = 1;

    friend bool operator==(const Rational &, const Rational &) = default;
};

// num / den reduced; den != 0. All arithmetic is exact: BadArgument where a result in lowest terms does not
// fit 64 bits.
[[nodiscard]] Rational reduced(Wide num, Wide den);

[[nodiscard]] Rational operator+(const Rational &a, const Rational &b);
[[nodiscard]] Rational operator-(const Rational &a, const Rational &b);
[[nodiscard]] Rational operator*(const Rational &a, const Rational &b);
[[nodiscard]] Rational operator/(const Rational &a, const Rational &b); // b != 0
[[nodiscard]] std::strong_ordering operator<=>(const Rational &a, const Rational &b);

[[nodiscard]] double to_double(const Rational &value);
[[nodiscard]] std::string to_text(const Rational &value); // "5", "5/2"

// The smallest integer >= num / den, for num >= 0 and den > 0.
[[nodiscard]] constexpr Wide ceil_div(Wide num, Wide den) {
    return num / den + (num % den != 0 ? 1 : 0);
}

} // namespace vsmlrt::timeline
