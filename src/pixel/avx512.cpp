// Sixteen samples at a time: AVX-512 F, BW and VL. Compiled with these alone; run where kernels() finds them.
#include "pixel/vector_kernels.h"

#include <immintrin.h>

namespace vsmlrt::pixel {
namespace {

struct Avx512 {
    using Floats = __m512;
    using Halves = __m256i;
    using Mask = __mmask16;
    static constexpr std::size_t lanes = 16;

    struct Whole {};
    struct Part {
        std::size_t count;
        [[nodiscard]] __mmask16 mask() const { return static_cast<__mmask16>((1U << count) - 1U); }
    };

    template <typename Bits>
    static Bits load(const void *from, Whole /*all*/) {
        if constexpr (sizeof(Bits) == sizeof(Floats))
            return _mm512_loadu_ps(from);
        else
            return _mm256_loadu_si256(static_cast<const __m256i_u *>(from));
    }
    template <typename Bits>
    static Bits load(const void *from, Part part) {
        if constexpr (sizeof(Bits) == sizeof(Floats))
            return _mm512_maskz_loadu_ps(part.mask(), from);
        else
            return _mm256_maskz_loadu_epi16(part.mask(), from);
    }
    static void store(void *to, Floats value, Whole /*all*/) { _mm512_storeu_ps(to, value); }
    static void store(void *to, Floats value, Part part) { _mm512_mask_storeu_ps(to, part.mask(), value); }
    static void store(void *to, Halves value, Whole /*all*/) {
        _mm256_storeu_si256(static_cast<__m256i_u *>(to), value);
    }
    static void store(void *to, Halves value, Part part) { _mm256_mask_storeu_epi16(to, part.mask(), value); }

    static Floats to_floats(Halves bits) { return _mm512_cvtph_ps(bits); }
    static Halves to_halves(Floats value) {
        return _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }

    static Mask none() { return 0; }
    static Mask either(Mask a, Mask b) { return static_cast<Mask>(a | b); }
    static bool any(Mask mask) { return mask != 0; }
    static Mask not_finite(Floats value) {
        const __m512i exponent = _mm512_set1_epi32(0x7f800000);
        return _mm512_cmpeq_epi32_mask(_mm512_and_si512(_mm512_castps_si512(value), exponent), exponent);
    }
    static Mask not_finite(Halves bits) {
        const __m256i exponent = _mm256_set1_epi16(0x7c00);
        return _mm256_cmpeq_epi16_mask(_mm256_and_si256(bits, exponent), exponent);
    }

    static Floats all(float value) { return _mm512_set1_ps(value); }
    static Floats product(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
    static Floats sum(Floats a, Floats b) { return _mm512_add_ps(a, b); }
    // The second operand where the comparison fails, NaN included: as the scalar kernel's conditional.
    static Floats greater(Floats a, Floats b) { return _mm512_max_ps(a, b); }
    static Floats smaller(Floats a, Floats b) { return _mm512_min_ps(a, b); }
};

} // namespace

// No code may run to make it: it would be code of this instruction set, at every program start.
constinit const Kernels avx512_kernels = vector_kernels<Avx512>("avx512");

} // namespace vsmlrt::pixel
