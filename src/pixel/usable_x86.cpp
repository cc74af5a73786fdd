#include "pixel/select.h"

#include <cpuid.h>

namespace vsmlrt::pixel {
namespace {

// Not every compiler's __builtin_cpu_supports knows this one by name.
bool has_f16c() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

} // namespace

std::vector<const Kernels *> usable_kernels() {
    std::vector<const Kernels *> tables = {&scalar_kernels};
    if (__builtin_cpu_supports("avx2") && has_f16c())
        tables.push_back(&avx2_kernels);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        tables.push_back(&avx512_kernels);
    return tables;
}

} // namespace vsmlrt::pixel
