#include "cpu/select.h"

#include <cpuid.h>

namespace vsmlrt::cpu {
namespace {

struct Leaf {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
};

Leaf leaf(unsigned number, unsigned part) {
    Leaf found;
    __get_cpuid_count(number, part, &found.a, &found.b, &found.c, &found.d);
    return found;
}

} // namespace

std::vector<const Kernels *> usable_kernels() {
    // Leaf 7, part 1, bit 5 of eax is AVX512_BF16: not every compiler's __builtin_cpu_supports knows its
    // name.
    constexpr unsigned bf16 = 1U << 5U;
    std::vector<const Kernels *> tables;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        tables.push_back(&avx2_kernels);
    if (__builtin_cpu_supports("avx512f")) {
        tables.push_back(&avx512_kernels);
        if ((leaf(7, 1).a & bf16) != 0)
            tables.push_back(&avx512_bf16_kernels);
    }
    return tables;
}

bool has_matrix_instructions() {
    constexpr unsigned amx_bf16 = 1U << 22U; // of edx
    return (leaf(7, 0).d & amx_bf16) != 0;
}

} // namespace vsmlrt::cpu
