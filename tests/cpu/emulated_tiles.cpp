// What AMX's instructions do, by Intel's description of them (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 2: LDTILECFG to TILEZERO).
#include "cpu/emulated_tiles.h"

#include "cpu/tile_convolution.h"

#include <cstdlib>
#include <cstring>

namespace vsmlrt::test {
namespace {

struct Tile {
    std::byte rows[16][64] = {};
};

struct Registers {
    bool configured = false;
    Tile tiles[8];
};

thread_local Registers registers;

struct EmulatedTiles {
    static void configure() {
        registers = {};
        registers.configured = true;
    }
    static void release() { registers.configured = false; }

    static Tile &tile(int number) {
        if (!registers.configured)
            std::abort(); // the processor would not go on either
        return registers.tiles[number];
    }

    template <int T>
    static void load(const void *from, std::int64_t bytes) {
        for (std::int64_t row = 0; row < 16; ++row)
            std::memcpy(tile(T).rows[row], static_cast<const std::byte *>(from) + row * bytes, 64);
    }
    template <int T>
    static void store(void *to, std::int64_t bytes) {
        for (std::int64_t row = 0; row < 16; ++row)
            std::memcpy(static_cast<std::byte *>(to) + row * bytes, tile(T).rows[row], 64);
    }

    static float value(const Tile &tile, int row, int index) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, tile.rows[row] + 2 * index, sizeof(bits));
        return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
    }

    template <int Sums, int Pixels, int Filters>
    static void multiply() {
        static_assert(Sums != Pixels && Sums != Filters && Pixels != Filters);
        const Tile &pixels = tile(Pixels);
        const Tile &filters = tile(Filters);
        for (int row = 0; row < 16; ++row) {
            float even[16] = {};
            float odd[16] = {};
            for (int pair = 0; pair < 16; ++pair) {
                const float first = value(pixels, row, 2 * pair);
                const float second = value(pixels, row, 2 * pair + 1);
                for (int result = 0; result < 16; ++result) {
                    even[result] += first * value(filters, pair, 2 * result);
                    odd[result] += second * value(filters, pair, 2 * result + 1);
                }
            }
            float sums[16];
            std::memcpy(sums, tile(Sums).rows[row], sizeof(sums));
            for (int result = 0; result < 16; ++result)
                sums[result] += even[result] + odd[result];
            std::memcpy(tile(Sums).rows[row], sums, sizeof(sums));
        }
    }
};

} // namespace

constinit const cpu::TileKernels emulated_tile_kernels =
    cpu::TileConvolution<EmulatedTiles>::kernels("emulated tiles");

} // namespace vsmlrt::test
