// AMX's tiles.
#pragma once

#include <cstdint>

namespace vsmlrt::cpu {
namespace {

// Written as assembly, since the compilers' functions take tiles by literal numbers only.
struct AmxTiles {
    static void configure() {
        struct alignas(64) {
            std::uint8_t palette = 1;
            std::uint8_t start_row = 0;
            std::uint8_t reserved[14] = {};
            std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
            std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
        } const all_of_them;
        asm volatile("ldtilecfg %0" ::"m"(all_of_them));
    }
    static void release() { asm volatile("tilerelease"); }

    template <int T>
    static void load(const void *from, std::int64_t bytes) {
        asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(bytes), "i"(T) : "memory");
    }
    template <int T>
    static void store(void *to, std::int64_t bytes) {
        asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(bytes), "i"(T) : "memory");
    }
    template <int Sums, int Pixels, int Filters>
    static void multiply() {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(Pixels), "i"(Filters));
    }
};

} // namespace
} // namespace vsmlrt::cpu
