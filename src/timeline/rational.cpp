#include "timeline/rational.h"

#include "base/error.h"

#include <limits>

namespace vsmlrt::timeline {
namespace {

Wide greatest_common_divisor(Wide a, Wide b) {
    if (a < 0)
        a = -a;
    while (b != 0) {
        const Wide rest = a % b;
        a = b;
        b = rest < 0 ? -rest : rest;
    }
    return a;
}

std::int64_t narrowed(Wide value) {
    if (value > std::numeric_limits<std::int64_t>::max() || value < std::numeric_limits<std::int64_t>::min())
        throw BadArgument("the durations, times and factor of this clip have no common time base that 64 "
                          "bits can hold; give the clip simpler durations (std.AssumeFPS) or a simpler "
                          "factor");
    return static_cast<std::int64_t>(value);
}

} // namespace

Rational reduced(Wide num, Wide den) {
    const Wide common = greatest_common_divisor(num, den) * (den < 0 ? -1 : 1);
    return {narrowed(num / common), narrowed(den / common)};
}

Rational operator+(const Rational &a, const Rational &b) {
    const Wide common = greatest_common_divisor(a.den, b.den);
    const Wide left = Wide{a.num} * (b.den / common);
    const Wide right = Wide{b.num} * (a.den / common);
    return reduced(left + right, Wide{a.den} * (b.den / common));
}

Rational operator-(const Rational &a, const Rational &b) {
    const Wide common = greatest_common_divisor(a.den, b.den);
    const Wide left = Wide{a.num} * (b.den / common);
    const Wide right = Wide{b.num} * (a.den / common);
    return reduced(left - right, Wide{a.den} * (b.den / common));
}

Rational operator*(const Rational &a, const Rational &b) {
    return reduced(Wide{a.num} * b.num, Wide{a.den} * b.den);
}

Rational operator/(const Rational &a, const Rational &b) {
    return reduced(Wide{a.num} * b.den, Wide{a.den} * b.num);
}

std::strong_ordering operator<=>(const Rational &a, const Rational &b) {
    const Wide left = Wide{a.num} * b.den;
    const Wide right = Wide{b.num} * a.den;
    return left < right   ? std::strong_ordering::less
           : left > right ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

double to_double(const Rational &value) {
    return static_cast<double>(value.num) / static_cast<double>(value.den);
}

std::string to_text(const Rational &value) {
    return value.den == 1 ? std::to_string(value.num) : text(value.num, "/", value.den);
}

} // namespace vsmlrt::timeline
