// The kernels over a vector type, so that an instruction set's file only says what its vectors can do.
//
// `V` is declared in an unnamed namespace: everything instantiated here then has internal linkage, and no
// function compiled for a wide instruction set can be taken by the linker for the rest of the program. For
// the same reason nothing of the standard library is used.
//
// Stores go through the caches: streaming stores made one copy of a 1080p frame a fifth faster, but whoever
// reads the frame next, and somebody always does, paid more than that.
//
// V::Floats and V::Halves hold V::lanes samples. A row is done in whole vectors and one part of a vector; the
// lanes past a part are zeros on loading and untouched on storing.
#pragma once

#include "pixel/kernels.h"

namespace vsmlrt::pixel {

// How the samples of a type are loaded, stored, and looked at.
template <typename V>
struct FloatRow {
    using Bits = typename V::Floats;
    static constexpr std::size_t size = 4;
    static typename V::Floats value(Bits bits) { return bits; }
    static Bits bits(typename V::Floats value) { return value; }
    static typename V::Mask not_finite(Bits bits) { return V::not_finite(bits); }
};

template <typename V>
struct HalfRow {
    using Bits = typename V::Halves;
    static constexpr std::size_t size = 2;
    static typename V::Floats value(Bits bits) { return V::to_floats(bits); }
    static Bits bits(typename V::Floats value) { return V::to_halves(value); }
    static typename V::Mask not_finite(Bits bits) { return V::not_finite(bits); }
};

// Calls step(position, part) for every vector of a row; `part` counts the samples of the last one.
template <typename V, typename Step>
inline void for_vectors(std::size_t count, const Step &step) {
    std::size_t i = 0;
    for (; i + V::lanes <= count; i += V::lanes)
        step(i, typename V::Whole{});
    if (i < count)
        step(i, typename V::Part{count - i});
}

template <typename V>
inline const char *at(const void *row, std::size_t bytes) {
    return static_cast<const char *>(row) + bytes;
}

template <typename V>
inline char *at(void *row, std::size_t bytes) {
    return static_cast<char *>(row) + bytes;
}

template <typename V, template <typename> class From, template <typename> class To>
bool convert(const void *from, void *to, std::size_t count) {
    typename V::Mask bad = V::none();
    for_vectors<V>(count, [&](std::size_t i, auto extent) {
        const auto bits = V::template load<typename From<V>::Bits>(at<V>(from, i * From<V>::size), extent);
        bad = V::either(bad, From<V>::not_finite(bits));
        V::store(at<V>(to, i * To<V>::size), To<V>::bits(From<V>::value(bits)), extent);
    });
    return V::any(bad);
}

template <typename V, template <typename> class Row>
bool copy(const void *from, void *to, std::size_t count) {
    typename V::Mask bad = V::none();
    for_vectors<V>(count, [&](std::size_t i, auto extent) {
        const auto bits = V::template load<typename Row<V>::Bits>(at<V>(from, i * Row<V>::size), extent);
        bad = V::either(bad, Row<V>::not_finite(bits));
        V::store(at<V>(to, i * Row<V>::size), bits, extent);
    });
    return V::any(bad);
}

template <typename V, template <typename> class From>
bool blend(const void *from, const float *column_weights, float row_weight, void *to, std::size_t count) {
    using Floats = typename V::Floats;
    typename V::Mask bad = V::none();
    const Floats row_weights = V::all(row_weight);
    for_vectors<V>(count, [&](std::size_t i, auto extent) {
        const auto bits = V::template load<typename From<V>::Bits>(at<V>(from, i * From<V>::size), extent);
        bad = V::either(bad, From<V>::not_finite(bits));
        const Floats weights = V::product(V::template load<Floats>(column_weights + i, extent), row_weights);
        const Floats share = V::product(weights, From<V>::value(bits));
        char *const target = at<V>(to, i * sizeof(float));
        V::store(target, V::sum(V::template load<Floats>(target, extent), share), extent);
    });
    return V::any(bad);
}

template <typename V, template <typename> class Row>
bool check(const void *row, std::size_t count) {
    typename V::Mask bad = V::none();
    for_vectors<V>(count, [&](std::size_t i, auto extent) {
        const auto bits = V::template load<typename Row<V>::Bits>(at<V>(row, i * Row<V>::size), extent);
        bad = V::either(bad, Row<V>::not_finite(bits));
    });
    return V::any(bad);
}

template <typename V, template <typename> class Row>
void clamp(void *row, std::size_t count, float low, float high) {
    for_vectors<V>(count, [&](std::size_t i, auto extent) {
        char *const place = at<V>(row, i * Row<V>::size);
        const auto bits = V::template load<typename Row<V>::Bits>(place, extent);
        const auto value = V::smaller(V::greater(Row<V>::value(bits), V::all(low)), V::all(high));
        V::store(place, Row<V>::bits(value), extent);
    });
}

template <typename V>
constexpr Kernels vector_kernels(const char *name) {
    return {.name = name,
            .copy_float = copy<V, FloatRow>,
            .copy_half = copy<V, HalfRow>,
            .float_to_half = convert<V, FloatRow, HalfRow>,
            .half_to_float = convert<V, HalfRow, FloatRow>,
            .blend_float = blend<V, FloatRow>,
            .blend_half = blend<V, HalfRow>,
            .check_float = check<V, FloatRow>,
            .check_half = check<V, HalfRow>,
            .clamp_float = clamp<V, FloatRow>,
            .clamp_half = clamp<V, HalfRow>};
}

} // namespace vsmlrt::pixel
