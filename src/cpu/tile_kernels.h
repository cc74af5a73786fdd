// Convolutions by tiles of 16 pixels: products of bf16 values, summed in fp32.
#pragma once

#include "cpu/image.h"

namespace vsmlrt::cpu {

// The registers of AMX: 16 rows of 64 bytes, which are so many pixels with 32 bf16 values each, so many pairs
// of filter values for 16 results each, or the sums of so many pixels for 16 results.
inline constexpr std::int64_t tile_rows = 16;
inline constexpr std::int64_t tile_values = 32;
inline constexpr std::int64_t tile_results = 16;
inline constexpr std::int64_t tile_elements = tile_rows * tile_values; // of bf16

// So many tiles of pixels and of results are computed at a time, each pair of them in a tile of sums. Few,
// since the two threads of a core share what tiles are renamed to
// (docs/decisions/0053-convolutions-by-amx-tiles.md).
inline constexpr int most_pixels = 3;
inline constexpr int most_results = 1;

// A value that tile kernels read has zeros around its rows, so that what pads them is not told from what is
// there: `halo` pixels before the first and behind the last, and behind those so many elements as the last
// tile of a filter's row reads over its end.
inline constexpr std::int64_t halo = 2;

// Elements from a row's end to the next one's begin, for pixels without room between them.
[[nodiscard]] constexpr std::int64_t halo_gap(std::int64_t channels) {
    return 2 * halo * channels + tile_values;
}

// A layer's constants. A row of the filter is 3 * inputs values, one pixel's after another's; it is filled up
// with zeros to tiles.
struct PackedTiles {
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    std::int64_t pad_top = 0;
    std::int64_t pad_left = 0;
    std::int64_t tiles = 0;                // of a row of the filter
    const std::int64_t *offsets = nullptr; // where each of them begins, in elements
    // [most_results tiles of results][row of the filter][tile][tile of results][pair][result][2]; at the end
    // there may be fewer tiles of results.
    const std::uint16_t *filters = nullptr;
    const float *bias = nullptr;   // zero behind the last result
    const float *slopes = nullptr; // of values below zero; null: none

    // Elements of the filters of so many tiles of results.
    [[nodiscard]] constexpr std::int64_t filter_elements(std::int64_t result_tiles) const {
        return 3 * tiles * result_tiles * tile_elements;
    }
    // Tiles of results that are computed together from `channel` on.
    [[nodiscard]] constexpr std::int64_t result_tiles(std::int64_t channel) const {
        const std::int64_t left = (outputs - channel + tile_results - 1) / tile_results;
        return left < most_results ? left : most_results;
    }
};

// A layer on some rows of its result.
struct TileTask {
    PackedTiles layer;
    Image input; // bf16, with a halo
    Image output;
    Image added_before; // as in Task
    Image added_after;
    std::int64_t begin = 0;
    std::int64_t end = 0;

    // Work is shared by pieces of rows, counted down the rows first.
    static constexpr std::int64_t piece = most_pixels * tile_rows;
    [[nodiscard]] std::int64_t pieces_across() const { return (output.extent.width + piece - 1) / piece; }
    [[nodiscard]] std::int64_t pieces() const { return (end - begin) * pieces_across(); }
};

// Rows of an image as they are, into one with a halo.
struct HaloTask {
    Image input;
    Image output; // bf16
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

struct TileKernels {
    const char *name;
    // A thread calls them before its first and after its last piece.
    void (*begin)();
    void (*end)();
    // Pieces first to first + count of the task's.
    void (*run)(const TileTask &task, std::int64_t first, std::int64_t count);
    // Rows first to first + count of the task's.
    void (*add_halo)(const HaloTask &task, std::int64_t first, std::int64_t count);
};

extern const TileKernels amx_kernels;

} // namespace vsmlrt::cpu
