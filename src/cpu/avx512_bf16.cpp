// What is stored may be bf16; it is computed in fp32. Compiled with AVX512_BF16; run where kernels_for()
// gives it.
#include "cpu/avx512_set.h"
#include "cpu/vector_convolution.h"

namespace vsmlrt::cpu {
namespace {

struct Bf16 : Avx512 {
    static constexpr bool bf16 = true;
    using Avx512::load;
    using Avx512::store;

    static Vector load(const std::uint16_t *from) {
        const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i_u *>(from));
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    }
    static void store(std::uint16_t *to, Vector value) {
        __m256bh rounded = _mm512_cvtneps_pbh(value);
        __builtin_memcpy(to, &rounded, sizeof(rounded));
    }
};

} // namespace

constinit const Kernels avx512_bf16_kernels = VectorConvolution<Bf16>::kernels("avx512_bf16");

} // namespace vsmlrt::cpu
