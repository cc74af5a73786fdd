// Compiled with AVX-512's foundation alone; run where kernels_for() gives it.
#include "cpu/avx512_set.h"
#include "cpu/vector_convolution.h"

namespace vsmlrt::cpu {
namespace {

struct Fp32 : Avx512 {
    static constexpr bool bf16 = false;
};

} // namespace

// No code may run to make it: it would be code of this instruction set, at every program start.
constinit const Kernels avx512_kernels = VectorConvolution<Fp32>::kernels("avx512");

} // namespace vsmlrt::cpu
