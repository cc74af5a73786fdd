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
// store<T>, multiply<sums, pixels, filters>. Of the result so many rows of 16 pixels are computed together.
template <typename Tiles, int BlockRows = 4>
struct TileConvolution {
    static constexpr std::int64_t lanes = 16;
    static constexpr std::int64_t most_rows_read = 2 * (BlockRows - 1) + most_filter_rows; // of the input

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

    // Of a block of the result: where the rows of the input that its filters cover begin, and how far it is
    // from a pixel to the next there. A row outside of the image is one zero pixel again and again.
    struct Rows {
        const std::uint16_t *data[most_rows_read] = {};
        std::int64_t pixel[most_rows_read] = {}; // bytes
    };

    // Pixels of the next block, some of which are brought into the first cache at a time: from rows that are
    // too long to be near. Of many channels there are enough products for each pixel without it.
    struct Ahead {
        static constexpr std::int64_t most_inputs = 64;
        static constexpr std::int64_t most_near =
            256 * 1024;                          // bytes that a block's rows may have over all of them
        static constexpr std::int64_t line = 64; // bytes

        Ahead() = default;
        Ahead(const TileTask &task, const Rows &next_rows, std::int64_t count)
            : rows(next_rows), bytes(tile_rows * task.layer.stride * task.layer.inputs * 2) {
            const PackedTiles &layer = task.layer;
            if (layer.inputs > most_inputs || count * task.input.row() * 2 <= most_near)
                return;
            rows_left = count;
            const std::int64_t lines = rows_left * ((bytes + line - 1) / line);
            const std::int64_t result_tiles = (layer.outputs + tile_results - 1) / tile_results;
            const std::int64_t steps = layer.steps() * result_tiles;
            at_a_time = (lines + steps - 1) / steps;
        }

        void fetch_some() {
            for (std::int64_t i = 0; i < at_a_time && rows_left > 0; ++i) {
                __builtin_prefetch(reinterpret_cast<const std::byte *>(rows.data[rows_left - 1]) + next);
                next += line;
                if (next >= bytes) {
                    next = 0;
                    --rows_left;
                }
            }
        }

        Rows rows = {};
        std::int64_t rows_left = 0;
        std::int64_t bytes = 0; // of a row
        std::int64_t at_a_time = 0;
        std::int64_t next = 0;
    };

    struct Pending;

    // The sums of Count rows of 16 pixels for 16 results each. A tile of filters is loaded once for all rows,
    // and they come in the order in which they lie: of what reads the same part of the same pixels one after
    // another.
    template <int Count>
    static void multiply(const PackedTiles &layer, const Rows &rows, const std::uint16_t *filters,
                         const float *bias, float *sums, Pending &pending, Ahead &ahead) {
        constexpr int pixels = Count;
        constexpr int filter = Count + 1;
        static_assert(filter < 8);
        unroll<Count>([&](auto r) { Tiles::template load<r>(bias, 0); });
        for (std::int64_t chunk = 0; chunk < layer.chunks; ++chunk)
            for (std::int64_t row = 0; row < layer.filter_rows; ++row) {
                if (row == 1)
                    pending.finish();
                for (std::int64_t tap = 0; tap < layer.taps; ++tap, filters += tile_elements) {
                    const std::int64_t offset = chunk * tile_values + tap * layer.tap_step;
                    Tiles::template load<filter>(filters, 64);
                    ahead.fetch_some();
                    unroll<Count>([&](auto r) {
                        const std::int64_t from = r * layer.stride + row;
                        Tiles::template load<pixels>(rows.data[from] + offset, rows.pixel[from]);
                        Tiles::template multiply<r, pixels, filter>();
                    });
                }
            }
        unroll<Count>(
            [&](auto r) { Tiles::template store<r>(sums + r * tile_rows * tile_results, tile_results * 4); });
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

    // Some pixels of some rows, and a tile of results.
    struct Place {
        std::int64_t y;
        std::int64_t rows;
        std::int64_t x;
        std::int64_t pixels;
        std::int64_t channel;
    };

    // Of results from a channel on, which may be those of the next pixel, too.
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

        __m512 to(__m512 value, std::int64_t pixel, __mmask16 taken) const {
            return data ? _mm512_fmadd_ps(load(storage, data + pixel * step, taken), gates, value) : value;
        }

        const std::byte *data;
        std::int64_t step;
        Storage storage;
        __m512 gates;
    };

    // What follows the sums of a row, which lie in the image where `place` says. The sums of a picture stay
    // where they are. Returns its pixels' sum.
    static __m512 finish_row(const TileTask &task, const Place &place, const float *slope, float *sums) {
        const Image &output = task.output;
        const std::int64_t repeat = task.layer.repeat;
        const __mmask16 taken = some(task.layer.row_results, place.channel);
        const Added before(task.added_before, place, repeat);
        const Added after(output.shuffle > 0 ? Image{} : task.added_after, place, repeat);
        const bool any_slopes = slope != nullptr;
        const __m512 slopes = any_slopes ? _mm512_loadu_ps(slope) : _mm512_setzero_ps();
        auto *to = static_cast<std::byte *>(at(output, place.y, place.x, place.channel));
        const std::int64_t step = repeat * output.pixel * storage_size(output.storage);
        __m512 all = _mm512_setzero_ps();
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += lanes, to += step) {
            __m512 value = before.to(_mm512_loadu_ps(sums), p, taken);
            if (any_slopes)
                value = sloped(value, slopes);
            if (output.shuffle > 0) {
                _mm512_storeu_ps(sums, value);
                continue;
            }
            value = after.to(value, p, taken);
            all += value;
            store(output.storage, to, taken, value);
        }
        return all;
    }

    // Many small numbers to one that grows: a float would lose them.
    static void add(__m512 values, double *sums) {
        const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(values));
        const __m512d high =
            _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(values), 1)));
        _mm512_storeu_pd(sums, _mm512_loadu_pd(sums) + low);
        _mm512_storeu_pd(sums + lanes / 2, _mm512_loadu_pd(sums + lanes / 2) + high);
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
    static void write_line(const TileTask &task, const Place &place, const float *sums, std::int64_t count,
                           std::int64_t color, float *to) {
        const std::int64_t factor = task.output.shuffle;
        const std::int64_t values = Count > 0 ? Count : count;
        for (std::int64_t p = 0; p < place.pixels; ++p, sums += lanes, to += factor) {
            const float base =
                task.added_after.data ? element(task.added_after, place.y, place.x + p, color) : 0.F;
            for (std::int64_t i = 0; i < values; ++i)
                to[i] = sums[i] + base;
        }
    }

    static void shuffle_row(const TileTask &task, const Place &place, const float *sums) {
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
                write_line<4>(task, place, from, count, color, to);
            else if (count == 2)
                write_line<2>(task, place, from, count, color, to);
            else
                write_line<0>(task, place, from, count, color, to);
            channel += count;
        }
    }

    static void finish(const TileTask &task, const Place &place, float *sums) {
        const PackedTiles &layer = task.layer;
        const float *const slopes = layer.slopes ? layer.slopes + place.channel : nullptr;
        __m512 all = _mm512_setzero_ps();
        for (std::int64_t row = 0; row < place.rows; ++row, sums += tile_rows * tile_results) {
            const Place part = {(place.y + row) * layer.repeat + place.channel / layer.row_results, 1,
                                place.x * layer.repeat, place.pixels, place.channel % layer.row_results};
            all += finish_row(task, part, slopes, sums);
            if (task.output.shuffle > 0)
                shuffle_row(task, part, sums);
        }
        if (task.sums)
            add(all, task.sums + place.channel);
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

    static std::int64_t rows_read(const PackedTiles &layer, const Place &place) {
        return (place.rows - 1) * layer.stride + layer.filter_rows;
    }

    static Rows rows_for(const TileTask &task, const Place &place) {
        const PackedTiles &layer = task.layer;
        const Image &input = task.input;
        Rows rows;
        const std::int64_t count = rows_read(layer, place);
        for (std::int64_t row = 0; row < count; ++row) {
            const std::int64_t from = place.y * layer.stride + row - layer.pad_top;
            const bool inside = from >= 0 && from < input.extent.height;
            const std::int64_t x = place.x * layer.stride - layer.pad_left;
            rows.data[row] = inside ? static_cast<const std::uint16_t *>(input.data) + input.row_begin(from) +
                                          x * layer.inputs
                                    : layer.zeros;
            rows.pixel[row] = inside ? layer.stride * layer.inputs * 2 : 0;
        }
        return rows;
    }

    // Sums that wait for what follows them. It is done while the tiles of the next place are multiplied.
    struct Pending {
        const TileTask *task = nullptr;
        Place place = {};
        float *sums = nullptr;

        void finish() {
            if (task)
                TileConvolution::finish(*task, place, sums);
            task = nullptr;
        }
    };

    struct Buffers {
        alignas(64) float sums[2][BlockRows * tile_rows * tile_results] = {};
        int next = 0;
        Pending pending;
        Ahead ahead;
    };

    // As many tiles of sums as there are rows.
    template <int Count = 1>
    static void compute(const TileTask &task, const Rows &rows, const Place &place,
                        const std::uint16_t *filters, Buffers &buffers) {
        if constexpr (Count < BlockRows)
            if (place.rows > Count)
                return compute<Count + 1>(task, rows, place, filters, buffers);
        float *const sums = buffers.sums[buffers.next];
        multiply<Count>(task.layer, rows, filters, task.layer.bias + place.channel, sums, buffers.pending,
                        buffers.ahead);
        buffers.pending.finish();
        buffers.pending = {&task, place, sums};
        buffers.next = 1 - buffers.next;
    }

    static Place block(const TileTask &task, std::int64_t number) {
        const std::int64_t down = task.pieces_down();
        const std::int64_t y = task.begin + number % down * BlockRows;
        const std::int64_t x = number / down * tile_rows;
        return {y, smaller(BlockRows, task.end - y), x, smaller(tile_rows, task.width() - x), 0};
    }

    // Of some pieces the results from a channel on, as many as are computed together.
    static void compute_results(const TileTask &task, std::int64_t first, std::int64_t count,
                                std::int64_t channel, Buffers &buffers) {
        const PackedTiles &layer = task.layer;
        const std::int64_t end = smaller(layer.outputs, channel + layer.results_together);
        Place next = block(task, first);
        Rows next_rows = rows_for(task, next);
        for (std::int64_t piece = first; piece < first + count; ++piece) {
            Place place = next;
            const Rows rows = next_rows;
            buffers.ahead = {};
            if (piece + 1 < first + count) {
                next = block(task, piece + 1);
                next_rows = rows_for(task, next);
                buffers.ahead = {task, next_rows, rows_read(layer, next)};
            }
            for (place.channel = channel; place.channel < end; place.channel += tile_results)
                compute(task, rows, place, layer.filters_for(place.channel), buffers);
            if (task.output.gap > 0 && channel == 0)
                for (std::int64_t row = 0; row < place.rows * layer.repeat; ++row)
                    write_halo(task.output, place.y * layer.repeat + row, place.x == 0,
                               place.x + tile_rows >= task.width());
        }
    }

    // A block's pixels stay in the first cache while the filters of all results pass by; of more filters than
    // stay in the second, those of some results do while all pixels pass by.
    static void run(const TileTask &task, std::int64_t first, std::int64_t count) {
        Buffers buffers;
        const PackedTiles &layer = task.layer;
        for (std::int64_t channel = 0; channel < layer.outputs; channel += layer.results_together)
            compute_results(task, first, count, channel, buffers);
        buffers.pending.finish();
    }

    // One pixel times what each channel is multiplied by.
    static void copy_gated(Storage storage, const void *from, std::int64_t channels, const float *gates,
                           std::uint16_t *to) {
        const auto *const bytes = static_cast<const std::byte *>(from);
        for (std::int64_t channel = 0; channel < channels; channel += lanes) {
            const __mmask16 taken = some(channels, channel);
            const __m512 value = load(storage, bytes + channel * storage_size(storage), taken);
            store(Storage::bf16, to + channel, taken, value * _mm512_maskz_loadu_ps(taken, gates + channel));
        }
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
            if (input.gates)
                for (std::int64_t x = 0; x < width; ++x)
                    copy_gated(input.storage, at(input, y, x, 0), input.channels, input.gates,
                               static_cast<std::uint16_t *>(at(output, y, x, 0)));
            else if (input.pixel == input.channels)
                copy_row(input.storage, at(input, y, 0, 0), width * input.channels, at(output, y, 0, 0));
            else
                for (std::int64_t x = 0; x < width; ++x)
                    copy_row(input.storage, at(input, y, x, 0), input.channels, at(output, y, x, 0));
            write_halo(output, y, true, true);
        }
    }

    static constexpr TileKernels kernels(const char *name) {
        return {name, BlockRows, &Tiles::configure, &Tiles::release, &run, &add_halo};
    }
};

} // namespace
} // namespace vsmlrt::cpu
