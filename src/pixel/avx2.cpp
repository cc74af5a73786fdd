// Eight samples at a time: AVX2 and F16C. Compiled with these alone; run where kernels() finds them.
#include "pixel/vector_kernels.h"

#include <immintrin.h>

namespace vsmlrt::pixel {
namespace {

struct Avx2 {
    using Floats = __m256;
    using Halves = __m128i;
    using Mask = __m256i;
    static constexpr std::size_t lanes = 8;

    struct Whole {};
    struct Part {
        std::size_t count;
    };

    template <typename Bits>
    static Bits load(const void *from, Whole /*all*/) {
        if constexpr (sizeof(Bits) == sizeof(Floats))
            return _mm256_loadu_ps(static_cast<const float *>(from));
        else
            return _mm_loadu_si128(static_cast<const __m128i_u *>(from));
    }
    // AVX2 cannot load or store a part of a vector of halves, so that parts go through memory of a whole one.
    template <typename Bits>
    static Bits load(const void *from, Part part) {
        Bits bits = {};
        __builtin_memcpy(&bits, from, part.count * (sizeof(Bits) / lanes));
        return bits;
    }
    static void store(void *to, Floats value, Whole /*all*/) {
        _mm256_storeu_ps(static_cast<float *>(to), value);
    }
    static void store(void *to, Halves value, Whole /*all*/) {
        _mm_storeu_si128(static_cast<__m128i_u *>(to), value);
    }
    template <typename Bits>
    static void store(void *to, Bits value, Part part) {
        __builtin_memcpy(to, &value, part.count * (sizeof(Bits) / lanes));
    }

    static Floats to_floats(Halves bits) { return _mm256_cvtph_ps(bits); }
    static Halves to_halves(Floats value) { return _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT); }

    static Mask none() { return _mm256_setzero_si256(); }
    static Mask either(Mask a, Mask b) { return _mm256_or_si256(a, b); }
    static bool any(Mask mask) { return _mm256_testz_si256(mask, mask) == 0; }
    static Mask not_finite(Floats value) {
        const __m256i exponent = _mm256_set1_epi32(0x7f800000);
        return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(value), exponent), exponent);
    }
    static Mask not_finite(Halves bits) {
        const __m128i exponent = _mm_set1_epi16(0x7c00);
        return _mm256_zextsi128_si256(_mm_cmpeq_epi16(_mm_and_si128(bits, exponent), exponent));
    }

    static Floats all(float value) { return _mm256_set1_ps(value); }
    static Floats product(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
    static Floats sum(Floats a, Floats b) { return _mm256_add_ps(a, b); }
    // The second operand where the comparison fails, NaN included: as the scalar kernel's conditional.
    static Floats greater(Floats a, Floats b) { return _mm256_max_ps(a, b); }
    static Floats smaller(Floats a, Floats b) { return _mm256_min_ps(a, b); }
};

} // namespace

// No code may run to make it: it would be code of this instruction set, at every program start.
constinit const Kernels avx2_kernels = vector_kernels<Avx2>("avx2");

} // namespace vsmlrt::pixel
