// One implementation of the convolution for each set of instructions.
#pragma once

#include "cpu/image.h"

namespace vsmlrt::cpu {

// Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016): tiles of 4x4 pixels of the result are computed from 6x6 of the input by 36 products for
// each pair of channels instead of 144. At the points 0, +-sqrt(1/2), +-sqrt(2) and infinity, whose rounding
// errors are close to those of the sum by its definition (a quarter of those at 0, +-1, +-2 and infinity;
// after Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural
// Networks", 2020).
inline constexpr std::int64_t tile_size = 4;
inline constexpr std::int64_t window = 6;
inline constexpr std::int64_t points = window * window;
inline constexpr std::int64_t taps = 9;
inline constexpr double root_two = 1.4142135623730951;

// A layer's constants, packed for one implementation. Channels of the result come in groups of
// Kernels::group(), the last one as many vectors as it needs: filters [group][point or tap][input][channel].
struct Packed {
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    std::int64_t pad_top = 0;
    std::int64_t pad_left = 0;
    const float *transformed = nullptr; // null: made from the taps each time
    const void *filters = nullptr;      // [group][input][tap][channel]
    Storage filters_storage = Storage::fp32;
    const float *bias = nullptr;
    const float *slopes = nullptr; // of values below zero; null: none
};

struct Task {
    Packed layer;
    Image input;
    Image output;
    Image added_before; // to the result before the slopes; without data: nothing
    Image added_after; // where the result is shuffled, with a channel for each of the picture's: to the whole
                       // block
    std::int64_t begin = 0; // rows of the result that are computed
    std::int64_t end = 0;

    [[nodiscard]] std::int64_t tiles_across() const {
        return (output.extent.width + tile_size - 1) / tile_size;
    }
    [[nodiscard]] std::int64_t tiles() const {
        return (end - begin + tile_size - 1) / tile_size * tiles_across();
    }
};

struct Kernels {
    const char *name;
    std::int64_t lanes;   // channels in a vector
    std::int64_t vectors; // in a group
    std::int64_t rows;    // tiles that are multiplied together
    bool bf16;            // images and filters may be stored in bf16
    // Tiles first to first + count of the task's, counted row by row. scratch: scratch_floats() of it.
    void (*run)(const Task &task, std::int64_t first, std::int64_t count, float *scratch);

    [[nodiscard]] constexpr std::int64_t group() const { return lanes * vectors; }
    [[nodiscard]] constexpr std::int64_t whole(std::int64_t channels) const {
        return (channels + lanes - 1) / lanes * lanes;
    }
    [[nodiscard]] constexpr std::int64_t scratch_floats(const Packed &layer, std::int64_t tiles) const {
        const std::int64_t filters = layer.transformed ? 0 : points * layer.inputs * group();
        return tiles * points * (whole(layer.inputs) + group()) + filters;
    }
};

extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;
extern const Kernels avx512_bf16_kernels;

} // namespace vsmlrt::cpu
