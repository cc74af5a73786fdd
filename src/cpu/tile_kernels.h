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

// A value that tile kernels read has zeros around its rows, so that what pads them is not told from what is
// there: `halo` pixels before the first and behind the last, and behind those so many elements as the last
// tile of a filter's row reads over its end.
inline constexpr std::int64_t halo = 2;

// Elements from a row's end to the next one's begin, for pixels without room between them.
[[nodiscard]] constexpr std::int64_t halo_gap(std::int64_t channels) {
    return 2 * halo * channels + tile_values;
}

inline constexpr std::int64_t most_filter_rows = 4;

// A layer's constants. A row of the filter is so many values as its pixels have, one pixel's after another's;
// it is filled up with zeros to tiles.
struct PackedTiles {
    std::int64_t inputs = 0;
    std::int64_t outputs = 0; // results; of a transposed convolution those of all pixels that are made of one
    std::int64_t filter_rows = 3;
    std::int64_t stride = 1;
    std::int64_t repeat = 1;      // the image is so many times as large as the places that are computed
    std::int64_t row_results = 0; // of a place, so many of its results lie in one row of the image
    std::int64_t pad_top = 0;
    std::int64_t pad_left = 0;
    // The tiles of a row of the filter: so many for each chunk of the channels. In the pixels that they are
    // multiplied with those of a chunk begin so many elements apart, and chunks one tile.
    std::int64_t chunks = 1;
    std::int64_t taps = 0;
    std::int64_t tap_step = 0;
    // [tile of results][chunk][row of the filter][tap][pair][result][2]
    const std::uint16_t *filters = nullptr;
    std::int64_t results_together = 0;    // whole tiles, the filters of which stay in a core's cache
    const float *bias = nullptr;          // zero behind the last result
    const float *slopes = nullptr;        // of values below zero; null: none
    const std::uint16_t *zeros = nullptr; // as many as a row's tiles reach over

    // Tiles of filters of a tile of results.
    [[nodiscard]] constexpr std::int64_t steps() const { return filter_rows * chunks * taps; }
    [[nodiscard]] constexpr std::int64_t filter_elements() const { return steps() * tile_elements; }
    // Those of the tile of results that begins there.
    [[nodiscard]] constexpr const std::uint16_t *filters_for(std::int64_t channel) const {
        return filters + channel / tile_results * filter_elements();
    }
};

// A layer on some rows of its result.
struct TileTask {
    PackedTiles layer;
    Image input; // bf16, with a halo
    Image output;
    Image added_before; // as in Task
    Image added_after;
    std::int64_t begin = 0; // rows of places, as is `end`
    std::int64_t end = 0;
    std::int64_t block_rows = 0; // TileKernels::block_rows
    double *sums = nullptr; // of each channel, to which the result's pixels are added; null: they are not

    [[nodiscard]] std::int64_t width() const { return output.extent.width / layer.repeat; }
    // Work is shared by blocks of 16 places by block_rows, counted down the rows first.
    [[nodiscard]] std::int64_t pieces_down() const { return (end - begin + block_rows - 1) / block_rows; }
    [[nodiscard]] std::int64_t pieces() const {
        return pieces_down() * ((width() + tile_rows - 1) / tile_rows);
    }
};

// Rows of an image as they are, into one with a halo.
struct HaloTask {
    Image input;
    Image output; // bf16
    std::int64_t begin = 0;
    std::int64_t end = 0;

    // So many columns of a row are a piece, counted down the rows first.
    static constexpr std::int64_t columns = 64;
    [[nodiscard]] std::int64_t pieces() const {
        return (end - begin) * ((input.extent.width + columns - 1) / columns);
    }
};

struct TileKernels {
    const char *name;
    std::int64_t block_rows;
    // A thread calls them before its first and after its last piece.
    void (*begin)();
    void (*end)();
    // Pieces first to first + count of the task's.
    void (*run)(const TileTask &task, std::int64_t first, std::int64_t count);
    // Pieces first to first + count of the task's.
    void (*add_halo)(const HaloTask &task, std::int64_t first, std::int64_t count);
};

extern const TileKernels amx_kernels;

} // namespace vsmlrt::cpu
