// What follows the sums of tiles: what is added to them, slopes, rounding, and their place in the result.
// Included as tile_convolution.h is, whose Tiles it knows nothing of. Needs AVX512_BF16.
//
// While vectors do this the tiles wait as soon as the processor has no more of their products at hand. So the
// usual rows, of which all is bf16 and no channel left out, are done in few instructions.
#pragma once

#include "cpu/tile_kernels.h"

#include <cstddef>
#include <immintrin.h>

namespace vsmlrt::cpu {
namespace {

struct TileResults {
    static constexpr std::int64_t lanes = 16;

    static std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

    // Some pixels of some rows, and a tile of results.
    struct Place {
        std::int64_t y;
        std::int64_t rows;
        std::int64_t x;
        std::int64_t pixels;
        std::int64_t channel;
    };

    // So many lanes of a vector as there are channels from `channel` on.
    static __mmask16 some(std::int64_t channels, std::int64_t channel) {
        const std::int64_t count = channels - channel;
        return static_cast<__mmask16>(count >= lanes ? 0xffff : (1 << count) - 1);
    }

    static __m512 widened(__m256i bits) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    }

    static __m256i rounded(__m512 value) {
        const __m256bh bfloats = _mm512_cvtneps_pbh(value);
        __m256i bits;
        __builtin_memcpy(&bits, &bfloats, sizeof(bits));
        return bits;
    }

    static __m512 load(Storage storage, const void *from, __mmask16 taken) {
        return storage == Storage::fp32 ? _mm512_maskz_loadu_ps(taken, from)
                                        : widened(_mm256_maskz_loadu_epi16(taken, from));
    }

    static void store(Storage storage, void *to, __mmask16 given, __m512 value) {
        if (storage == Storage::fp32)
            _mm512_mask_storeu_ps(to, given, value);
        else
            _mm256_mask_storeu_epi16(to, given, rounded(value));
    }

    static __m512 sloped(__m512 value, __m512 slopes) {
        const __mmask16 below = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
        return _mm512_mask_mul_ps(value, below, value, slopes);
    }

    static void *at(const Image &image, std::int64_t y, std::int64_t x, std::int64_t channel) {
        return static_cast<std::byte *>(image.data) +
               (image.row_begin(y) + x * image.pixel + channel) * storage_size(image.storage);
    }

    // By what results from a channel on are multiplied, of which the last may be the next pixel's.
    static __m512 gates_for(const Image &image, std::int64_t channel) {
        if (!image.gates)
            return _mm512_set1_ps(1.F);
        const std::int64_t first = channel % image.channels;
        if (first + lanes <= image.channels)
            return _mm512_loadu_ps(image.gates + first);
        alignas(64) float gates[lanes];
        for (std::int64_t i = 0; i < lanes; ++i)
            gates[i] = image.gates[(first + i) % image.channels];
        return _mm512_load_ps(gates);
    }

    // Where what is added to a row begins, how far it is from a place to the next, and by what it is
    // multiplied.
    struct Added {
        Added(const Image &image, const Place &place, std::int64_t repeat)
            : data(image.data ? static_cast<const std::byte *>(at(image, place.y, place.x, place.channel))
                              : nullptr),
              step(repeat * image.pixel * storage_size(image.storage)), storage(image.storage),
              gates(gates_for(image, place.channel)) {}

        [[nodiscard]] bool is_bf16() const { return !data || storage == Storage::bf16; }
        [[nodiscard]] __m512 to(__m512 value, std::int64_t pixel, __mmask16 taken) const {
            return data ? _mm512_fmadd_ps(load(storage, data + pixel * step, taken), gates, value) : value;
        }

        const std::byte *data;
        std::int64_t step;
        Storage storage;
        __m512 gates;
    };

    // A row whose sums go to `to`, a place some bytes behind the last.
    struct Row {
        float *sums;
        std::int64_t pixels;
        std::byte *to;
        std::int64_t step;
        const Added &before;
        const Added &after;
        __m512 slopes;
    };

    // All in bf16, of whole vectors. Whether there are slopes, what is added, and whether the pixels' sum is
    // asked for.
    template <bool Sloped, bool Before, bool After, bool Summed>
    static __m512 finish_whole(const Row &row) {
        const auto read = [](const std::byte *from) {
            return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
        };
        const Row own = row; // which nothing that is written changes
        const __m512 before_gates = row.before.gates;
        const __m512 after_gates = row.after.gates;
        const std::int64_t before_step = Before ? row.before.step : 0;
        const std::int64_t after_step = After ? row.after.step : 0;
        const std::byte *before = row.before.data;
        const std::byte *after = row.after.data;
        const float *sums = row.sums;
        std::byte *to = row.to;
        __m512 all = _mm512_setzero_ps();
#pragma GCC unroll 4
        for (std::int64_t p = 0; p < own.pixels; ++p, sums += lanes, to += own.step) {
            __m512 value = _mm512_loadu_ps(sums);
            if constexpr (Before)
                value = _mm512_fmadd_ps(read(before), before_gates, value);
            if constexpr (Sloped)
                value = sloped(value, own.slopes);
            if constexpr (After)
                value = _mm512_fmadd_ps(read(after), after_gates, value);
            if constexpr (Summed)
                all += value;
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), rounded(value));
            before += before_step;
            after += after_step;
        }
        return all;
    }

    static __m512 finish_whole(const Row &row, bool slopes, bool sums) {
        using Finish = __m512 (*)(const Row &);
        static constexpr Finish kinds[2][2][2][2] = {
            {{{&finish_whole<false, false, false, false>, &finish_whole<false, false, false, true>},
              {&finish_whole<false, false, true, false>, &finish_whole<false, false, true, true>}},
             {{&finish_whole<false, true, false, false>, &finish_whole<false, true, false, true>},
              {&finish_whole<false, true, true, false>, &finish_whole<false, true, true, true>}}},
            {{{&finish_whole<true, false, false, false>, &finish_whole<true, false, false, true>},
              {&finish_whole<true, false, true, false>, &finish_whole<true, false, true, true>}},
             {{&finish_whole<true, true, false, false>, &finish_whole<true, true, false, true>},
              {&finish_whole<true, true, true, false>, &finish_whole<true, true, true, true>}}}};
        return kinds[slopes][row.before.data != nullptr][row.after.data != nullptr][sums](row);
    }

    // The sums of a picture stay where they are.
    static __m512 finish_some(const TileTask &task, const Row &row, __mmask16 taken) {
        const bool picture = task.output.shuffle > 0;
        float *sums = row.sums;
        std::byte *to = row.to;
        __m512 all = _mm512_setzero_ps();
        for (std::int64_t p = 0; p < row.pixels; ++p, sums += lanes, to += row.step) {
            __m512 value = row.before.to(_mm512_loadu_ps(sums), p, taken);
            if (task.layer.slopes)
                value = sloped(value, row.slopes);
            value = row.after.to(value, p, taken);
            if (picture)
                _mm512_storeu_ps(sums, value);
            else
                store(task.output.storage, to, taken, value);
            all += value;
        }
        return all;
    }

    // What follows the sums of a row, which lie in the image where `place` says. Returns its pixels' sum.
    static __m512 finish_row(const TileTask &task, const Place &place, const float *slopes, float *sums) {
        const Image &output = task.output;
        const std::int64_t repeat = task.layer.repeat;
        const __mmask16 taken = some(task.layer.row_results, place.channel);
        const bool picture = output.shuffle > 0;
        const Added before(task.added_before, place, repeat);
        const Added after(picture ? Image{} : task.added_after, place, repeat);
        const Row row = {sums,
                         place.pixels,
                         static_cast<std::byte *>(at(output, place.y, place.x, place.channel)),
                         repeat * output.pixel * storage_size(output.storage),
                         before,
                         after,
                         slopes ? _mm512_loadu_ps(slopes) : _mm512_setzero_ps()};
        if (!picture && taken == 0xffff && output.storage == Storage::bf16 && before.is_bf16() &&
            after.is_bf16())
            return finish_whole(row, slopes != nullptr, task.sums != nullptr);
        return finish_some(task, row, taken);
    }

    // Many small numbers to one that grows: a float would lose them.
    static void add(__m512 values, double *sums) {
        const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(values));
        const __m512d high =
            _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(values), 1)));
        _mm512_storeu_pd(sums, _mm512_loadu_pd(sums) + low);
        _mm512_storeu_pd(sums + lanes / 2, _mm512_loadu_pd(sums + lanes / 2) + high);
    }

    // One color of the picture that is added to a row of blocks.
    struct Base {
        Base(const Image &image, const Place &place, std::int64_t color)
            : data(image.data ? static_cast<const std::byte *>(at(image, place.y, place.x, color)) : nullptr),
              step(image.pixel * storage_size(image.storage)), storage(image.storage) {}

        [[nodiscard]] float at_pixel(std::int64_t pixel) const {
            if (!data)
                return 0;
            const std::byte *const from = data + pixel * step;
            if (storage == Storage::fp32)
                return *reinterpret_cast<const float *>(from);
            const std::uint32_t bits = *reinterpret_cast<const std::uint16_t *>(from);
            return __builtin_bit_cast(float, bits << 16);
        }

        const std::byte *data;
        std::int64_t step;
        Storage storage;
    };

    // `count` values of each pixel to their line of a picture.
    static void write_line(const TileTask &task, const Place &place, const float *sums, std::int64_t count,
                           std::int64_t color, float *to) {
        const Base base(task.added_after, place, color);
        const std::int64_t factor = task.output.shuffle;
        if (count == 4) {
            for (std::int64_t p = 0; p < place.pixels; ++p, sums += lanes, to += factor)
                _mm_storeu_ps(to, _mm_loadu_ps(sums) + _mm_set1_ps(base.at_pixel(p)));
            return;
        }
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += lanes, to += factor) {
            const float added = base.at_pixel(p);
            for (std::int64_t i = 0; i < count; ++i)
                to[i] = sums[i] + added;
        }
    }

    static void shuffle_row(const TileTask &task, const Place &place, const float *sums) {
        const Image &output = task.output;
        const std::int64_t factor = output.shuffle;
        const std::int64_t end = smaller(output.channels, place.channel + lanes);
        std::int64_t color = place.channel / (factor * factor);
        std::int64_t row = place.channel / factor - color * factor; // of a block
        for (std::int64_t channel = place.channel; channel < end;) {
            const std::int64_t first = (color * factor + row) * factor; // of the row's channels
            const std::int64_t line = (color * output.extent.height + place.y) * factor + row;
            const std::int64_t count = smaller(end, first + factor) - channel;
            float *const to = static_cast<float *>(output.data) +
                              (line * output.extent.width + place.x) * factor + channel - first;
            write_line(task, place, sums + channel - place.channel, count, color, to);
            channel += count;
            if (++row == factor) {
                row = 0;
                ++color;
            }
        }
    }

    // Of one row of a place, whose sums lie one row's behind another's. Returns its pixels' sum.
    static __m512 finish(const TileTask &task, const Place &place, std::int64_t row, float *sums) {
        const PackedTiles &layer = task.layer;
        const float *const slopes = layer.slopes ? layer.slopes + place.channel : nullptr;
        const std::int64_t below = layer.repeat > 1 ? place.channel / layer.row_results : 0;
        const Place part = {(place.y + row) * layer.repeat + below, 1, place.x * layer.repeat, place.pixels,
                            place.channel - below * layer.row_results};
        sums += row * tile_rows * tile_results;
        const __m512 all = finish_row(task, part, slopes, sums);
        if (task.output.shuffle > 0)
            shuffle_row(task, part, sums);
        return all;
    }
};

} // namespace
} // namespace vsmlrt::cpu
