// The pointwise operators; the formulas of graph/pointwise.cpp, on floats (C = float), doubles or 64-bit
// integers. A generated chain calls them by name.
#pragma once

namespace op {

template <typename C>
DEVICE C least(C a, C b) {
    return a != a || a < b ? a : b;
}
template <typename C>
DEVICE C greatest(C a, C b) {
    return a != a || a > b ? a : b;
}
template <typename C>
DEVICE C sigmoid_of(C x) {
    return 1 / (1 + exp(-x));
}
// log(1 + exp(x)) without overflow.
template <typename C>
DEVICE C softplus_of(C x) {
    return greatest(x, (C)0) + log1p(exp(-fabs(x)));
}
// With slopes up to 1 the larger of both, which is one instruction; NaN stays NaN.
template <typename C>
DEVICE C leaky(C x, C slope) {
    return slope > 0 && slope <= 1 ? fmax(x, slope * x) : x < 0 ? slope * x : x;
}

#define UNARY(name, formula)                                                                                 \
    template <typename C>                                                                                    \
    DEVICE C name(C x, C a, C b) {                                                                           \
        (void)a, (void)b;                                                                                    \
        return formula;                                                                                      \
    }
UNARY(Abs, x < 0 ? -x : x)
UNARY(Neg, -x)
UNARY(Sign, (C)((x > 0) - (x < 0)))
UNARY(Floor, floor(x))
UNARY(Ceil, ceil(x))
UNARY(Round, nearbyint(x))
UNARY(Sqrt, sqrt(x))
UNARY(Exp, exp(x))
UNARY(Log, log(x))
UNARY(Reciprocal, 1 / x)
UNARY(Sin, sin(x))
UNARY(Cos, cos(x))
UNARY(Tan, tan(x))
UNARY(Asin, asin(x))
UNARY(Acos, acos(x))
UNARY(Atan, atan(x))
UNARY(Sinh, sinh(x))
UNARY(Cosh, cosh(x))
UNARY(Tanh, tanh(x))
UNARY(Asinh, asinh(x))
UNARY(Acosh, acosh(x))
UNARY(Atanh, atanh(x))
UNARY(Erf, erf(x))
UNARY(Sigmoid, sigmoid_of(x))
UNARY(Relu, greatest(x, (C)0))
UNARY(LeakyRelu, leaky(x, a))
UNARY(Elu, x < 0 ? a * expm1(x) : x)
UNARY(Celu, greatest(x, (C)0) + least((C)0, (C)(a *expm1(x / a))))
UNARY(Selu, b *(x > 0 ? x : a * expm1(x)))
UNARY(Softplus, softplus_of(x))
UNARY(Softsign, x / (1 + fabs(x)))
UNARY(HardSigmoid, greatest((C)0, least((C)1, a *x + b)))
UNARY(HardSwish, x *greatest((C)0, least((C)1, x / 6 + (C)0.5)))
UNARY(Gelu, (C)0.5 * x * (1 + erf(x * (C)0.70710678118654752440)))
UNARY(GeluTanh, (C)0.5 * x * (1 + tanh((C)0.79788456080286535588 * (x + (C)0.044715 * x * x * x))))
UNARY(Mish, x *tanh(softplus_of(x)))
UNARY(ThresholdedRelu, x > a ? x : (C)0)
UNARY(Not, (C)(x == 0))
UNARY(IsNaN, (C)(x != x))
#undef UNARY

// Division by zero gives 0 instead of a fault.
DEVICE i64 divide(i64 a, i64 b) {
    return b == 0 ? 0 : b == -1 ? (i64)(0 - (u64)a) : a / b;
}
DEVICE i64 remainder_of(i64 a, i64 b) {
    return b == 0 || b == -1 ? 0 : a % b;
}
DEVICE i64 power(i64 base, i64 exponent) {
    u64 result = 1;
    for (u64 factor = (u64)base; exponent > 0; exponent >>= 1, factor *= factor)
        if (exponent & 1)
            result *= factor;
    return (i64)result;
}
DEVICE float divide(float a, float b) {
    return a / b;
}
DEVICE double divide(double a, double b) {
    return a / b;
}
DEVICE float remainder_of(float a, float b) {
    return fmod(a, b);
}
DEVICE double remainder_of(double a, double b) {
    return fmod(a, b);
}
DEVICE float power(float a, float b) {
    return b == 2.0f ? a * a : pow(a, b);
}
DEVICE double power(double a, double b) {
    return pow(a, b);
}
// The remainder with the divisor's sign.
template <typename C>
DEVICE C modulo(C a, C b) {
    const C rest = remainder_of(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

#define BINARY(name, formula)                                                                                \
    template <typename C>                                                                                    \
    DEVICE C name(C a, C b) {                                                                                \
        return (C)(formula);                                                                                 \
    }
BINARY(Add, a + b)
BINARY(Sub, a - b)
BINARY(Mul, a *b)
BINARY(Div, divide(a, b))
BINARY(Pow, power(a, b))
BINARY(Min, least(a, b))
BINARY(Max, greatest(a, b))
BINARY(Mod, modulo(a, b))
BINARY(FMod, remainder_of(a, b))
BINARY(PRelu, a < 0 ? a * b : a)
BINARY(Equal, a == b)
BINARY(Less, a < b)
BINARY(LessOrEqual, a <= b)
BINARY(Greater, a > b)
BINARY(GreaterOrEqual, a >= b)
BINARY(And, a != 0 && b != 0)
BINARY(Or, a != 0 || b != 0)
BINARY(Xor, (a != 0) != (b != 0))
#undef BINARY

// The maximum wins where the two cross; NaN stays.
template <typename C>
DEVICE C Clip(C x, C low, C high) {
    const C raised = x < low ? low : x;
    return raised > high ? high : raised;
}
template <typename C>
DEVICE C Where(i64 condition, C yes, C no) {
    return condition != 0 ? yes : no;
}

} // namespace op
