// What a perceptron's hidden channels go through, of numbers that were sums of 16-bit products: as exact as such
// results are kept, in a fraction of the instructions. A divisor is mostly a constant, and its inverse one as well.
namespace op {
// Within 5e-7. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
DEVICE float FastErf(float x, float = 0, float = 0) {
#ifdef __CUDACC__
    const float magnitude = fabsf(x);
    float t, power;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(t) : "f"(0.3275911f * magnitude + 1));
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(-1.4426950408889634f * x * x));
    const float tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    return copysignf(1 - tail * power, x);
#else
    return erf(x);
#endif
}
DEVICE float FastGelu(float x, float = 0, float = 0) {
    return 0.5f * x * (1 + FastErf(x * 0.70710678118654752440f));
}
DEVICE float FastDiv(float a, float b) {
    return a * (1 / b);
}
} // namespace op
