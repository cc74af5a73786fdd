// The reference: what every other kernel must reproduce bit for bit.
#include "pixel/kernels.h"

#include "tensor/half.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace vsmlrt::pixel {
namespace {

// A sample type: how it is stored, and its value as float32.
struct Float {
    using Stored = std::uint32_t;
    static constexpr Stored exponent = 0x7f800000U;
    static float value(Stored bits) { return std::bit_cast<float>(bits); }
    static Stored stored(float value) { return std::bit_cast<Stored>(value); }
};

struct Half {
    using Stored = std::uint16_t;
    static constexpr Stored exponent = 0x7c00U;
    static float value(Stored bits) { return half_to_float(bits); }
    static Stored stored(float value) { return float_to_half(value); }
};

template <typename T>
typename T::Stored load(const void *row, std::size_t i) {
    typename T::Stored bits;
    std::memcpy(&bits, static_cast<const std::byte *>(row) + i * sizeof bits, sizeof bits);
    return bits;
}

template <typename T>
void store(void *row, std::size_t i, typename T::Stored bits) {
    std::memcpy(static_cast<std::byte *>(row) + i * sizeof bits, &bits, sizeof bits);
}

template <typename T>
bool not_finite(typename T::Stored bits) {
    return (bits & T::exponent) == T::exponent;
}

template <typename T>
bool copy(const void *from, void *to, std::size_t count) {
    bool bad = false;
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = load<T>(from, i);
        bad |= not_finite<T>(bits);
        store<T>(to, i, bits);
    }
    return bad;
}

template <typename From, typename To>
bool convert(const void *from, void *to, std::size_t count) {
    bool bad = false;
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = load<From>(from, i);
        bad |= not_finite<From>(bits);
        store<To>(to, i, To::stored(From::value(bits)));
    }
    return bad;
}

template <typename From>
bool blend(const void *from, const float *column_weights, float row_weight, void *to, std::size_t count) {
    bool bad = false;
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = load<From>(from, i);
        bad |= not_finite<From>(bits);
        const float weight = column_weights[i] * row_weight;
        const float share = weight * From::value(bits);
        store<Float>(to, i, Float::stored(Float::value(load<Float>(to, i)) + share));
    }
    return bad;
}

template <typename T>
bool check(const void *row, std::size_t count) {
    bool bad = false;
    for (std::size_t i = 0; i < count; ++i)
        bad |= not_finite<T>(load<T>(row, i));
    return bad;
}

template <typename T>
void clamp(void *row, std::size_t count, float low, float high) {
    for (std::size_t i = 0; i < count; ++i) {
        const float value = T::value(load<T>(row, i));
        const float raised = value > low ? value : low;
        store<T>(row, i, T::stored(raised < high ? raised : high));
    }
}

} // namespace

const Kernels scalar_kernels = {
    .name = "scalar",
    .copy_float = copy<Float>,
    .copy_half = copy<Half>,
    .float_to_half = convert<Float, Half>,
    .half_to_float = convert<Half, Float>,
    .blend_float = blend<Float>,
    .blend_half = blend<Half>,
    .check_float = check<Float>,
    .check_half = check<Half>,
    .clamp_float = clamp<Float>,
    .clamp_half = clamp<Half>,
};

} // namespace vsmlrt::pixel
