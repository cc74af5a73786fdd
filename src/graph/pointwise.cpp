// One table for names, formulas and defaults: an operator that
// stands in it is lowered, inferred and computed alike everywhere.
#include "graph/pointwise.h"

#include "base/error.h"
#include "graph/wrapping.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}
// log(1 + exp(x)) without overflow.
double softplus(double x) {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

// NaN goes through a minimum or maximum, as in ONNX Runtime and NumPy.
double least(double a, double b) {
    return std::isnan(a) || a < b ? a : b;
}
double greatest(double a, double b) {
    return std::isnan(a) || a > b ? a : b;
}

// Refused before a backend divides: the processor ends the process over either. Of 32 and of 64 bits alike:
// here all integers have 64, and a backend's may have fewer.
void check_division(Integer a, Integer b) {
    if (b == 0)
        throw BadModel("integer division by zero");
    if (b == -1 &&
        (a == std::numeric_limits<Integer>::min() || a == std::numeric_limits<std::int32_t>::min()))
        throw BadModel("the integer division of ", a, " by -1 has no result");
}

Integer divide(Integer a, Integer b) {
    check_division(a, b);
    return a / b;
}

// The remainder with the divisor's sign, as Python has it.
Integer modulo(Integer a, Integer b) {
    check_division(a, b);
    const Integer remainder = a % b;
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

Integer truncated_modulo(Integer a, Integer b) {
    check_division(a, b);
    return a % b;
}

double real_modulo(double a, double b) {
    const double remainder = std::fmod(a, b);
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

Integer power(Integer base, Integer exponent) {
    if (exponent < 0)
        throw BadModel("an integer raised to a negative power");
    Integer result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1)
            result = wrapping_mul(result, base);
        base = wrapping_mul(base, base);
    }
    return result;
}

using U = UnaryKind;
constexpr double half_root = 0.70710678118654752440;  // sqrt(1/2)
constexpr double gelu_scale = 0.79788456080286535588; // sqrt(2/pi)

// clang-format off
constexpr UnaryRule unary_table[] = {
    {U::abs, "Abs", [](double x, double, double) { return std::abs(x); }, [](Integer x) { return x < 0 ? wrapping_sub<Integer>(0, x) : x; }},
    {U::neg, "Neg", [](double x, double, double) { return -x; }, [](Integer x) { return wrapping_sub<Integer>(0, x); }},
    {U::sign, "Sign", [](double x, double, double) { return static_cast<double>((x > 0) - (x < 0)); }, [](Integer x) { return Integer{(x > 0) - (x < 0)}; }},
    {U::floor, "Floor", [](double x, double, double) { return std::floor(x); }, nullptr},
    {U::ceil, "Ceil", [](double x, double, double) { return std::ceil(x); }, nullptr},
    {U::round, "Round", [](double x, double, double) { return std::nearbyint(x); }, nullptr},
    {U::sqrt, "Sqrt", [](double x, double, double) { return std::sqrt(x); }, nullptr},
    {U::exp, "Exp", [](double x, double, double) { return std::exp(x); }, nullptr},
    {U::log, "Log", [](double x, double, double) { return std::log(x); }, nullptr},
    {U::reciprocal, "Reciprocal", [](double x, double, double) { return 1 / x; }, nullptr},
    {U::sin, "Sin", [](double x, double, double) { return std::sin(x); }, nullptr},
    {U::cos, "Cos", [](double x, double, double) { return std::cos(x); }, nullptr},
    {U::tan, "Tan", [](double x, double, double) { return std::tan(x); }, nullptr},
    {U::asin, "Asin", [](double x, double, double) { return std::asin(x); }, nullptr},
    {U::acos, "Acos", [](double x, double, double) { return std::acos(x); }, nullptr},
    {U::atan, "Atan", [](double x, double, double) { return std::atan(x); }, nullptr},
    {U::sinh, "Sinh", [](double x, double, double) { return std::sinh(x); }, nullptr},
    {U::cosh, "Cosh", [](double x, double, double) { return std::cosh(x); }, nullptr},
    {U::tanh, "Tanh", [](double x, double, double) { return std::tanh(x); }, nullptr},
    {U::asinh, "Asinh", [](double x, double, double) { return std::asinh(x); }, nullptr},
    {U::acosh, "Acosh", [](double x, double, double) { return std::acosh(x); }, nullptr},
    {U::atanh, "Atanh", [](double x, double, double) { return std::atanh(x); }, nullptr},
    {U::erf, "Erf", [](double x, double, double) { return std::erf(x); }, nullptr},
    {U::sigmoid, "Sigmoid", [](double x, double, double) { return sigmoid(x); }, nullptr},
    {U::relu, "Relu", [](double x, double, double) { return greatest(x, 0); }, [](Integer x) { return std::max(x, Integer{0}); }},
    {U::leaky_relu, "LeakyRelu", [](double x, double a, double) { return x < 0 ? a * x : x; }, nullptr, 0.01f},
    {U::elu, "Elu", [](double x, double a, double) { return x < 0 ? a * std::expm1(x) : x; }, nullptr, 1},
    {U::celu, "Celu", [](double x, double a, double) { return greatest(x, 0) + least(0, a * std::expm1(x / a)); }, nullptr, 1},
    {U::selu, "Selu", [](double x, double a, double b) { return b * (x > 0 ? x : a * std::expm1(x)); }, nullptr, 1.67326319217681884765625f, 1.05070102214813232421875f},
    {U::softplus, "Softplus", [](double x, double, double) { return softplus(x); }, nullptr},
    {U::softsign, "Softsign", [](double x, double, double) { return x / (1 + std::abs(x)); }, nullptr},
    {U::hard_sigmoid, "HardSigmoid", [](double x, double a, double b) { return greatest(0, least(1, a * x + b)); }, nullptr, 0.2f, 0.5f},
    {U::hard_swish, "HardSwish", [](double x, double, double) { return x * greatest(0, least(1, x / 6 + 0.5)); }, nullptr},
    {U::gelu, "Gelu", [](double x, double, double) { return 0.5 * x * (1 + std::erf(x * half_root)); }, nullptr},
    {U::gelu_tanh, "GeluTanh", [](double x, double, double) { return 0.5 * x * (1 + std::tanh(gelu_scale * (x + 0.044715 * x * x * x))); }, nullptr},
    {U::mish, "Mish", [](double x, double, double) { return x * std::tanh(softplus(x)); }, nullptr},
    {U::thresholded_relu, "ThresholdedRelu", [](double x, double a, double) { return x > a ? x : 0; }, nullptr, 1},
    {U::logical_not, "Not", nullptr, [](Integer x) { return Integer{x == 0}; }},
    {U::is_nan, "IsNaN", [](double x, double, double) { return std::isnan(x) ? 1.0 : 0.0; }, nullptr},
};

using B = BinaryKind;
constexpr BinaryRule binary_table[] = {
    {B::add, "Add", [](double a, double b) { return a + b; }, wrapping_add<Integer>},
    {B::sub, "Sub", [](double a, double b) { return a - b; }, wrapping_sub<Integer>},
    {B::mul, "Mul", [](double a, double b) { return a * b; }, wrapping_mul<Integer>},
    {B::div, "Div", [](double a, double b) { return a / b; }, divide},
    {B::pow, "Pow", [](double a, double b) { return std::pow(a, b); }, power},
    {B::min, "Min", least, [](Integer a, Integer b) { return std::min(a, b); }},
    {B::max, "Max", greatest, [](Integer a, Integer b) { return std::max(a, b); }},
    {B::mod, "Mod", real_modulo, modulo},
    {B::fmod, "FMod", [](double a, double b) { return std::fmod(a, b); }, truncated_modulo},
    {B::prelu, "PRelu", [](double x, double slope) { return x < 0 ? x * slope : x; }, nullptr},
    {B::equal, "Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }, [](Integer a, Integer b) { return Integer{a == b}; }, true},
    {B::less, "Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }, [](Integer a, Integer b) { return Integer{a < b}; }, true},
    {B::less_equal, "LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }, [](Integer a, Integer b) { return Integer{a <= b}; }, true},
    {B::greater, "Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }, [](Integer a, Integer b) { return Integer{a > b}; }, true},
    {B::greater_equal, "GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }, [](Integer a, Integer b) { return Integer{a >= b}; }, true},
    {B::logical_and, "And", nullptr, [](Integer a, Integer b) { return Integer{a != 0 && b != 0}; }, true},
    {B::logical_or, "Or", nullptr, [](Integer a, Integer b) { return Integer{a != 0 || b != 0}; }, true},
    {B::logical_xor, "Xor", nullptr, [](Integer a, Integer b) { return Integer{(a != 0) != (b != 0)}; }, true},
};
// clang-format on

template <typename Rules, typename Kind>
const auto &find(const Rules &rules, Kind kind) {
    const auto found = std::find_if(std::begin(rules), std::end(rules),
                                    [&](const auto &entry) { return entry.kind == kind; });
    if (found == std::end(rules))
        throw InternalError("a pointwise operator is missing from its table");
    return *found;
}

} // namespace

std::span<const UnaryRule> unary_rules() {
    return unary_table;
}
std::span<const BinaryRule> binary_rules() {
    return binary_table;
}
const UnaryRule &rule(UnaryKind kind) {
    return find(unary_table, kind);
}
const BinaryRule &rule(BinaryKind kind) {
    return find(binary_table, kind);
}

} // namespace vsmlrt::graph
