// Eight channels at a time: AVX2 and FMA. Compiled with these alone; run where kernels_for() gives it.
#include "cpu/vector_convolution.h"

#include <immintrin.h>

namespace vsmlrt::cpu {
namespace {

struct Avx2 {
    using Vector = __m256;
    static constexpr std::int64_t lanes = 8;
    static constexpr std::int64_t vectors = 2; // 12 sums, 2 filters and a value in 16 registers
    static constexpr std::int64_t rows = 6;
    static constexpr bool bf16 = false;

    static Vector all(float value) { return _mm256_set1_ps(value); }
    static Vector load(const float *from) { return _mm256_loadu_ps(from); }
    static void store(float *to, Vector value) { _mm256_storeu_ps(to, value); }
    static Vector sloped(Vector value, Vector slopes) {
        return _mm256_blendv_ps(value, value * slopes, _mm256_cmp_ps(value, _mm256_setzero_ps(), _CMP_LT_OQ));
    }
};

} // namespace

constinit const Kernels avx2_kernels = VectorConvolution<Avx2>::kernels("avx2");

} // namespace vsmlrt::cpu
