// The convolution by tiles. Included by one file for each way of computing with tiles; everything is that
// file's own, as in vector_convolution.h. Needs AVX512_BF16 for what is done to the sums.
//
// A filter's row over pixels that lie without room between them is one stretch of values. So a tile of pixels
// is loaded from where it lies, 16 rows a pixel apart, whatever the number of channels.
#pragma once

#include "cpu/tile_kernels.h"

#include <cstddef>
#include <immintrin.h>

namespace vsmlrt::cpu {
namespace {

// Tiles has eight numbered tiles: configure, release, load<T>(from, bytes from row to row),
// store<T>, multiply<sums, pixels, filters>.
template <typename Tiles>
struct TileConvolution {
    static constexpr std::int64_t lanes = 16;

    static std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

    // Calls with 0 to Count - 1, as numbers that name tiles.
    template <int Value>
    struct Number {
        constexpr operator int() const { return Value; }
    };
    template <int Count, int At = 0, typename Call>
    [[gnu::always_inline]] static void unroll(const Call &call) {
        if constexpr (At < Count) {
            call(Number<At>());
            unroll<Count, At + 1>(call);
        }
    }

    // Of a row of the result: where the rows of the input that its filter covers begin.
    struct Rows {
        const std::uint16_t *data[3];
        std::int64_t first; // row of the filter that lies in the image, and the first behind
        std::int64_t end;
    };

    struct Pending;

    // The sums of Pixels tiles of pixels and Results tiles of results: [pixel][result].
    template <int Pixels, int Results>
    static void multiply(const PackedTiles &layer, const Rows &rows, std::int64_t x,
                         const std::uint16_t *filters, const float *bias, float *sums, Pending &pending) {
        constexpr int first_filter = Pixels * Results;
        constexpr int first_pixels = first_filter + Results;
        constexpr int pixel_tiles = most_results == 1 ? 1 : most_pixels; // in use
        static_assert(first_pixels + pixel_tiles <= 8);
        const std::int64_t pixel = layer.inputs * 2; // bytes
        const std::int64_t next_tile = tile_rows * layer.inputs;
        unroll<Pixels>([&](auto p) {
            unroll<Results>([&](auto r) { Tiles::template load<p * Results + r>(bias + r * lanes, 0); });
        });
        for (std::int64_t row = rows.first; row < rows.end; ++row) {
            if (row > rows.first)
                pending.finish();
            const std::uint16_t *const line = rows.data[row] + x * layer.inputs;
            const std::uint16_t *from = filters + row * layer.tiles * Results * tile_elements;
            for (std::int64_t tile = 0; tile < layer.tiles; ++tile, from += Results * tile_elements) {
                unroll<Results>(
                    [&](auto r) { Tiles::template load<first_filter + r>(from + r * tile_elements, 64); });
                unroll<Pixels>([&](auto p) {
                    Tiles::template load<first_pixels + p % pixel_tiles>(
                        line + layer.offsets[tile] + p * next_tile, pixel);
                    unroll<Results>([&](auto r) {
                        Tiles::template multiply<p * Results + r, first_pixels + p % pixel_tiles,
                                                 first_filter + r>();
                    });
                });
            }
        }
        unroll<Pixels>([&](auto p) {
            unroll<Results>([&](auto r) {
                Tiles::template store<p * Results + r>(sums + (p * tile_rows * Results + r) * lanes,
                                                       Results * 64);
            });
        });
    }

    // So many lanes of a vector as there are channels from `channel` on.
    static __mmask16 some(std::int64_t channels, std::int64_t channel) {
        const std::int64_t count = channels - channel;
        return static_cast<__mmask16>(count >= lanes ? 0xffff : (1 << count) - 1);
    }

    static __m512 load(Storage storage, const void *from, __mmask16 taken) {
        if (storage == Storage::fp32)
            return _mm512_maskz_loadu_ps(taken, from);
        const __m256i bits = _mm256_maskz_loadu_epi16(taken, from);
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    }

    static void store(Storage storage, void *to, __mmask16 given, __m512 value) {
        if (storage == Storage::fp32) {
            _mm512_mask_storeu_ps(to, given, value);
            return;
        }
        const __m256bh rounded = _mm512_cvtneps_pbh(value);
        __m256i bits;
        __builtin_memcpy(&bits, &rounded, sizeof(bits));
        _mm256_mask_storeu_epi16(to, given, bits);
    }

    static __m512 sloped(__m512 value, __m512 slopes) {
        const __mmask16 below = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        return _mm512_mask_mul_ps(value, below, value, slopes);
    }

    static void *at(const Image &image, std::int64_t y, std::int64_t x, std::int64_t channel) {
        return static_cast<std::byte *>(image.data) +
               (image.row_begin(y) + x * image.pixel + channel) * storage_size(image.storage);
    }

    // Some pixels of a row and one or two tiles of results.
    struct Place {
        std::int64_t y;
        std::int64_t x;
        std::int64_t pixels;
        std::int64_t channel;
    };

    // What follows the sums of whole tiles of results where nothing is added.
    template <int Results>
    static void finish_plain(const TileTask &task, const Place &place, const float *sums) {
        const Image &output = task.output;
        auto *to = static_cast<std::uint16_t *>(at(output, place.y, place.x, place.channel));
        const bool any_slopes = task.layer.slopes != nullptr;
        __m512 slopes[Results] = {};
        if (any_slopes)
            for (int r = 0; r < Results; ++r)
                slopes[r] = _mm512_loadu_ps(task.layer.slopes + place.channel + r * lanes);
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += Results * lanes, to += output.pixel) {
            __m512 values[Results];
            for (int r = 0; r < Results; ++r) {
                values[r] = _mm512_loadu_ps(sums + r * lanes);
                if (any_slopes)
                    values[r] = sloped(values[r], slopes[r]);
            }
            if constexpr (Results == 2) {
                const __m512bh rounded = _mm512_cvtne2ps_pbh(values[1], values[0]);
                __builtin_memcpy(to, &rounded, sizeof(rounded));
            } else {
                const __m256bh rounded = _mm512_cvtneps_pbh(values[0]);
                __builtin_memcpy(to, &rounded, sizeof(rounded));
            }
        }
    }

    // The same of one tile whatever it is; `width` sums lie in a pixel.
    static void finish_any(const TileTask &task, const Place &place, float *sums, std::int64_t width) {
        const Image &output = task.output;
        const __mmask16 taken = some(task.layer.outputs, place.channel);
        const float *const slopes = task.layer.slopes ? task.layer.slopes + place.channel : nullptr;
        const auto *const before = static_cast<const std::byte *>(task.added_before.data);
        const auto *const after = static_cast<const std::byte *>(task.added_after.data);
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += width) {
            __m512 value = _mm512_loadu_ps(sums);
            if (before)
                value += load(task.added_before.storage,
                              at(task.added_before, place.y, place.x + p, place.channel), taken);
            if (slopes)
                value = sloped(value, _mm512_loadu_ps(slopes));
            if (output.shuffle > 0) {
                _mm512_storeu_ps(sums, value);
                continue;
            }
            if (after)
                value += load(task.added_after.storage,
                              at(task.added_after, place.y, place.x + p, place.channel), taken);
            store(output.storage, at(output, place.y, place.x + p, place.channel), taken, value);
        }
    }

    static float element(const Image &image, std::int64_t y, std::int64_t x, std::int64_t channel) {
        const void *const from = at(image, y, x, channel);
        if (image.storage == Storage::fp32)
            return *static_cast<const float *>(from);
        const auto bits = static_cast<std::uint32_t>(*static_cast<const std::uint16_t *>(from));
        return __builtin_bit_cast(float, bits << 16);
    }

    // `Count` values of each pixel to their line of a picture; 0: `count` of them.
    template <int Count>
    static void write_line(const TileTask &task, const Place &place, const float *sums, std::int64_t width,
                           std::int64_t count, std::int64_t color, float *to) {
        const std::int64_t factor = task.output.shuffle;
        const std::int64_t values = Count > 0 ? Count : count;
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += width, to += factor) {
            const float base =
                task.added_after.data ? element(task.added_after, place.y, place.x + p, color) : 0.F;
            for (std::int64_t i = 0; i < values; ++i)
                to[i] = sums[i] + base;
        }
    }

    static void shuffle(const TileTask &task, const Place &place, const float *sums, std::int64_t width) {
        const Image &output = task.output;
        const std::int64_t factor = output.shuffle;
        const std::int64_t end = smaller(output.channels, place.channel + lanes);
        for (std::int64_t channel = place.channel; channel < end;) {
            const std::int64_t row = channel / factor; // of a block, counted over all of them
            const std::int64_t color = row / factor;
            const std::int64_t line = (color * output.extent.height + place.y) * factor + row % factor;
            const std::int64_t count = smaller(end, (row + 1) * factor) - channel;
            float *const to = static_cast<float *>(output.data) +
                              (line * output.extent.width + place.x) * factor + channel % factor;
            const float *const from = sums + channel - place.channel;
            if (count == 4)
                write_line<4>(task, place, from, width, count, color, to);
            else if (count == 2)
                write_line<2>(task, place, from, width, count, color, to);
            else
                write_line<0>(task, place, from, width, count, color, to);
            channel += count;
        }
    }

    template <int Results>
    static void finish(const TileTask &task, const Place &place, float *sums) {
        const Image &output = task.output;
        if (output.storage == Storage::bf16 && output.shuffle == 0 && !task.added_before.data &&
            !task.added_after.data && task.layer.outputs >= place.channel + Results * lanes) {
            finish_plain<Results>(task, place, sums);
            return;
        }
        for (std::int64_t r = 0; r < Results; ++r) {
            const Place part = {place.y, place.x, place.pixels, place.channel + r * lanes};
            finish_any(task, part, sums + r * lanes, Results * lanes);
            if (output.shuffle > 0)
                shuffle(task, part, sums + r * lanes, Results * lanes);
        }
    }

    static void zero(std::uint16_t *from, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i)
            from[i] = 0;
    }

    // The zeros around a row, as far as they are at its begin or its end.
    static void write_halo(const Image &image, std::int64_t y, bool begin, bool end) {
        auto *const row = static_cast<std::uint16_t *>(image.data) + image.row_begin(y);
        if (begin)
            zero(row - halo * image.pixel, halo * image.pixel);
        if (end)
            zero(row + image.extent.width * image.pixel, halo * image.pixel + tile_values);
    }

    static Rows rows_for(const TileTask &task, std::int64_t y) {
        Rows rows = {{}, 3, 0};
        for (std::int64_t row = 0; row < 3; ++row) {
            const std::int64_t from = y + row - task.layer.pad_top;
            if (from < 0 || from >= task.input.extent.height)
                continue;
            rows.data[row] = static_cast<const std::uint16_t *>(task.input.data) +
                             task.input.row_begin(from) - task.layer.pad_left * task.layer.inputs;
            rows.first = smaller(rows.first, row);
            rows.end = row + 1;
        }
        return rows;
    }

    // Sums that wait for what follows them. It is done while the tiles of the next place are multiplied.
    struct Pending {
        const TileTask *task = nullptr;
        void (*finish_place)(const TileTask &, const Place &, float *) = nullptr;
        Place place = {};
        float *sums = nullptr;

        void finish() {
            if (finish_place)
                finish_place(*task, place, sums);
            finish_place = nullptr;
        }
    };

    struct Buffers {
        alignas(64) float sums[2][most_pixels * most_results * tile_rows * tile_results] = {};
        int next = 0;
        Pending pending;
    };

    template <int Pixels, int Results>
    static void compute(const TileTask &task, const Rows &rows, const Place &place,
                        const std::uint16_t *filters, Buffers &buffers) {
        float *const sums = buffers.sums[buffers.next];
        multiply<Pixels, Results>(task.layer, rows, place.x, filters, task.layer.bias + place.channel, sums,
                                  buffers.pending);
        buffers.pending.finish();
        buffers.pending = {&task, &finish<Results>, place, sums};
        buffers.next = 1 - buffers.next;
    }

    // As many tiles of pixels as there are pixels.
    template <int Results, int Pixels = 1>
    static void compute_piece(const TileTask &task, const Rows &rows, const Place &piece,
                              const std::uint16_t *filters, Buffers &buffers) {
        if constexpr (Pixels < most_pixels)
            if (piece.pixels > Pixels * tile_rows)
                return compute_piece<Results, Pixels + 1>(task, rows, piece, filters, buffers);
        compute<Pixels, Results>(task, rows, piece, filters, buffers);
    }

    // Results one or two tiles at a time, whose filters stay in a cache; of each, pieces below each other,
    // whose rows do.
    static void run(const TileTask &task, std::int64_t first, std::int64_t count) {
        Buffers buffers;
        const PackedTiles &layer = task.layer;
        const std::int64_t height = task.end - task.begin;
        const std::int64_t width = task.output.extent.width;
        const std::uint16_t *filters = layer.filters;
        for (std::int64_t channel = 0; channel < layer.outputs; channel += most_results * tile_results) {
            const std::int64_t results = layer.result_tiles(channel);
            for (std::int64_t piece = first; piece < first + count; ++piece) {
                const std::int64_t x = piece / height * TileTask::piece;
                const Place place = {task.begin + piece % height, x, smaller(TileTask::piece, width - x),
                                     channel};
                const Rows rows = rows_for(task, place.y);
                if (results == most_results)
                    compute_piece<most_results>(task, rows, place, filters, buffers);
                else
                    compute_piece<1>(task, rows, place, filters, buffers);
                if (channel == 0 && task.output.gap > 0)
                    write_halo(task.output, place.y, x == 0, x + TileTask::piece >= width);
            }
            filters += layer.filter_elements(results);
        }
        buffers.pending.finish();
    }

    // Pixels that lie without room between them.
    static void copy_row(Storage storage, const void *from, std::int64_t count, void *to) {
        if (storage == Storage::bf16) {
            __builtin_memcpy(to, from, static_cast<std::size_t>(count) * 2);
            return;
        }
        for (std::int64_t i = 0; i < count; i += lanes)
            store(Storage::bf16, static_cast<std::uint16_t *>(to) + i, some(count, i),
                  load(storage, static_cast<const float *>(from) + i, some(count, i)));
    }

    static void add_halo(const HaloTask &task, std::int64_t first, std::int64_t count) {
        const Image &input = task.input;
        const Image &output = task.output;
        const std::int64_t width = input.extent.width;
        for (std::int64_t y = task.begin + first; y < task.begin + first + count; ++y) {
            if (input.pixel == input.channels)
                copy_row(input.storage, at(input, y, 0, 0), width * input.channels, at(output, y, 0, 0));
            else
                for (std::int64_t x = 0; x < width; ++x)
                    copy_row(input.storage, at(input, y, x, 0), input.channels, at(output, y, x, 0));
            write_halo(output, y, true, true);
        }
    }

    static constexpr TileKernels kernels(const char *name) {
        return {name, &Tiles::configure, &Tiles::release, &run, &add_halo};
    }
};

} // namespace
} // namespace vsmlrt::cpu
