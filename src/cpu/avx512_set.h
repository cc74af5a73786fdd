// Sixteen channels at a time.
#pragma once

#include <cstdint>
#include <immintrin.h>

namespace vsmlrt::cpu {
namespace {

struct Avx512 {
    using Vector = __m512;
    static constexpr std::int64_t lanes = 16;
    static constexpr std::int64_t vectors = 4;
    static constexpr std::int64_t rows = 6;

    static Vector all(float value) { return _mm512_set1_ps(value); }
    static Vector load(const float *from) { return _mm512_loadu_ps(from); }
    static void store(float *to, Vector value) { _mm512_storeu_ps(to, value); }
    static Vector sloped(Vector value, Vector slopes) {
        const __mmask16 below = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        return _mm512_mask_mul_ps(value, below, value, slopes);
    }
};

} // namespace
} // namespace vsmlrt::cpu
